"""The process that tries services: what it is told, what it says, and what it never says."""

import json
import socket
import subprocess
import sys

import pytest


def verify(*services: dict, check: bool = True) -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-m", "vttbench.verification"],
        input=json.dumps({"services": list(services)}),
        capture_output=True, text=True, check=check,
    )  # fmt: skip
    return json.loads(done.stdout)


@pytest.fixture
def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_server_that_is_not_there_is_a_state_in_words_and_names_no_password(free_port):
    url = f"http://127.0.0.1:{free_port}"
    (found,) = verify({"kind": "mlflow", "url": url, "user": "shipper", "password": "hush-hush"})
    assert (found["service"], found["state"], found["url"]) == ("MLflow", "failed", url)
    assert "no connection" in found["detail"]
    assert "hush-hush" not in json.dumps(found)


def test_a_dashboard_that_is_not_there_is_a_state_that_names_its_unit_and_no_password(free_port):
    url = f"http://127.0.0.1:{free_port}"
    (found,) = verify({"kind": "dashboard", "url": url, "user": "viewer", "password": "hush-hush"})
    assert (found["service"], found["state"], found["url"]) == ("Dashboard", "failed", url)
    assert "vttbench-dashboard.service" in found["detail"]
    assert "hush-hush" not in json.dumps(found)


def test_a_database_that_is_not_there_is_a_state_in_words(free_port):
    (found,) = verify(
        {
            "kind": "postgresql", "host": "127.0.0.1", "port": free_port,
            "database": "mlflow", "user": "reader", "password": "hush-hush",
        }
    )  # fmt: skip
    assert found["state"] == "failed"
    assert "refused" in found["detail"].lower()
    assert "hush-hush" not in json.dumps(found)


def test_a_closed_port_is_good_and_an_open_one_is_not(free_port):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        open_port = listener.getsockname()[1]
        closed, opened = verify(
            {"kind": "closed", "service": "MinIO's port", "host": "127.0.0.1", "port": free_port},
            {"kind": "closed", "service": "MinIO's port", "host": "127.0.0.1", "port": open_port},
        )
    assert closed["state"] == "ok"
    assert opened["state"] == "failed"


def test_what_the_server_side_reports_is_passed_on_as_it_is():
    told = {"service": "MinIO", "url": "u", "version": "v", "state": "ok", "detail": "d"}
    assert verify({"kind": "reported"} | told) == [told]
