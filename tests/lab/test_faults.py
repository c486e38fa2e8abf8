"""What fails around a results server while it is used: nothing recorded is lost or doubled."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from vttbench.store.results import ResultStore

from .conftest import ROOT, Lab
from .deployment import GROUPS, Deployment
from .shipping import Shipping

HOST = "deploy-13"
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


@pytest.fixture
def shipping(deployment: Deployment, tmp_path: Path) -> Shipping:
    return Shipping(deployment, tmp_path)


@pytest.mark.parametrize(
    ("fault", "remedy"),
    [
        # systemd starts it again by itself.
        ("systemctl kill --signal KILL mlflow", "true"),
        ("systemctl stop postgresql", "sleep 60; systemctl start postgresql"),
        ("systemctl stop minio", "sleep 20; systemctl start minio"),
    ],
    ids=["mlflow killed", "postgresql stopped", "minio stopped"],
)
def test_a_service_that_goes_away_while_results_are_shipped_costs_none_and_doubles_none(
    shipping: Shipping, shell: Shell, fault: str, remedy: str
) -> None:
    process = shipping.start()
    shipping.under_way()
    shell(HOST, fault)
    shell(HOST, remedy)
    told, _ = process.communicate()
    # Either it had the patience, or it says that something is left.
    assert process.returncode == 0 or left(told) > 0, told
    shipping.to_the_end()
    assert shipping.is_whole()
    shipping.to_the_end()
    assert shipping.is_whole()


def left(told: str) -> int:
    """Return how many results a shipping that ended says are still to be shipped."""
    (destination,) = json.loads(told[told.index("[\n") :])
    return int(destination["left"])


class FullDisk:
    """A service's folder on a file system of its own, with little space; then with none."""

    def __init__(self, shell: Shell, folder: str, unit: str) -> None:
        self._shell, self._folder, self._unit = shell, folder, unit

    def __enter__(self) -> FullDisk:
        told = self._shell(
            HOST,
            # On Debian `postgresql` is a wrapper: its clusters are instances, and stop later.
            f"set -e; systemctl stop {self._unit} '{self._unit}@*'; mkdir -p /mnt/small;"
            f" mount -t tmpfs -o size=$(( $(du -sm {self._folder} | cut -f1) + 30 ))m"
            f" tmpfs /mnt/small; cp -a {self._folder}/. /mnt/small/;"
            f" chown --reference={self._folder} /mnt/small;"
            f" chmod --reference={self._folder} /mnt/small;"
            f" mount --bind /mnt/small {self._folder}; systemctl start {self._unit}; echo done",
        )
        assert told.endswith("done\n"), told
        return self

    def fill(self) -> str:
        """Leave no byte, and return how full it is."""
        return self._shell(
            HOST,
            f"head -c 1G /dev/zero > {self._folder}/fill 2>/dev/null;"
            f" df --output=pcent {self._folder} | tail -n 1",
        ).strip()

    def free(self) -> None:
        """Give the space back, as a person would."""
        self._shell(HOST, f"rm -f {self._folder}/fill; systemctl restart {self._unit}")

    def __exit__(self, *_: object) -> None:
        self._shell(
            HOST,
            f"rm -f {self._folder}/fill; systemctl stop {self._unit} '{self._unit}@*';"
            f" umount {self._folder};"
            f" cp -a /mnt/small/. {self._folder}/; umount /mnt/small;"
            f" systemctl restart {self._unit}",
        )


@pytest.mark.parametrize(
    ("folder", "unit"),
    [("/var/lib/postgresql", "postgresql"), ("/var/lib/minio", "minio")],
    ids=["of the database", "of the bucket"],
)
def test_a_full_disk_costs_no_result_and_all_are_there_once_it_has_space_again(
    shipping: Shipping, shell: Shell, folder: str, unit: str
) -> None:
    with FullDisk(shell, folder, unit) as disk:
        assert disk.fill() == "100%"
        process = shipping.start()
        told, _ = process.communicate()
        assert process.returncode == 1, told
        assert left(told) > 0
        disk.free()
        shipping.to_the_end()
        assert shipping.is_whole()


@pytest.mark.parametrize("ahead", [timedelta(hours=1), timedelta(hours=-1)], ids=["fast", "slow"])
def test_a_client_whose_clock_is_an_hour_off_ships_each_result_once(
    deployment: Deployment, tmp_path: Path, ahead: timedelta
) -> None:
    if shutil.which("faketime") is None:
        subprocess.run(
            ["apt-get", "-qq", "install", "-y", "--no-install-recommends", "faketime"],
            check=True, capture_output=True,
        )  # fmt: skip
    shipping = Shipping(deployment, tmp_path, ahead=ahead)
    offset = f"{ahead.total_seconds():+.0f}"
    process = shipping.start("faketime", "-f", offset)
    told, _ = process.communicate()
    assert process.returncode == 0, told
    # A second client, whose clock is right.
    shipping.to_the_end()
    assert shipping.is_whole()


def test_after_a_reboot_everything_is_back_by_itself(deployment: Deployment, lab: Lab) -> None:
    lab("ssh", HOST, "systemctl reboot")
    time.sleep(5)
    for _ in range(20):
        verified = deployment.deploy("--tags", "verify")
        if verified.returncode == 0:
            break
        time.sleep(3)
    assert verified.returncode == 0, verified.output[-6_000:]


def test_a_server_that_reboots_in_the_middle_of_a_benchmark_does_not_harm_it(
    deployment: Deployment, lab: Lab, tmp_path: Path
) -> None:
    programs = Path(sys.executable).parent
    url = f"http://{deployment.address}:5000"
    environment = {
        **os.environ,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "ANSIBLE_INVENTORY": "inventory/local",
        "MLFLOW_TRACKING_URI": url,
        "MLFLOW_TRACKING_USERNAME": "shipper",
        "MLFLOW_TRACKING_PASSWORD": deployment.secret("mlflow_shipper_password"),
    }
    process = subprocess.Popen(
        [programs / "ansible-playbook", "benchmark.yml", "--tags", "sevenzip",
         "-e", "profile=quick", "-e", f"results_dir={tmp_path}",
         "-e", "vttbench_mlflow_experiment=rebooted"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Measure with 7-Zip" in line:
            break
    lab("ssh", HOST, "systemctl reboot")
    told += process.stdout.read()
    assert process.wait() == 0, told[-6_000:]
    (stored,) = ResultStore(tmp_path).results()

    program = (
        "import sys; from mlflow import MlflowClient; client = MlflowClient(sys.argv[1])\n"
        "found = client.get_experiment_by_name('rebooted')\n"
        "runs = client.search_runs([found.experiment_id]) if found else []\n"
        "print([r.data.tags['result_id'] for r in runs if 'result_id' in r.data.tags])"
    )
    ship: list[str | Path] = [programs / "vttbench", "ship"]
    for _ in range(20):
        done = subprocess.run(ship, cwd=ROOT, env=environment, capture_output=True, check=False)
        if done.returncode == 0:
            break
        time.sleep(3)
    shown = subprocess.run(
        [sys.executable, "-c", program, url],
        env=environment, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert shown.splitlines()[-1] == str([stored.result.result_id])
