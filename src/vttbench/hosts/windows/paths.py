r"""Paths on a Windows host.

The same settings serve both systems, so what a role calls ``~/.cache/vttbench/models`` is
``C:\ProgramData\vttbench\models`` on Windows: outside of any user's profile, because whoever is
logged on at the console and the account of WinRM both need it. Programs that run as administrator
lie where only administrators may write.
"""

from __future__ import annotations

import re

DATA = r"C:\ProgramData\vttbench"
PROGRAMS = r"C:\Program Files\vttbench"

_CACHE = "~/.cache/vttbench"


def windows_path(path: str) -> str:
    r"""Return a path as Windows writes it.

    Args:
        path: absolute, or below ``~/.cache/vttbench``, with slashes of either kind.

    Raises:
        ValueError: it lies below ``~`` and is none of ours: whose home is meant can't be told.
    """
    text = path.replace("\\", "/").rstrip("/") or path
    if text == _CACHE or text.startswith(f"{_CACHE}/"):
        text = DATA + text.removeprefix(_CACHE)
    elif text.startswith("~"):
        raise ValueError(f"{path} is not absolute: on Windows name a drive, as in C:/bench")
    if re.fullmatch(r"[A-Za-z]:", text):
        text += "/"
    return text.replace("/", "\\")


def join(folder: str, *names: str) -> str:
    """Return the path of something in a folder."""
    return "\\".join((folder.rstrip("\\"), *names))


def drive(path: str) -> str | None:
    """Return the drive of a path, such as ``C:``; None for a network path."""
    match = re.match(r"([A-Za-z]:)", path)
    return match[1].upper() if match else None
