"""The service: it runs, comes back, tells no secret and can touch nothing but its own."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
import pytest
from conftest import Server
from mlflow import MlflowClient
from testinfra.host import Host


def main_pid(host: Host) -> str:
    found: str = host.check_output("systemctl show mlflow.service --property=MainPID --value")
    return found


def test_it_runs_and_will_after_a_reboot(host: Host) -> None:
    service = host.service("mlflow")
    assert service.is_running
    assert service.is_enabled


def test_started_means_that_it_answers(host: Host, server: Server) -> None:
    with host.sudo():
        host.check_output("systemctl restart mlflow.service")
    assert httpx.get(f"{server.uri}/health", timeout=5).text == "OK"


@pytest.mark.parametrize("victim", ["the server", "a worker"])
def test_it_comes_back_when_killed(
    host: Host, server: Server, login: Callable[..., MlflowClient], victim: str
) -> None:
    with host.sudo():
        before = main_pid(host)
        which = before if victim == "the server" else "$(pgrep -u mlflow -n -f gunicorn)"
        host.check_output(f"kill -9 {which}")
        if victim == "the server":
            end = time.monotonic() + 60
            while main_pid(host) in ("0", before) and time.monotonic() < end:
                time.sleep(0.2)
    server.wait_until_healthy()
    assert login("viewer").search_experiments()


def test_it_waits_for_its_database_however_long_that_takes(
    host: Host, server: Server, login: Callable[..., MlflowClient]
) -> None:
    with host.sudo():
        host.check_output("systemctl stop postgresql.service")
        try:
            host.check_output("systemctl restart --no-block mlflow.service")
            time.sleep(20)
            assert host.run("systemctl is-failed mlflow.service").stdout.strip() != "failed"
        finally:
            host.check_output("systemctl start postgresql.service")
    server.wait_until_healthy()
    assert login("viewer").search_experiments()


def test_a_restart_of_its_database_is_felt_by_no_later_request(
    host: Host, login: Callable[..., MlflowClient]
) -> None:
    viewer = login("viewer")
    assert viewer.search_experiments()
    with host.sudo():
        host.check_output("systemctl restart postgresql.service")
    for _ in range(20):  # every thread of every worker has connections of its own
        assert viewer.search_experiments()


def test_its_sandbox_is_tight(host: Host) -> None:
    with host.sudo():
        done = host.run("systemd-analyze security --threshold=30 --no-pager mlflow.service")
    assert done.rc == 0, done.stdout[-200:]


def test_its_user_can_not_log_in_and_owns_only_its_folder(host: Host) -> None:
    assert host.user("mlflow").shell == "/usr/sbin/nologin"
    with host.sudo():
        assert host.check_output("find /etc /opt /usr -user mlflow") == ""


def test_it_has_no_processes_for_jobs_that_nobody_starts(host: Host) -> None:
    listed = host.check_output("ps -u mlflow -o args=")
    assert "huey" not in listed
    assert "job" not in listed


def test_it_tells_nobody_about_itself(host: Host) -> None:
    with host.sudo():
        environment = host.check_output(f"tr '\\0' '\\n' </proc/{main_pid(host)}/environ")
    assert "MLFLOW_DISABLE_TELEMETRY=true" in environment.splitlines()


@pytest.mark.parametrize("name", ["environment", "auth.ini"])
def test_secrets_are_for_root_and_the_service_alone(host: Host, name: str) -> None:
    with host.sudo():
        settings = host.file(f"/etc/vttbench/mlflow/{name}")
        assert (settings.user, settings.group, settings.mode) == ("root", "mlflow", 0o640)


def test_no_secret_is_in_process_lists_logs_units_or_readable_files(
    host: Host, secrets: dict[str, str]
) -> None:
    with host.sudo():
        seen = {
            "process list": host.check_output("ps -eo args"),
            "journal": host.check_output("journalctl --no-pager --output=cat"),
            "unit": host.check_output("systemctl show mlflow.service --all"),
        }
        for name, secret in secrets.items():
            files = host.run(
                "find /etc /opt/vttbench/mlflow /root /home /tmp /var/log /var/tmp -type f "
                "-perm -004 -exec grep -lF -e %s {} +",
                secret,
            )
            assert files.stdout == "", f"{name} is in a file that everybody can read"
            for place, text in seen.items():
                assert secret not in text, f"{name} is in the {place}"
