"""What a fleet costs its controller: emulated hosts, each running a benchmark of one second.

Usage: ANSIBLE_INVENTORY=inventory/local .venv/bin/python -m benchmarks.fleet.run \
           [--hosts 20 50 100 200] [--forks 20] [--strategy free]

The hosts are emulated by a process of their own (tests/emulated_windows), whose CPU time is told
apart. The benchmark is a stand-in that sleeps for a second and prints what 7-Zip printed once, so
that only the controller's work is measured: connecting, describing the host, one measurement with
its result document. Prints a table: wall time, CPU seconds of the controller for each host, and the
most memory that its processes had at a time (PSS, so that shared pages count once).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import yaml
from tests.emulated_windows.fleet import Declared, Fleet
from tests.emulated_windows.machine.state import Machine
from tests.emulated_windows.programs import Program, program
from tests.emulated_windows.wine import Done

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT / "tests/recorded/sevenzip/21.07-wine/stdout"


@dataclass(frozen=True)
class Cost:
    """What one run cost.

    Attributes:
        memory_mb: most of the controller's processes together, at a time.
        failed: hosts without a result.
    """

    hosts: int
    wall_s: float
    cpu_s: float
    memory_mb: float
    emulator_cpu_s: float
    failed: int


@program("second")
def second(machine: Machine, wanted: Program) -> Done:
    """Stand for a benchmark of one second."""
    time.sleep(1.0)
    return Done(0, RECORDED.read_bytes())


def measure(count: int, forks: int, strategy: str) -> Cost:
    """Run the playbook on so many hosts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hosts = [
            Declared(f"laptop-{i + 1:03d}", f"127.66.{i // 200}.{i % 200 + 1}")
            for i in range(count)
        ]
        with Fleet(hosts, folder) as fleet:
            (folder / "inventory.yml").write_text(yaml.safe_dump(fleet.inventory()))
            own = time.process_time()
            began = time.monotonic()
            controller = _start(folder, forks, strategy)
            peak = _Peak(controller.pid)
            _, status, usage = os.wait4(controller.pid, 0)
            controller.returncode = os.waitstatus_to_exitcode(status)
            wall = time.monotonic() - began
            emulator = time.process_time() - own
            memory = peak.stop()
        results = list((folder / "results").glob("windows/*/*.json"))
    return Cost(
        count, wall, usage.ru_utime + usage.ru_stime, memory, emulator, count - len(results)
    )


def _start(folder: Path, forks: int, strategy: str) -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "ANSIBLE_INVENTORY": str(folder / "inventory.yml"),
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(folder / "facts"),
        "ANSIBLE_CALLBACKS_ENABLED": "quiet_controller",
        "ANSIBLE_FORKS": str(forks),
        "FLEET_STRATEGY": strategy,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    with Path(os.environ.get("FLEET_LOG", os.devnull)).open("wb") as log:
        return subprocess.Popen(
            ["ansible-playbook", "benchmarks/fleet/fleet.yml",
             "-e", f"fleet_results={folder}/results"],
            cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip


class _Peak:
    """Watches how much memory the processes of a session have together."""

    def __init__(self, leader: int) -> None:
        self._leader = leader
        self._most = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """End; return the most, in MB."""
        self._done.set()
        self._thread.join()
        return self._most

    def _watch(self) -> None:
        while not self._done.wait(3.0):
            total = 0
            for place in Path("/proc").iterdir():
                with suppress(OSError, ValueError):
                    if place.name.isdigit() and _group(place) == self._leader:
                        total += _pss_kib(place)
            self._most = max(self._most, total / 1024)


def _group(place: Path) -> int:
    """The child of ours that a process descends from; 0 where there is none."""
    pid = int(place.name)
    while pid > 1:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        if parent == os.getpid():
            return pid
        pid = parent
    return 0


def _pss_kib(place: Path) -> int:
    for line in (place / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def main() -> None:
    """Print one line for each size of the fleet."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hosts", type=int, nargs="+", default=[20, 50, 100, 200])
    options.add_argument("--forks", type=int, default=20)
    options.add_argument("--strategy", default="free", choices=["free", "linear"])
    given = options.parse_args()
    names = (
        "hosts | forks | strategy | wall, s | CPU s a host | memory, MB | emulator, CPU s | lost"
    )
    print(f"| {names} |")
    print("| ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: |", flush=True)
    for count in given.hosts:
        cost = measure(count, given.forks, given.strategy)
        print(
            f"| {cost.hosts} | {given.forks} | {given.strategy} | {cost.wall_s:.0f} "
            f"| {cost.cpu_s / cost.hosts:.2f} | {cost.memory_mb:.0f} "
            f"| {cost.emulator_cpu_s:.0f} | {cost.failed} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
