"""The process that serves the hosts of `up`, and how to start and stop it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from . import control, faults, shelf
from .fleet import Fleet, declared
from .places import STATE
from .powershell import ROOT

HOSTS = Path(__file__).with_name("hosts.yml")
SOCKET = STATE / "control.sock"
LOG = STATE / "log"
_PATIENCE_S = 60.0


class StartError(RuntimeError):
    """The process did not start; the message is the end of its log."""


def is_up() -> bool:
    """Whether a process serves hosts."""
    try:
        control.ask(SOCKET, do="status")
    except control.NotRunningError:
        return False
    return True


def up(hosts: Path) -> bool:
    """Start the process; return False where it runs already.

    Raises:
        StartError: it ends at once.
    """
    if is_up():
        return False
    STATE.mkdir(parents=True, exist_ok=True)
    with LOG.open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.emulated_windows", "serve", "--hosts", str(hosts)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise StartError(LOG.read_text()[-2000:])
        if is_up():
            return True
        time.sleep(0.2)
    process.kill()
    raise StartError(f"no answer after {_PATIENCE_S:.0f} s, see {LOG}")


def down() -> bool:
    """Stop the process; return False where none runs."""
    try:
        pid = control.ask(SOCKET, do="status")["pid"]
    except control.NotRunningError:
        return False
    os.kill(pid, signal.SIGTERM)
    with suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            time.sleep(0.1)
    return True


def serve(hosts: Path) -> None:
    """Serve hosts until SIGTERM."""
    fleet = Fleet(declared(hosts), STATE)

    def answer(request: dict[str, Any]) -> Any:
        if request["do"] == "fault":
            if unknown := [name for name in request["hosts"] if name not in fleet.hosts]:
                raise KeyError(f"no such host: {', '.join(unknown)}")
            for name in request["hosts"]:
                faults.strike(
                    fleet[name], request["fault"], request["value"],
                    when=request["when"], after_s=request["after_s"],
                )  # fmt: skip
            return None
        return {"pid": os.getpid(), "hosts": {n: h.describe() for n, h in fleet.hosts.items()}}

    shelf_folder = STATE / "shelf"
    shelf.fill(shelf_folder, build=False)
    with fleet:
        shelf.serve(shelf_folder)
        control.serve(SOCKET, answer)
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    SOCKET.unlink(missing_ok=True)
