"""A dashboard that runs over a copy, and what it needs of the machine."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from vttbench.dashboard.settings import Settings


@dataclass(frozen=True)
class Service:
    """A running dashboard.

    Attributes:
        start_s: from the command to the first answer that knows results.
    """

    url: str
    process: int
    start_s: float

    def memory_mb(self) -> float:
        """Return what its processes take together; pages that they share count once."""
        family, found = [self.process], 0
        for parent in family:  # grows while it is walked
            family += _children(parent)
            found += _pss_kb(parent)
        return found * 1024 / 1e6


@contextmanager
def running(settings: Settings, folder: Path) -> Iterator[Service]:
    """Have a dashboard as `vttbench dashboard` starts it, and none afterwards."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "vttbench", "dashboard", "--port", str(port)),
        *("--results-dir", str(settings.results_dirs[0])),
        *("--cache-dir", str(settings.cache_dir), "--notes", str(settings.notes_path)),
    ]
    url = f"http://127.0.0.1:{port}"
    began = time.perf_counter()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        while not _knows(url):
            if process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError((folder / "log").read_text()[-3000:])
            time.sleep(0.02)
        start_s = time.perf_counter() - began
        time.sleep(15)  # its collector looks round for the first time
        yield Service(url, process.pid, start_s)
    finally:
        process.terminate()
        process.wait(30)


def _children(process: int) -> list[int]:
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(one) for task in tasks for one in (task / "children").read_text().split()]


def _pss_kb(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _knows(url: str) -> bool:
    try:
        return bool(httpx.get(f"{url}/healthz", timeout=5).json()["results"])
    except (httpx.TransportError, ValueError):
        return False
