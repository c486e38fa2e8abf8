"""Asking a Windows host: one script, one request, one answer, whatever carries it there.

The script (``host.ps1``) holds no knowledge: which classes are read and what they mean is decided
here, on the controller, where it can be tested on recorded answers.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.resources import files
from typing import Any, Protocol

from vttbench.hosts.windows.cim import Answers, Query, answers, moment, rows_of

POWERSHELL = "ansible.windows.win_powershell"
"""The module that carries our scripts."""

RunModule = Callable[[str, dict[str, Any]], Mapping[str, Any]]
"""Runs an Ansible module on the host: name and arguments in, its result out."""

LARGEST_FILE = 64 * 1024 * 1024


class Action(Protocol):
    """What an action plugin of Ansible is to us."""

    def _execute_module(
        self, *, module_name: str, module_args: dict[str, Any], task_vars: dict[str, Any] | None
    ) -> dict[str, Any]: ...


def modules_of(action: Action, task_vars: dict[str, Any] | None) -> RunModule:
    """Return what runs modules on the host that an action plugin works for."""

    def run(name: str, arguments: dict[str, Any]) -> Mapping[str, Any]:
        return action._execute_module(module_name=name, module_args=arguments, task_vars=task_vars)

    return run


class WindowsHostError(RuntimeError):
    """The host answers, but not what was asked for; the message says what it said."""


@dataclass(frozen=True)
class Answer:
    """What ``host.ps1`` answered; what was not asked for is empty.

    Attributes:
        pid: process that ran the script.
        now: by the host's clock, when the classes were read.
        cim: rows of each class that was read.
        later: the same, after ``wait_s`` seconds.
        made: absolute path of the folder that was made.
        program: absolute path of the first program that is there.
        sizes: length in bytes, by path; a file that is not there is missing.
        listing: names of the files of a folder.
        files: content by path; a file that is not there is missing.
        cut: paths of files of which only a part came.
        not_erased: why a folder could not be removed.
    """

    pid: int = 0
    now: datetime | None = None
    cim: Answers = field(default_factory=Answers)
    later: Answers = field(default_factory=Answers)
    later_now: datetime | None = None
    made: str = ""
    program: str = ""
    sizes: Mapping[str, int] = field(default_factory=dict)
    listing: tuple[str, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    cut: frozenset[str] = frozenset()
    not_erased: str = ""


def ask(
    run: RunModule, *, queries: Sequence[Query] = (), limit: int = LARGEST_FILE, **wishes: object
) -> Answer:
    """Ask the host for several things at once.

    Args:
        run: carries a module to the host.
        queries: classes to read.
        limit: bytes of each file that are brought back.
        wishes: what else, by the names in ``host.ps1``.

    Raises:
        WindowsHostError: the script failed, or its answer can't be read.
    """
    request = {"cim": [query.as_request() for query in queries], "limit": limit, **wishes}
    wanted = {name: value for name, value in request.items() if value not in (None, [], (), {}, "")}
    return parse_answer(said(run_script(run, "host.ps1", Request=json.dumps(wanted))))


def run_script(run: RunModule, name: str, **parameters: str) -> Mapping[str, Any]:
    """Run a script of this package on the host and return the module's result."""
    text = script_text(name)
    return run(POWERSHELL, {"script": text, "parameters": parameters, "error_action": "stop"})


def script_text(name: str, package: str = "vttbench.hosts.windows") -> str:
    """Return a PowerShell script that is part of this package."""
    return files(package).joinpath(name).read_text(encoding="utf-8")


def parse_answer(data: object) -> Answer:
    """Read what ``host.ps1`` printed.

    Raises:
        WindowsHostError: it is not an answer of that script.
    """
    if not isinstance(data, dict):
        raise WindowsHostError(f"the host answered with {type(data).__name__} instead of an object")
    later = data.get("later") or {}
    raw = data.get("files") or {}
    try:
        return Answer(
            pid=int(data.get("pid") or 0),
            now=moment(data.get("now")),
            cim=answers(data.get("cim")),
            later=answers(later.get("cim")),
            later_now=moment(later.get("now")),
            made=str(data.get("made") or ""),
            program=str(data.get("program") or ""),
            sizes={path: int(size) for path, size in (data.get("sizes") or {}).items()},
            listing=tuple(str(name) for name in rows_of(data.get("list"))),
            files={path: base64.b64decode(file["base64"]) for path, file in raw.items()},
            cut=frozenset(
                path
                for path, file in raw.items()
                if int(file["size"]) > len(base64.b64decode(file["base64"]))
            ),
            not_erased=str(data.get("not_erased") or ""),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise WindowsHostError(f"the host's answer can't be read: {error}") from error


def said(result: Mapping[str, Any]) -> object:
    """Return the JSON that a script printed.

    Raises:
        WindowsHostError: it failed or printed something else.
    """
    if result.get("failed"):
        raise WindowsHostError(complaint(result))
    for line in reversed(rows_of(result.get("output"))):
        if isinstance(line, str) and line.lstrip().startswith(("{", "[")):
            try:
                return json.loads(line)
            except ValueError as error:
                raise WindowsHostError(f"the host's answer is damaged: {error}") from error
    raise WindowsHostError(f"the host's script printed nothing: {complaint(result)}")


def complaint(result: Mapping[str, Any]) -> str:
    """Return in one line what a module that failed had to say."""
    words = [str(result.get("msg") or "")]
    for error in rows_of(result.get("error")):
        if isinstance(error, Mapping):
            words.append(str((error.get("exception") or {}).get("message") or error.get("output")))
    return "; ".join(dict.fromkeys(" ".join(word.split()) for word in words if word)) or "no reason"
