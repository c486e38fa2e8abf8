"""Filters for tasks on Windows hosts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vttbench.hosts.windows.paths import windows_path


def windows_said(found: Mapping[str, Any]) -> str:
    """What a program said when ``find_program`` asked it; empty where there is none."""
    answer = found.get("answer") or {}
    return f"{answer.get('stdout') or ''}\n{answer.get('stderr') or ''}"


def windows_tools(
    tools: Mapping[str, Mapping[str, Any]], folder: str, names: Sequence[str]
) -> list[dict[str, Any]]:
    """How some tools of ``windows_client_tools`` are asked for their version."""
    asked = []
    for name in names:
        tool = tools[name]
        program = str(tool["program"])
        path = program if ":" in program else f"{folder}/{name}-{tool['version']}/{program}"
        pinned = tool["kind"] in ("chocolatey", "upload") or bool(tool.get("sha256"))
        asked.append(
            {
                "title": tool["title"],
                "names": [path],
                "ask": tool["ask"],
                "wanted": tool["says"],
                "advice": f"version {tool['version']}"
                if pinned
                else f"windows_client_tool_changes: {{{name}: {{sha256: ...}}}}",
                "can_install": pinned,
            }
        )
    return asked


def client_programs(looked_for: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What ``client_report`` is told of tools, from what ``find_program`` found in a loop."""
    return [
        {
            "title": found["tool"]["title"],
            "path": found.get("path") or "",
            "said": windows_said(found),
            "wanted": found["tool"]["wanted"],
            "advice": found["tool"]["advice"],
            "can_install": bool(found["tool"].get("can_install", True)),
        }
        for found in looked_for
    ]


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "client_programs": client_programs,
            "windows_path": windows_path,
            "windows_said": windows_said,
            "windows_tools": windows_tools,
        }
