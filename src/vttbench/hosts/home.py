"""Paths on a host whose ``~`` only the host itself can resolve."""

from __future__ import annotations

import shlex


def home_path(path: str) -> str:
    """Quote a path for the shell, with a leading ``~/`` as the user's home on the host."""
    if path == "~":
        return '"$HOME"'
    if path.startswith("~/"):
        return '"$HOME"/' + shlex.quote(path[2:])
    return shlex.quote(path)
