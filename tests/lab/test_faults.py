"""What goes wrong around a results server, one at a time: nothing recorded is lost, all is said."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from factories import result

from vttbench.store.results import ResultStore

from .conftest import ROOT, Lab
from .deployment import GROUPS, Deployment

HOST = "deploy-13"
UNITS = ("mlflow", "minio", "vttbench-backup", "vttbench-firewall")
COUNT = 40
pytestmark = [pytest.mark.thorough, pytest.mark.timeout(2400)]
Shell = Callable[[str, str], str]


@pytest.fixture(scope="module")
def deployment(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    done = lab("reset", HOST)
    assert done.returncode == 0, done.stderr
    server = Deployment(tmp_path_factory.mktemp(HOST), dict.fromkeys(GROUPS, HOST), user="vtt")
    first = server.deploy()
    assert first.returncode == 0, first.output[-12_000:]
    yield server
    lab("down", HOST)


class Shipping:
    """A checkout with results on disk, and ``vttbench ship`` that brings them to the server."""

    def __init__(self, deployment: Deployment, folder: Path) -> None:
        self.folder = folder
        (folder / ".vttbench").mkdir()
        store = ResultStore(folder / "results")
        raw = folder / "raw"
        raw.mkdir()
        (raw / "repeat-01.stdout").write_bytes(os.urandom(200_000))
        stored = [store.write(result(), raw_dir=raw) for _ in range(COUNT)]
        self.expected = sorted(item.result.result_id for item in stored)
        self.url = f"http://{deployment.address}:5000"
        self.login = {
            "MLFLOW_TRACKING_USERNAME": "shipper",
            "MLFLOW_TRACKING_PASSWORD": deployment.secret("mlflow_shipper_password"),
        }

    def start(self) -> subprocess.Popen[str]:
        """Begin to ship."""
        return subprocess.Popen(
            [Path(sys.executable).with_name("vttbench"), "ship", "--all", "--json",
             "--to", self.url, "--experiment", self.folder.name],
            cwd=self.folder, env=os.environ | self.login, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def runs(self) -> list[str]:
        """Return the result ids that MLflow's own client finds, one for each run."""
        program = (
            "import json, sys; from mlflow import MlflowClient\n"
            "client = MlflowClient(sys.argv[1])\n"
            "found = client.get_experiment_by_name(sys.argv[2])\n"
            "runs = client.search_runs([found.experiment_id], max_results=1000) if found else []\n"
            "print(json.dumps([r.data.tags['result_id'] for r in runs if 'result_id' in r.data.tags"
            " and r.info.status == 'FINISHED']))"
        )
        done = subprocess.run(
            [sys.executable, "-c", program, self.url, self.folder.name],
            env=os.environ | self.login, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return sorted(json.loads(done.stdout))


@pytest.fixture
def shipping(deployment: Deployment, tmp_path: Path) -> Shipping:
    return Shipping(deployment, tmp_path)


def until_shipped(shipping: Shipping, tries: int = 10) -> None:
    for _ in range(tries):
        process = shipping.start()
        output, _ = process.communicate()
        if process.returncode == 0:
            return
        time.sleep(3)
    raise AssertionError(output)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        # systemd starts it again by itself.
        ("systemctl kill --signal KILL mlflow", ""),
        ("systemctl stop postgresql", "sleep 15; systemctl start postgresql"),
        ("systemctl stop minio", "sleep 5; systemctl start minio"),
    ],
    ids=["mlflow killed", "postgresql stopped", "minio stopped"],
)
def test_a_service_that_goes_away_while_results_are_shipped_costs_none_and_doubles_none(
    shipping: Shipping, shell: Shell, fault: str, remedy: str
) -> None:
    process = shipping.start()
    time.sleep(2.5)
    shell(HOST, fault)
    if remedy:
        shell(HOST, remedy)
    process.communicate()
    until_shipped(shipping)
    assert shipping.runs() == shipping.expected
    until_shipped(shipping)
    assert shipping.runs() == shipping.expected


def test_after_a_reboot_everything_is_back_by_itself(deployment: Deployment, lab: Lab) -> None:
    lab("ssh", HOST, "systemctl reboot")
    time.sleep(5)
    for _ in range(20):
        verified = deployment.deploy("--tags", "verify")
        if verified.returncode == 0:
            break
        time.sleep(3)
    assert verified.returncode == 0, verified.output[-6_000:]


def test_a_second_controller_is_told_who_deploys(deployment: Deployment, shell: Shell) -> None:
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


def test_a_deployment_that_was_killed_is_finished_by_the_next(deployment: Deployment) -> None:
    programs = Path(sys.executable).parent
    process = subprocess.Popen(
        [programs / "ansible-playbook", "deploy-ms01.yml"],
        cwd=ROOT,
        env={
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "ANSIBLE_INVENTORY": str(deployment.inventory),
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(deployment.folder / "facts"),
        },
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(12)
    os.killpg(process.pid, 9)
    process.wait()
    again = deployment.deploy()
    assert again.returncode == 0, again.output[-12_000:]


def test_a_wrong_vault_password_stops_before_anything_is_touched(
    deployment: Deployment, tmp_path: Path
) -> None:
    (tmp_path / "right").write_text("right")
    (tmp_path / "wrong").write_text("wrong")
    vault = tmp_path / "vault.yml"
    vault.write_text("vault_mlflow_admin_password: of-the-vault\n")
    program = Path(sys.executable).with_name("ansible-vault")
    command = [program, "encrypt", "--vault-password-file", tmp_path / "right", vault]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    refused = deployment.deploy("-e", f"@{vault}", "--vault-password-file", str(tmp_path / "wrong"))
    assert refused.returncode != 0
    assert "Decryption failed" in refused.output
    assert not refused.changed


def test_a_port_that_is_taken_is_named_with_who_has_it(
    deployment: Deployment, shell: Shell
) -> None:
    shell(HOST, "systemctl stop mlflow; systemd-run --unit squatter python3 -m http.server 5000")
    refused = deployment.deploy("--tags", "mlflow")
    shell(HOST, "systemctl stop squatter; systemctl start mlflow")
    assert refused.returncode != 0
    assert re.search(r"[Pp]ort 5000 .* is taken by", " ".join(refused.output.split()))
    assert sum(refused.changed.values()) == 0


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
