"""How the collector fares, in a small file that the server reads."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

_NAME = "status.json"
_SILENT_S = 60.0


@dataclass
class Status:
    """How the collector fares.

    Attributes:
        at: when this was written, in seconds since 1970.
        looked_at: when the results were last looked through without trouble.
        reading: how many of how many new documents have been read; None while there are none.
        trouble: one sentence; empty when all is well.
        server: the tracking server as it may be shown; empty without one.
        server_trouble: why it does not answer; empty when it does.
        server_answered_at: when it did last.
    """

    at: float = 0.0
    looked_at: float = 0.0
    reading: tuple[int, int] | None = None
    trouble: str = ""
    server: str = ""
    server_trouble: str = ""
    server_answered_at: float = 0.0

    @property
    def silent(self) -> bool:
        """Whether the collector has not been heard of for a minute."""
        return time.time() - self.at > _SILENT_S


def write(cache_dir: Path, status: Status) -> None:
    """Replace what is known."""
    status.at = time.time()
    beside = cache_dir / f".{_NAME}.{os.getpid()}"
    beside.write_text(json.dumps(asdict(status)), encoding="utf-8")
    beside.replace(cache_dir / _NAME)


def read(cache_dir: Path) -> Status:
    """Return what is known; all empty where nothing is."""
    try:
        content = json.loads((cache_dir / _NAME).read_text(encoding="utf-8"))
        known = {field.name for field in fields(Status)}
        return Status(**{name: value for name, value in content.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return Status()
