"""One processor for all emulated hosts, as they are on one machine.

Real laptops have a processor each. Here the programs of different hosts would slow each other down
and nothing measured would mean anything; so the program of one host waits until that of another has
ended, before it starts and before its time is taken. A host that is frozen keeps nobody waiting.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Processor:
    """Lets the programs of one host run at a time."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running: dict[object, int] = {}
        self._frozen: set[object] = set()

    @contextmanager
    def turn(self, host: object, cancelled: Callable[[], bool]) -> Iterator[None]:
        """Wait for a host's turn and keep it; several programs of one host run together."""
        with self._changed:
            while not cancelled() and any(
                other is not host and other not in self._frozen for other in self._running
            ):
                self._changed.wait(0.5)
            self._running[host] = self._running.get(host, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                self._running[host] -= 1
                if not self._running[host]:
                    del self._running[host]
                self._changed.notify_all()

    def freeze(self, host: object) -> None:
        """Let nobody wait for a host that stands still."""
        with self._changed:
            self._frozen.add(host)
            self._changed.notify_all()

    def thaw(self, host: object) -> None:
        """Undo :meth:`freeze`."""
        with self._changed:
            self._frozen.discard(host)


PROCESSOR = Processor()
