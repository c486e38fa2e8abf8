"""win_command and win_shell: real Windows executables, and the few programs that Wine lacks."""

from __future__ import annotations

import subprocess
import time
from typing import Any

from .. import programs
from ..machine.state import Machine
from ..modules import Call, ModuleFailed, Refused, module
from ..programs import Program


@module("ansible.windows.win_command")
def win_command(machine: Machine, call: Call) -> dict[str, Any]:
    """Start a program without any shell."""
    line = call.args["cmd"] or str(call.args["_raw_params"] or "").strip()
    if not line and call.args["argv"]:
        line = subprocess.list2cmdline([str(word) for word in call.args["argv"]])
    if not line:
        raise ModuleFailed("no command given", rc=256)
    return _run(machine, call, line, shell=False)


@module("ansible.windows.win_shell")
def win_shell(machine: Machine, call: Call) -> dict[str, Any]:
    """Run a line of cmd.exe; refuse PowerShell."""
    line = str(call.args["free_form"] or "").strip()
    shell = str(call.args["executable"] or "powershell").lower()
    if not shell.removesuffix(".exe").endswith("cmd"):
        raise Refused(f"win_shell with PowerShell text, which can't run here: {line[:80]!r}")
    return _run(machine, call, line, shell=True)


def _run(machine: Machine, call: Call, line: str, *, shell: bool) -> dict[str, Any]:
    for option, unwanted, word in (
        ("creates", True, "exists"),
        ("removes", False, "does not exist"),
    ):
        path = call.args[option]
        if path and machine.drive.real(path).exists() is unwanted:
            return {"skipped": True, "msg": f"skipped, since {path} {word}", "cmd": line, "rc": 0}
    if call.check:
        return {"skipped": True, "msg": "skipped, running in check mode", "cmd": line, "rc": 0}
    folder = call.args["chdir"] or machine.environment["USERPROFILE"]
    if not machine.drive.real(folder).is_dir():
        raise ModuleFailed("The directory name is invalid", cmd=line, rc=267)
    started = time.time()
    try:
        done = programs.run(
            machine,
            Program(
                line=line,
                shell=shell,
                folder=folder,
                environment=call.environment,
                stdin=str(call.args["stdin"] or "").encode(),
                cancelled=call.cancelled,
                parent=call.pid,
            ),
        )
    except FileNotFoundError as error:
        raise ModuleFailed(
            f"Failed to run: '{line}': The system cannot find the file specified "
            "(Win32 ErrorCode 2 - 0x00000002)",
            cmd=line, rc=2,
        ) from error  # fmt: skip
    started, ended = done.started or started, time.time()
    result = {
        "changed": True,
        "cmd": line,
        "rc": done.returncode,
        "stdout": done.stdout.decode("utf-8", "replace"),
        "stderr": done.stderr.decode("utf-8", "replace"),
        "start": _moment(started),
        "end": _moment(ended),
        "delta": f"0:{int(ended - started) // 60:02d}:{(ended - started) % 60:09.6f}",
    }
    if done.returncode:
        raise ModuleFailed("non-zero return code", **result)
    return result


def _moment(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1e6):06d}"
