"""The programs that run on a host, so that it can be frozen, cut off and shut down."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress


class Running:
    """The programs that run on one host."""

    def __init__(self) -> None:
        self._processes: dict[subprocess.Popen[bytes], str] = {}
        self._lock = threading.Lock()
        self._frozen = False
        self.preparing = threading.Lock()
        self._watchers: list[tuple[str, Callable[[], None]]] = []

    def add(self, process: subprocess.Popen[bytes], line: str) -> None:
        """Know of a program that was started."""
        with self._lock:
            self._processes[process] = line
            frozen = self._frozen
        if frozen:
            self._signal(process, signal.SIGSTOP)

    def discard(self, process: subprocess.Popen[bytes]) -> None:
        """Forget a program that has ended."""
        with self._lock:
            self._processes.pop(process, None)

    def lines(self) -> list[str]:
        """Command lines of what runs."""
        with self._lock:
            return list(self._processes.values())

    def freeze(self) -> None:
        """Stop every program where it is, as sleep does."""
        self._frozen = True
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        self._frozen = False
        self._signal_all(signal.SIGCONT)

    def kill(self) -> None:
        """End every program at once, as a power loss does."""
        self._frozen = False
        self._signal_all(signal.SIGKILL)

    def when_starts(self, word: str, then: Callable[[], None]) -> None:
        """Do something the next time that a program starts whose line holds a word."""
        with self._lock:
            self._watchers.append((word.lower(), then))

    def starting(self, line: str) -> None:
        """Tell that a program is about to start."""
        with self._lock:
            due = [entry for entry in self._watchers if entry[0] in line.lower()]
            for entry in due:
                self._watchers.remove(entry)
        for _, then in due:
            then()

    def _signal_all(self, number: signal.Signals) -> None:
        with self._lock:
            processes = list(self._processes)
        for process in processes:
            self._signal(process, number)

    @staticmethod
    def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
