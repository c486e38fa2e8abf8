"""Whether the process that wrote something down is still at work. Standard library only."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any


def this_process() -> dict[str, Any]:
    """Return what tells this process from all others, as plain data."""
    return {
        "node": socket.gethostname(),
        "pid": os.getpid(),
        "process_started": _process_started(os.getpid()),
        "at": time.time(),
    }


def _process_started(pid: int) -> str | None:
    """Return when a process began, in the kernel's ticks: numbers are reused, this isn't."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        # A zombie has ended, whenever somebody comes to reap it.
        return None if fields[0] in "ZX" else fields[19]
    except (OSError, ValueError, IndexError):
        return None  # no such process, or a system without /proc


def alive(writer: Any, abandoned_after_s: float) -> bool:  # noqa: ANN401  # decoded JSON
    """Tell whether a process may still be at work.

    Args:
        writer: from :func:`this_process`, possibly of another machine and damaged.
        abandoned_after_s: age in seconds at which a process of another machine, which can't be
            looked at from here, counts as gone; infinite where only that machine may decide.
    """
    try:
        if writer["node"] != socket.gethostname():
            return time.time() - float(writer["at"]) < abandoned_after_s
        pid = int(writer["pid"])
        os.kill(pid, 0)
        return bool(_process_started(pid) == writer["process_started"])
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError, KeyError, TypeError, ValueError):
        return False
