"""Filters for tasks on Windows hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vttbench.hosts.windows.paths import windows_path


def windows_said(found: Mapping[str, Any]) -> str:
    """What a program said when ``find_program`` asked it; empty where there is none."""
    answer = found.get("answer") or {}
    return f"{answer.get('stdout') or ''}\n{answer.get('stderr') or ''}"


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"windows_path": windows_path, "windows_said": windows_said}
