"""What became another on a host around a moment: driver, BIOS, kernel, build, power profile."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

WATCHED: dict[str, str] = {
    "driver": "driver",
    "bios": "BIOS",
    "kernel": "kernel",
    "microcode": "microcode",
    "os": "operating system",
    "power_profile": "power profile",
    "tool_version": "tool version",
    "tool_build": "tool build",
    "backend": "backend",
    "cpu": "processor",
    "gpu": "graphics processor",
    "memory_gb": "memory",
    "machine": "machine",
    "vttbench_version": "vttbench version",
}
"""Columns that can explain a step, with their names in sentences, likeliest first."""


@dataclass(frozen=True)
class Change:
    """One fact that became another from one result to the next.

    Attributes:
        what: column of the table.
        before: old value; None for not known.
        after: new value.
        at: start of the first result with the new value.
    """

    what: str
    before: str | None
    after: str | None
    at: datetime

    @property
    def text(self) -> str:
        """In words, e.g. ``driver 26.8.1 → 26.10.3``."""
        return f"{WATCHED[self.what]} {self.before or 'unknown'} → {self.after or 'unknown'}"


def changes(points: Sequence[dict[str, Any]], first: int, last: int) -> list[Change]:
    """Return what changed from one point to the next.

    Args:
        points: rows of the table, of one host, in order of time.
        first: first point whose facts are compared with those of the point before it.
        last: last such point.
    """
    found = []
    for index in range(max(1, first), min(last, len(points) - 1) + 1):
        earlier, later = points[index - 1], points[index]
        for name in WATCHED:
            before, after = earlier[name], later[name]
            # A host that starts or ceases to tell something has not changed by that.
            if before is not None and after is not None and before != after:
                found.append(Change(name, str(before), str(after), later["started_at"]))
    return found
