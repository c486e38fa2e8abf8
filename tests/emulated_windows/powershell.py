"""PowerShell that the emulated host knows, script by script.

No PowerShell runs here. A script of ours that goes over WinRM is a file of the repository; whoever
emulates it registers that file with a function that prints, from the machine's state, what the
script would print. A text that is not exactly the file's content is refused.

    @script("src/vttbench/hosts/windows_probe.ps1")
    def windows_probe(machine: Machine, call: Invocation) -> Output: ...

``scripts.lock`` holds the hash of each file as it was when its function was written. A test fails
where they differ, until somebody has looked and runs
``python -m tests.emulated_windows scripts --accept``.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from . import modules
from .machine.state import Machine
from .wire.shells import Output

ROOT = Path(__file__).parents[2]
LOCK = Path(__file__).with_name("scripts.lock")


@dataclass(frozen=True)
class Invocation:
    """How a script was started.

    Attributes:
        arguments: parameters by name, without dash, as they were given.
        matched: where the text was known by a pattern: what the pattern found.
        cancelled: set when the process was ended: a script that goes on and on stops.
        pid: of the PowerShell that runs it.
    """

    text: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    stdin: bytes = b""
    matched: re.Match[str] | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    pid: int = 700


Run = Callable[[Machine, Invocation], Output]


@dataclass(frozen=True)
class Script:
    """A script that the emulated host knows."""

    name: str
    run: Run


_files: dict[str, Run] = {}
_patterns: list[tuple[str, re.Pattern[str], Run]] = []


def script(path: str) -> Callable[[Run], Run]:
    """Register what stands for a script of ours: a file, by its path in the repository."""

    def register(run: Run) -> Run:
        _files[path] = run
        return run

    return register


def text_of_ansible(name: str, pattern: str) -> Callable[[Run], Run]:
    """Register what stands for PowerShell that an action plugin of Ansible writes in its code."""

    def register(run: Run) -> Run:
        _patterns.append((name, re.compile(pattern, re.DOTALL), run))
        return run

    return register


def script_of(text: str) -> Script | None:
    """Find what a text is; None where nobody knows it."""
    modules.emulated()  # has every handler loaded
    wanted = _normal(text)
    for path, run in _files.items():
        place = ROOT / path
        if place.exists() and _normal(place.read_text(encoding="utf-8-sig")) == wanted:
            return Script(path, run)
    for name, pattern, run in _patterns:
        if (found := pattern.fullmatch(text.strip())) is not None:
            return Script(name, _with_match(run, found))
    return None


def hashes() -> dict[str, str]:
    """The hash of every script of ours that is emulated, as it stands in the repository."""
    modules.emulated()
    return {
        path: hashlib.sha256(_normal((ROOT / path).read_text(encoding="utf-8-sig")).encode())
        .hexdigest()
        for path in sorted(_files)
    }  # fmt: skip


def locked() -> dict[str, str]:
    """The hashes that were accepted."""
    if not LOCK.exists():
        return {}
    lines = [line.split(maxsplit=1) for line in LOCK.read_text().splitlines()]
    return {path: digest for digest, path in lines}


def accept() -> None:
    """Accept the scripts as they are."""
    LOCK.write_text("".join(f"{digest} {path}\n" for path, digest in hashes().items()))


def _with_match(run: Run, found: re.Match[str]) -> Run:
    def matched(machine: Machine, call: Invocation) -> Output:
        return run(machine, replace(call, matched=found))

    return matched


def _normal(text: str) -> str:
    return text.replace("\r\n", "\n").strip()
