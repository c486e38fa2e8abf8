"""Filters of the role ``ms01``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vttbench.verification import ports


def ports_taken(
    listening: Sequence[Mapping[str, Any]] | None, wanted: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Say of each port that a service wants, and something else has, who has it."""
    return ports.taken(listening or (), {int(one["port"]): one["name"] for one in wanted})


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"ports_taken": ports_taken}
