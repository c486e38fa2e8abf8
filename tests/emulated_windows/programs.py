"""Programs on an emulated host: Windows executables by Wine, and stand-ins for what Wine lacks."""

from __future__ import annotations

import ntpath
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from . import modules, wine
from .command_line import split
from .machine.drive import PathError
from .machine.state import Machine
from .wine import Done


@dataclass(frozen=True)
class Program:
    """A program to start.

    Attributes:
        line: command line as CreateProcess gets it, or a line of cmd.exe where ``shell``.
        folder: current directory, a path of Windows.
        environment: on top of the host's own.
        session: 0 for what WinRM and services start, 1 for the console user's.
        cancelled: set where it must end early.
        parent: process that starts it.
    """

    line: str
    shell: bool = False
    folder: str = "C:\\"
    environment: Mapping[str, str] = field(default_factory=dict)
    stdin: bytes = b""
    session: int = 0
    cancelled: threading.Event = field(default_factory=threading.Event)
    parent: int = 700

    @property
    def argv(self) -> list[str]:
        """The words of the line."""
        return split(self.line)


Emulated = Callable[[Machine, Program], Done]

_emulated: dict[str, Emulated] = {}


def program(*names: str) -> Callable[[Emulated], Emulated]:
    """Register what stands for a program of Windows that Wine has not, such as ``powercfg``."""

    def register(run: Emulated) -> Emulated:
        for name in names:
            _emulated[name] = run
        return run

    return register


def run(machine: Machine, wanted: Program) -> Done:
    """Run a program to its end.

    Raises:
        FileNotFoundError: there is no such program.
    """
    modules.emulated()  # has every handler loaded
    name = ntpath.basename(wanted.argv[0]).lower().removesuffix(".exe")
    machine.journal.note("program", line=wanted.line, session=wanted.session)
    if name in _emulated:
        machine.processes.starting(wanted.line)
        return _emulated[name](machine, wanted)
    wine.prepare(machine)
    if wanted.shell:
        return wine.run_in_cmd(machine, wanted)
    path = find(machine, wanted.argv[0], wanted.folder)
    return wine.run(machine, wanted, path)


def find(machine: Machine, name: str, folder: str) -> str:
    """Find an executable as CreateProcess does; return its path of Windows.

    Raises:
        FileNotFoundError: it is nowhere.
    """
    names = [name] if ntpath.splitext(name)[1] else [name + ".exe", name]
    places = [""]
    if not ntpath.dirname(name):
        search = machine.environment["PATH"].split(";")
        places = [folder, r"C:\Windows\System32", r"C:\Windows", *search]
    for place in places:
        for candidate in names:
            try:
                real = machine.drive.real(ntpath.join(folder, place, candidate))
            except PathError:
                continue
            if real.is_file():
                return machine.drive.windows(real)
    raise FileNotFoundError(name)
