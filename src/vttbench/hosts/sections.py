"""Marked sections in what a shell command printed: ``==> NAME <==``, then lines.

The mark is that of ``head`` and ``tail`` when they are given several files, so that one of them
can print many files at once; our scripts print the same mark before the output of a command.
"""

from __future__ import annotations

import re

_MARK = re.compile(r"^==> (.+) <==$")


def sections(text: str) -> dict[str, list[str]]:
    """Return the lines that are not empty, by section; what stands before the first is dropped."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in text.splitlines():
        if mark := _MARK.match(line):
            current = found.setdefault(mark[1], [])
        elif line.strip():
            current.append(line.rstrip())
    return found
