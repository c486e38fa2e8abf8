"""The ways in which a PowerShell script of ours reaches a host, apart from plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import powershell
from ..machine.state import Machine
from ..modules import Call, ModuleFailed, Refused, module
from ..powershell import Invocation
from ..programs import Program, program
from ..wine import Done


@module("ansible.windows.win_powershell")
def win_powershell(machine: Machine, call: Call) -> dict[str, Any]:
    """Run a script that the emulated host knows."""
    text = str(call.args["script"])
    known = powershell.script_of(text)
    if known is None:
        raise Refused(f"win_powershell with a script unknown here: {' '.join(text.split())[:80]!r}")
    if call.check and "SupportsShouldProcess" not in text:
        return {"skipped": True, "msg": "skipped, running in check mode"}
    done = known.run(
        machine,
        Invocation(text, call.args["parameters"] or {}, cancelled=call.cancelled, pid=call.pid),
    )
    # Our scripts print text, which stays text, also where it is JSON.
    output = [line for line in done.stdout.decode().splitlines() if line]
    result = {
        "changed": True,
        "output": output,
        "host_out": "",
        "host_err": done.stderr.decode(),
        "result": {},
        **{name: [] for name in ("error", "warning", "verbose", "debug", "information")},
    }
    if done.returncode:
        raise ModuleFailed(f"Script returned rc {done.returncode}", **result)
    return result


@program("powershell")
def powershell_exe(machine: Machine, wanted: Program) -> Done:
    """Run ``powershell.exe -File``; every other way of it is unknown."""
    words = wanted.argv
    lower = [word.lower() for word in words]
    if "-file" not in lower:
        raise Refused(f"powershell.exe without -File: {wanted.line[:120]}")
    place = lower.index("-file") + 1
    file = machine.drive.real(words[place])
    if not file.is_file():
        return Done(253, stderr=f"The argument '{words[place]}' does not exist.".encode())
    known = powershell.script_of(file.read_text(encoding="utf-8-sig"))
    if known is None:
        raise Refused(f"powershell.exe -File {words[place]}: a script unknown here")
    done = known.run(
        machine, Invocation(file.read_text(), _arguments(words[place + 1 :]), wanted.stdin)
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _arguments(words: list[str]) -> Mapping[str, Any]:
    arguments: dict[str, Any] = {}
    name = ""
    for word in words:
        if word.startswith("-") and not word[1:2].isdigit():
            name = word.lstrip("-").rstrip(":")
            arguments[name] = True
        else:
            arguments[name] = word
    return arguments
