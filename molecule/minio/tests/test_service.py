"""The service: it runs, comes back, tells no secret and can touch nothing but its data."""

from __future__ import annotations

import json
import time

import urllib3
from conftest import BUCKET, Server
from testinfra.host import Host


def test_it_runs_and_will_after_a_reboot(host: Host) -> None:
    service = host.service("minio")
    assert service.is_running
    assert service.is_enabled


def test_it_is_healthy_as_seen_from_another_machine(server: Server) -> None:
    answer = urllib3.request("GET", f"http://{server.address}:9000/minio/health/ready")
    assert answer.status == 200


def test_the_console_answers_on_its_port(server: Server) -> None:
    answer = urllib3.request("GET", f"http://{server.address}:9001/")
    assert answer.status == 200
    assert b"MinIO Console" in answer.data


def test_its_sandbox_is_tight(host: Host) -> None:
    with host.sudo():
        done = host.run("systemd-analyze security --threshold=30 --no-pager minio.service")
    assert done.rc == 0, done.stdout[-200:]


def test_its_user_can_not_log_in_and_owns_only_the_data(host: Host) -> None:
    assert host.user("minio").shell == "/usr/sbin/nologin"
    with host.sudo():
        assert host.file("/var/lib/minio").user == "minio"
        assert host.file("/var/lib/minio").mode == 0o750
        owned = host.check_output("find /etc /opt /usr -user minio")
    assert owned == ""


def test_settings_are_for_root_and_the_service_alone(host: Host) -> None:
    with host.sudo():
        settings = host.file("/etc/vttbench/minio/minio.env")
        assert (settings.user, settings.group, settings.mode) == ("root", "minio", 0o640)


def test_no_secret_is_in_process_lists_logs_units_or_readable_files(
    host: Host, secrets: dict[str, str]
) -> None:
    with host.sudo():
        seen = {
            "process list": host.check_output("ps -eo args"),
            "journal": host.check_output("journalctl --no-pager --output=cat"),
            "unit": host.check_output("systemctl show minio.service --all"),
        }
        for name, secret in secrets.items():
            files = host.run(
                "find /etc /opt/vttbench /root /home /tmp /var/log /var/tmp -type f -perm -004 "
                "-exec grep -lF -e %s {} +",
                secret,
            )
            assert files.stdout == "", f"{name} is in a file that everybody can read"
            for place, text in seen.items():
                assert secret not in text, f"{name} is in the {place}"


def test_what_the_program_was_built_from_is_recorded_beside_it(host: Host) -> None:
    program = (
        host.check_output("systemctl show minio.service --property=ExecStart")
        .split("path=")[1]
        .split(" ")[0]
    )
    record = json.loads(host.file(f"{program}.json").content_string)
    assert record["sha256"] == host.file(program).sha256sum
    assert record["commit"] == program.split("/")[-2]
    assert record["version"].endswith(record["commit"])


def test_started_means_that_it_answers(host: Host, server: Server, secrets: dict[str, str]) -> None:
    with host.sudo():
        host.check_output("systemctl restart minio.service")
    account = server.s3(secrets["mlflow_access_key"], secrets["mlflow_secret_key"])
    assert account.bucket_exists(BUCKET)


def test_it_comes_back_when_it_is_killed(host: Host, server: Server) -> None:
    with host.sudo():
        before = host.check_output("systemctl show minio.service --property=MainPID --value")
        host.check_output(f"kill -9 {before}")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        state = host.check_output("systemctl show minio.service --property=ActiveState --value")
        after = host.check_output("systemctl show minio.service --property=MainPID --value")
        if state == "active" and after != before:
            break
        time.sleep(1)
    answer = urllib3.request("GET", f"http://{server.address}:9000/minio/health/live")
    assert answer.status == 200
