"""benchmark.yml on five laptops, four of them unlucky: the fifth finishes, a re-run mends."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from . import faults, shelf
from .ansible_runs import Ansible
from .conftest import an_address
from .fleet import Declared, Fleet
from .powershell import ROOT

pytestmark = [pytest.mark.thorough, pytest.mark.usefixtures("with_wine")]

ASLEEP, OFF, FULL, LOCKED, LUCKY = "asleep", "off", "full", "locked", "lucky"
# Two repeats, disturbed or not: this is no benchmark of the machine that tests run on.
SETTINGS = {
    "measure_limits": {"warmup": 0, "min_repeats": 2, "max_repeats": 2, "budget_s": 900},
    "measure_contamination_thresholds": {"foreign_cpu_cores": 100},
    "preflight_idle_wait": 0,
    "profile": "quick",
    "benchmark_sevenzip_settings": {"quick": {"passes": 1, "dictionary": 18}},
}


class Laptops:
    """Five laptops, and runs of the benchmarks on them."""

    def __init__(self, fleet: Fleet, folder: Path, tools: dict[str, Any]) -> None:
        self.fleet = fleet
        self._ansible = Ansible(fleet, folder)
        self._folder = folder
        self._tools = tools
        self.runs: list[tuple[int, str]] = []

    def benchmark(self, **changes: Any) -> None:
        """Run ``benchmark.yml`` with 7-Zip and STREAM."""
        variables = SETTINGS | {
            "windows_client_tool_changes": self._tools,
            "results_dir": str(self._folder / "results"),
            "state_dir": str(self._folder / "state"),
        }
        done = subprocess.run(
            [Path(sys.executable).with_name("ansible-playbook"), "benchmark.yml",
             "--tags", "stream,sevenzip", "-e", json.dumps(variables | changes)],
            cwd=ROOT, capture_output=True, text=True, check=False, timeout=3000,
            env=self._ansible.environment()
            | {
                "ANSIBLE_INVENTORY": str(self._ansible.inventory),
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            },
        )  # fmt: skip
        self.runs.append((done.returncode, done.stdout + done.stderr))

    def documents(self, host: str) -> list[dict[str, Any]]:
        """What was written of a host, oldest first."""
        folder = self._folder / "results" / "windows" / host
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    def statuses(self, host: str) -> dict[str, str]:
        """The newest status of each benchmark of a host."""
        return {d["benchmark"]["name"]: d["status"] for d in self.documents(host)}


@pytest.fixture(scope="module")
def laptops(tmp_path_factory: pytest.TempPathFactory, with_wine: None) -> Iterator[Laptops]:
    """Two runs: one with four faults, and one with ``resume`` after all were mended."""
    folder = tmp_path_factory.mktemp("unlucky")
    tools = shelf.fill(folder / "shelf", build=True, only={"sevenzip"})
    server = shelf.serve(folder / "shelf", (an_address(), 8060))
    address = f"http://{server.server_address[0]!s}:{server.server_address[1]}"
    for tool in tools.values():
        tool["url"] = f"{address}/{tool['url'].rsplit('/', 1)[-1]}"
    names = (ASLEEP, OFF, FULL, LOCKED, LUCKY)
    with Fleet([Declared(name, an_address()) for name in names], folder) as fleet:
        unlucky = Laptops(fleet, folder, tools)
        faults.strike(fleet[ASLEEP], "sleep", when="7z.exe b", after_s=1)
        faults.strike(fleet[OFF], "power-loss", when="7z.exe b", after_s=1)
        faults.strike(fleet[FULL], "disk", 100_000)
        faults.strike(fleet[LOCKED], "credentials")
        unlucky.benchmark()
        faults.strike(fleet[ASLEEP], "wake")
        # What it ran when it fell asleep goes on; meanwhile the host's lock is rightly held.
        while fleet[ASLEEP].machine.processes.programs():
            time.sleep(1)
        faults.strike(fleet[OFF], "boot")
        faults.strike(fleet[FULL], "disk", 500_000_000_000)
        faults.strike(fleet[LOCKED], "credentials", 0)
        unlucky.benchmark(resume=True)
        yield unlucky
    server.shutdown()


def test_the_lucky_one_is_measured_whatever_becomes_of_the_others(laptops):
    first = [d for d in laptops.documents(LUCKY) if d["status"] in {"ok", "unstable"}]
    assert {d["benchmark"]["name"] for d in first} == {"stream", "sevenzip"}


def test_the_first_run_says_that_not_all_went_well(laptops):
    status, output = laptops.runs[0]
    assert status != 0, output


@pytest.mark.parametrize("host", [ASLEEP, OFF])
def test_a_host_that_went_away_leaves_a_document_that_says_so(laptops, host):
    lost = [d for d in laptops.documents(host) if d["status"] == "failed"]
    assert lost, laptops.runs[0][1]
    assert lost[0]["error"]["kind"] in {"unreachable", "interrupted"}


def test_a_wrong_password_is_named(laptops):
    assert "the specified credentials were rejected by the server" in laptops.runs[0][1]


def test_a_full_disk_is_named(laptops):
    _, output = laptops.runs[0]
    said = output + json.dumps(laptops.documents(FULL))
    assert "has room for" in said or "not enough space on the disk" in said


def test_afterwards_nothing_is_missing(laptops):
    # What could not be installed counts as skipped, which `resume` leaves as it is.
    for host in set(laptops.fleet.hosts) - {FULL}:
        assert set(laptops.statuses(host).values()) <= {"ok", "unstable"}, (
            host,
            laptops.runs[1][1],
        )
        assert set(laptops.statuses(host)) == {"stream", "sevenzip"}, host


def test_the_second_run_did_only_what_was_missing(laptops):
    assert len(laptops.documents(LUCKY)) == 2
