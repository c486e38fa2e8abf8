"""What goes wrong while a results server is deployed, in the order in which a host lives it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import ROOT, Lab
from .deployment import GROUPS, Deployment

HOST = "faults-12"
UNITS = ("mlflow", "minio", "vttbench-dashboard", "vttbench-backup", "vttbench-firewall")
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(2400)]
Shell = Callable[[str, str], str]


@pytest.fixture(scope="module")
def deployment(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    done = lab("reset", HOST)
    assert done.returncode == 0, done.stderr
    yield Deployment(tmp_path_factory.mktemp(HOST), dict.fromkeys(GROUPS, HOST), user="vtt")
    lab("down", HOST)


def test_a_port_that_is_taken_is_named_before_anything_is_installed(
    deployment: Deployment, shell: Shell
) -> None:
    shell(HOST, "systemd-run --unit squatter python3 -m http.server 5000; sleep 2")
    refused = deployment.deploy()
    shell(HOST, "systemctl stop squatter")
    assert refused.returncode != 0
    told = " ".join(refused.output.split())
    assert "port 5000, which MLflow needs, is taken by python3 (process" in told
    assert sum(refused.changed.values()) == 0
    assert "No such file" in shell(HOST, "ls /etc/postgresql")


def test_a_wrong_vault_password_stops_before_anything_is_touched(
    deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "right").write_text("right")
    (tmp_path / "wrong").write_text("wrong")
    vault = tmp_path / "vault.yml"
    vault.write_text("vault_mlflow_admin_password: of-the-vault\n")
    program = Path(sys.executable).with_name("ansible-vault")
    command: list[str | Path] = [
        program,
        "encrypt",
        "--vault-password-file",
        tmp_path / "right",
        vault,
    ]
    environment = os.environ | {"ANSIBLE_INVENTORY": str(deployment.inventory)}
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    refused = deployment.deploy("-e", f"@{vault}", "--vault-password-file", str(tmp_path / "wrong"))
    assert refused.returncode != 0
    assert "Decryption failed" in refused.output
    assert not refused.changed


@pytest.mark.parametrize(
    "task",
    [
        "TASK [postgresql : Make the roles]",
        "TASK [minio : Start it, or restart it where it runs with older settings]",
        "TASK [mlflow : Back the tables up and migrate them]",
    ],
    ids=["database", "bucket", "mlflow"],
)
def test_a_deployment_may_be_killed_at_any_moment(deployment: Deployment, task: str) -> None:
    process = deployment.begin()
    try:
        read_until(process, task)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_deployment_that_was_killed_is_finished_by_the_next(deployment: Deployment) -> None:
    again = deployment.deploy()
    assert again.returncode == 0, again.output[-12_000:]
    second = deployment.deploy()
    assert set(second.changed.values()) == {0}, second.output[-12_000:]


def test_of_two_controllers_at_once_one_deploys_and_the_other_is_told_who_does(
    deployment: Deployment, shell: Shell, tmp_path: Path
) -> None:
    other = Deployment(tmp_path, dict.fromkeys(GROUPS, HOST), user="vtt")
    shutil.copytree(deployment.secrets, other.secrets)
    first = deployment.begin()
    for _ in range(60):
        if "yes" in shell(HOST, "test -e /run/lock/vttbench-deploy.lock && echo yes"):
            break
        time.sleep(0.3)
    refused = other.deploy()
    told, _ = first.communicate()
    assert first.returncode == 0, told[-12_000:]
    assert refused.returncode != 0
    assert sum(refused.changed.values()) == 0
    assert "vttbench-deploy.lock" in refused.output
    assert f"process {first.pid}" in " ".join(refused.output.split())


def test_a_lock_of_a_controller_elsewhere_is_respected(
    deployment: Deployment, shell: Shell
) -> None:
    lock = (
        "id=other controller=night-shift controller_boot=b controller_pid=1 controller_started=1 "
        "user=awx host=x ttl=1800"
    )
    lines = "\\n".join(lock.split())
    shell(HOST, f"printf '{lines}\\n' > /run/lock/vttbench-deploy.lock")
    refused = deployment.deploy("--tags", "verify")
    shell(HOST, "rm -f /run/lock/vttbench-deploy.lock")
    assert refused.returncode != 0
    assert "night-shift" in refused.output
    assert "vttbench-deploy.lock" in refused.output


def test_every_service_of_ours_is_shut_in(deployment: Deployment, shell: Shell) -> None:
    for unit in UNITS:
        line = shell(HOST, f"systemd-analyze security --no-pager {unit}.service | tail -n 1")
        exposure = re.search(r"service: (\d+\.\d)", line)
        assert exposure, f"{unit}: {line}"
        assert float(exposure[1]) <= 3.0, line


def test_no_secret_is_to_be_seen_by_people_who_should_not(
    deployment: Deployment, shell: Shell
) -> None:
    told = deployment.deploy("-vvv").output
    canary = "a-canary-that-everybody-can-read"
    shell(HOST, f"echo {canary} > /etc/canary; chmod 644 /etc/canary")
    places = {
        "process list": shell(HOST, "runuser -u nobody -- ps auxww"),
        "journal": shell(HOST, "journalctl --no-pager"),
        "readable files": shell(
            HOST,
            "find /etc /opt/vttbench /var/lib /var/backups /run /tmp -xdev -type f -perm -o+r "
            "-size -2000k -not -path '*/site-packages/*' -exec cat {} + 2>/dev/null "
            "| tr -c '[:print:]\\n' '\\n'",
        ),
        "ansible-playbook -vvv": told,
    }
    assert canary in places["readable files"], "the search itself finds nothing"
    secrets: dict[str, Any] = {
        path.name: path.read_text().strip()
        for path in deployment.secrets.iterdir()
        if path.is_file()
    }
    assert len(secrets) >= 8
    seen = [
        f"{name} in {place}"
        for name, secret in secrets.items()
        for place, text in places.items()
        if secret in text
    ]
    assert not seen


def read_until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if words in line:
            return
    raise AssertionError(f"{words!r} never came:\n{told[-6_000:]}")
