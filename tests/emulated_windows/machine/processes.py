"""The processes of a host: what Windows lists, what they used, how they are stopped."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from .processor import PROCESSOR

_TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")


@dataclass(eq=False)
class Process:
    """A process as Windows sees it.

    Attributes:
        popen: leader of the real processes behind it; None for one that is emulated.
        load: of one that is emulated: how many processors it keeps busy.
        ended: set when it was ended, so that what emulates it stops.
        used_s: CPU seconds so far, of one that is emulated up to ``since``.
    """

    pid: int
    parent: int
    name: str
    line: str = ""
    session: int = 0
    created: float = field(default_factory=time.time)
    popen: subprocess.Popen[bytes] | None = None
    load: float = 0.0
    used_s: float = 0.0
    since: float = 0.0
    ended: threading.Event = field(default_factory=threading.Event)


class Processes:
    """The processes of one host, and its clock of waking hours."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._pids = itertools.count(4000, 4)
        self._watchers: list[tuple[str, Callable[[], None]]] = []
        self._frozen_at: float | None = None
        self._slept_s = 0.0
        self._finished_s = 0.0
        self.preparing = threading.Lock()
        self._started = time.monotonic()
        self._table: dict[int, Process] = {}
        for pid, parent, name, load in (
            (4, 0, "System", 0.001), (700, 4, "services.exe", 0.0),
            (1200, 700, "svchost.exe", 0.002), (1804, 700, "MsMpEng.exe", 0.001),
            (2040, 700, "WmiPrvSE.exe", 0.0),
        ):  # fmt: skip
            self._table[pid] = Process(pid, parent, name, load=load, created=time.time() - 3600.0)

    def awake_s(self) -> float:
        """Seconds since the start that the machine was not asleep."""
        now = self._frozen_at if self._frozen_at is not None else time.monotonic()
        return now - self._started - self._slept_s

    def busy_s(self) -> float:
        """CPU seconds of all processes, also of those that are gone."""
        with self._lock:
            return self._finished_s + sum(self.used_s(process) for process in self._table.values())

    def used_s(self, process: Process) -> float:
        """CPU seconds that a process used so far."""
        if process.popen is not None:
            return max(process.used_s, sum(_cpu_s(pid) for pid in _session(process.popen.pid)))
        return process.used_s + process.load * (self.awake_s() - process.since)

    def table(self) -> list[Process]:
        """Everything that runs."""
        with self._lock:
            return list(self._table.values())

    def programs(self) -> list[str]:
        """Command lines of the real programs that run."""
        return [process.line for process in self.table() if process.popen is not None]

    def start(
        self,
        name: str,
        line: str = "",
        *,
        parent: int = 700,
        session: int = 0,
        load: float = 0.0,
    ) -> Process:
        """Enter a process into the table."""
        with self._lock:
            process = Process(
                next(self._pids), parent, name, line, session,
                load=load, since=self.awake_s(),
            )  # fmt: skip
            self._table[process.pid] = process
        return process

    def attach(self, process: Process, popen: subprocess.Popen[bytes]) -> None:
        """Put a real process behind one of the table."""
        with self._lock:
            process.popen = popen
            frozen = self._frozen_at is not None
        if frozen:
            _signal(popen, signal.SIGSTOP)
        if process.ended.is_set():
            _signal(popen, signal.SIGKILL)

    def end(self, process: Process, used_s: float = 0.0) -> None:
        """Take a process out of the table, with what it used in the end."""
        with self._lock:
            if self._table.pop(process.pid, None) is not None:
                self._finished_s += max(used_s, self.used_s(process) if not process.popen else 0.0)
        process.ended.set()

    def tree(self, pid: int) -> list[Process]:
        """A process and all that it started, deepest first."""
        with self._lock:
            children = [p for p in self._table.values() if p.parent == pid]
            own = [self._table[pid]] if pid in self._table else []
        return [found for child in children for found in self.tree(child.pid)] + own

    def kill_tree(self, pid: int) -> bool:
        """End a process and all that it started; return whether there was one."""
        found = self.tree(pid)
        for process in found:
            if process.popen is not None:
                _signal(process.popen, signal.SIGKILL)
            else:
                self.end(process)
        return bool(found)

    def set_foreign_load(self, processors: float) -> None:
        """Let somebody else's program keep so many processors busy; 0 ends it."""
        with self._lock:
            for process in [p for p in self._table.values() if p.name == "OneDrive.exe"]:
                self.end(process)
        if processors > 0:
            self.start("OneDrive.exe", r"C:\Program Files\OneDrive.exe", session=1, load=processors)

    def freeze(self) -> None:
        """Stop every program where it is, as sleep does."""
        with self._lock:
            if self._frozen_at is None:
                self._frozen_at = time.monotonic()
        self._signal_all(signal.SIGSTOP)
        PROCESSOR.freeze(self)

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        with self._lock:
            if self._frozen_at is not None:
                self._slept_s += time.monotonic() - self._frozen_at
                self._frozen_at = None
        PROCESSOR.thaw(self)
        self._signal_all(signal.SIGCONT)

    def kill_all(self) -> None:
        """End every program at once, as a power loss does."""
        self.thaw()
        self._signal_all(signal.SIGKILL)
        for process in self.table():
            if process.pid >= 4000 and process.popen is None and process.name != "OneDrive.exe":
                self.end(process)

    def when_starts(self, word: str, then: Callable[[], None]) -> None:
        """Do something the next time that a program starts whose line holds a word."""
        with self._lock:
            self._watchers.append((word.lower(), then))

    def starting(self, line: str) -> None:
        """Tell that a program starts; quotes in its line don't matter."""
        plain = line.lower().replace('"', "")
        with self._lock:
            due = [entry for entry in self._watchers if entry[0] in plain]
            for entry in due:
                self._watchers.remove(entry)
        for _, then in due:
            then()

    def _signal_all(self, number: signal.Signals) -> None:
        for process in self.table():
            if process.popen is not None:
                _signal(process.popen, number)


def _signal(popen: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(popen.pid, number)


def _session(leader: int) -> Iterator[int]:
    """Ids of the real processes in the session of a program: what it started is in there too."""
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError):
                if os.getsid(int(place.name)) == leader:
                    yield int(place.name)


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK_S
