"""TLS is one switch: on, off and on again, and nothing that was recorded is lost.

Everything is done through MLflow's own client, on a results server of its own.
"""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from .conftest import Lab
from .deployment import GROUPS, Deployment

SERVER = "tls"
ARTIFACT = os.urandom(5 << 20)
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(3600)]
Shell = Callable[[str, str], str]


@pytest.fixture
def server(lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    for name in ("USERNAME", "PASSWORD", "SERVER_CERT_PATH"):  # what is set ends with the test
        monkeypatch.setenv(f"MLFLOW_TRACKING_{name}", "")
    monkeypatch.delenv("MLFLOW_TRACKING_SERVER_CERT_PATH")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    done = lab("reset", SERVER)
    assert done.returncode == 0, done.stderr
    yield Deployment(tmp_path, dict.fromkeys(GROUPS, SERVER), user="vtt")
    lab("down", SERVER)


def record(client: Any, folder: Path) -> str:
    experiment = client.get_experiment_by_name("tls")
    identity = experiment.experiment_id if experiment else client.create_experiment("tls")
    run = client.create_run(identity)
    client.log_metric(run.info.run_id, "generation_tps", 42.5)
    (folder / "telemetry.bin").write_bytes(ARTIFACT)
    client.log_artifact(run.info.run_id, str(folder / "telemetry.bin"))
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def reads_back(client: Any, run: str, folder: Path) -> bool:
    path = Path(client.download_artifacts(run, "telemetry.bin", str(folder)))
    metric = client.get_run(run).data.metrics["generation_tps"]
    return bool(metric == 42.5) and path.read_bytes() == ARTIFACT


def test_tls_is_switched_on_off_and_on_again_and_every_run_can_be_read(
    server: Deployment, shell: Shell, tmp_path: Path
) -> None:
    deployed(server, "-e", "ms01_tls=true")
    first = record(server.client("shipper", tls=True), tmp_path)
    assert reads_back(server.client("shipper", tls=True), first, tmp_path)
    encrypted_is_all_there_is(server, shell)
    assert deployed(server, "-e", "ms01_tls=true") == 0
    assert deployed(server, "-e", "ms01_tls=true", "--check") == 0
    # The backup speaks to database and bucket through TLS where they have it.
    assert shell(SERVER, "systemctl start vttbench-backup && echo done").strip() == "done"

    deployed(server, "-e", "ms01_tls=false")
    second = record(server.client("shipper"), tmp_path)
    for run in (first, second):
        assert reads_back(server.client("shipper"), run, tmp_path)
    with pytest.raises(httpx.TransportError):
        httpx.get(f"https://{server.address}:5000/health")
    assert "inactive" in shell(SERVER, "systemctl is-active vttbench-proxy")
    assert deployed(server) == 0

    deployed(server, "-e", "ms01_tls=true")
    for run in (first, second):
        assert reads_back(server.client("shipper", tls=True), run, tmp_path)


def deployed(server: Deployment, *words: str) -> int:
    """Deploy, and return how much was changed."""
    play = server.deploy(*words)
    assert play.returncode == 0, play.output[-12_000:]
    return play.changed[SERVER]


def encrypted_is_all_there_is(server: Deployment, shell: Shell) -> None:
    login = ("shipper", server.secret("mlflow_shipper_password"))
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"https://{server.address}:5000/health")
    plain = httpx.get(f"http://{server.address}:5000/health", auth=login)
    assert plain.status_code == 400
    assert "https://" in plain.text

    listening = shell(SERVER, "ss -Hltn")
    for port in (15000, 19000, 19001):
        assert f"127.0.0.1:{port} " in listening
        assert f"0.0.0.0:{port} " not in listening
        assert f"*:{port} " not in listening

    # What the page of MLflow in a browser does: a request that names where it comes from.
    browser = httpx.post(
        f"https://{server.address}:5000/ajax-api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        auth=login,
        headers={"Origin": f"https://{server.address}:5000"},
        verify=ssl.create_default_context(cafile=server.authority),
    )
    assert browser.status_code == 200, browser.text

    secure = shell(
        SERVER,
        f"apt-get -qq install -y --no-install-recommends postgresql-client >/dev/null 2>&1;"
        f" PGSSLMODE=verify-full PGSSLROOTCERT=/etc/vttbench/tls/ca.crt"
        f" psql 'host={server.address} user=reader dbname=mlflow' -w -c 'select 1' 2>&1",
    )
    assert "no password supplied" in secure, secure
