"""Wine: a prefix for each host, made from one template, and programs started in it."""

from __future__ import annotations

import ntpath
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from filelock import FileLock

from . import clock
from .executables.building import BuildError, need
from .machine.processor import PROCESSOR
from .machine.state import Machine
from .places import CACHE

if TYPE_CHECKING:
    from .programs import Program

_QUIET = {"WINEDEBUG": "-all", "WINEARCH": "win64"}
# What no benchmark here fills.
_PLENTY = 50_000_000_000
# Exit status of a process that TerminateProcess ended.
_KILLED = 1
_PAUSES_S = (0.01, 0.02, 0.05, 0.1, 0.2)


class WineMissingError(RuntimeError):
    """This machine has no Wine."""


@dataclass(frozen=True)
class Done:
    """What a program left behind.

    Attributes:
        started: moment at which it really began; 0 for one that took no time.
    """

    returncode: int
    stdout: bytes = b""
    stderr: bytes = b""
    started: float = 0.0


def obstacle() -> str:
    """Say why no Windows program can run here; empty where they can."""
    if shutil.which("wine") is None:
        return "no Wine here (Debian: apt-get install --no-install-recommends wine wine64)"
    return ""


def install() -> None:
    """Install Wine where that is possible and it is missing; :func:`obstacle` tells the outcome."""
    with suppress(BuildError):
        CACHE.mkdir(parents=True, exist_ok=True)
        need({"wine": "wine", "wineserver": "wine64"})


def run(machine: Machine, wanted: Program, path: str) -> Done:
    """Run an executable of the host's drive."""
    return _start(machine, wanted, [path, *wanted.argv[1:]])


def run_in_cmd(machine: Machine, wanted: Program) -> Done:
    """Run a line of cmd.exe.

    A file keeps the line's quoting: as an argument it would be quoted a second time.
    """
    script = machine.drive.real(rf"C:\Windows\Temp\{uuid4().hex}.cmd")
    machine.drive.write(script, f"@echo off\r\n{wanted.line}\r\nexit /b %ERRORLEVEL%\r\n".encode())
    try:
        return _start(machine, wanted, ["cmd", "/c", machine.drive.windows(script)])
    finally:
        script.unlink(missing_ok=True)


def _start(machine: Machine, wanted: Program, argv: list[str]) -> Done:
    entry = machine.processes.start(
        ntpath.basename(wanted.argv[0]), wanted.line, parent=wanted.parent, session=wanted.session
    )
    used_s = 0.0
    try:
        with PROCESSOR.turn(machine.processes, _either(wanted.cancelled, entry.ended)):
            if wanted.cancelled.is_set() or entry.ended.is_set():
                return Done(_KILLED)
            with (
                tempfile.TemporaryFile() as stdin,
                tempfile.TemporaryFile() as stdout,
                tempfile.TemporaryFile() as stderr,
            ):
                stdin.write(wanted.stdin)
                stdin.seek(0)
                started = time.time()
                process = subprocess.Popen(
                    [*_within(machine.drive.free_bytes), "wine", *argv],
                    cwd=machine.drive.real(wanted.folder),
                    env=_environment(machine, wanted.environment),
                    stdin=stdin, stdout=stdout, stderr=stderr,
                    start_new_session=True,
                )  # fmt: skip
                machine.processes.attach(entry, process)
                machine.processes.starting(wanted.line)
                used_s = _wait(process, wanted.cancelled)
                stdout.seek(0)
                stderr.seek(0)
                return Done(process.returncode, stdout.read(), stderr.read(), started)
    finally:
        machine.processes.end(entry, used_s)


def _either(one: threading.Event, other: threading.Event) -> Callable[[], bool]:
    return lambda: one.is_set() or other.is_set()


def _within(free_bytes: int) -> list[str]:
    """Words before a command that let no file grow beyond what is free on the disk."""
    if free_bytes >= _PLENTY or shutil.which("prlimit") is None:
        return []
    # The signal would kill; without it the write fails, as on a full disk.
    return ["env", "--ignore-signal=XFSZ", "prlimit", f"--fsize={free_bytes}", "--"]


def _wait(process: subprocess.Popen[bytes], cancelled: threading.Event) -> float:
    """Wait for a program's end; return the CPU seconds that it used."""
    pauses = iter(_PAUSES_S)
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime
        if cancelled.is_set():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        time.sleep(next(pauses, _PAUSES_S[-1]))


def prepare(machine: Machine) -> None:
    """Give a host its Wine prefix, around the drive that it has already.

    Raises:
        WineMissingError: this machine has no Wine.
    """
    prefix = machine.drive.folder.parent
    with machine.processes.preparing:
        if (prefix / "system.reg").exists():
            return
        template = _template()
        subprocess.run(["cp", "-aln", f"{template}/drive_c/.", machine.drive.folder], check=True)
        shutil.copytree(template / "dosdevices", prefix / "dosdevices", symlinks=True)
        for name in ("user.reg", "userdef.reg", ".update-timestamp", "system.reg"):
            shutil.copy2(template / name, prefix / name)


def stop(machine: Machine) -> None:
    """End the host's wineserver and all that hangs on it."""
    prefix = machine.drive.folder.parent
    if (prefix / "system.reg").exists():
        subprocess.run(["wineserver", "-k"], env=_base(prefix), check=False, capture_output=True)


def _template() -> Path:
    if reason := obstacle():
        raise WineMissingError(reason)
    version = subprocess.run(
        ["wine", "--version"], capture_output=True, text=True, check=True, env=_base(CACHE)
    ).stdout.split()[0]
    template = CACHE / f"prefix-{version}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(CACHE / "prefix.lock"):
        if template.exists():
            return template
        made = CACHE / f"prefix-{version}.new"
        shutil.rmtree(made, ignore_errors=True)
        environment = _base(made) | {"WINEDLLOVERRIDES": "mscoree,mshtml=;winemenubuilder.exe=d"}
        subprocess.run(["wineboot", "--init"], env=environment, check=True, capture_output=True)
        subprocess.run(
            ["wine", "winecfg", "-v", "win10"], env=environment, check=True, capture_output=True
        )
        subprocess.run(["wineserver", "-w"], env=environment, check=False)
        # Z: is this machine's own disk, which no laptop has.
        (made / "dosdevices" / "z:").unlink(missing_ok=True)
        made.rename(template)
    return template


def _base(prefix: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return {**kept, **_QUIET, "LANG": "C.UTF-8", "WINEPREFIX": str(prefix)}


def _environment(machine: Machine, more: Mapping[str, str]) -> dict[str, str]:
    windows = {**machine.settings.machine_environment, **machine.settings.user_environment, **more}
    search = ";".join(value for name, value in windows.items() if name.upper() == "PATH")
    rest = {name: value for name, value in windows.items() if name.upper() != "PATH"}
    return {
        **rest,
        **_base(machine.drive.folder.parent),
        **clock.environment(machine.clock),
        "WINEPATH": search,
    }
