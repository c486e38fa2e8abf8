"""How warm and how busy a host is: a model that is good enough for code that looks at it."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from .processes import Processes

_IDLE_C, _FULL_C = 44.0, 88.0
_TIME_CONSTANT_S = 15.0


class Weather:
    """Load and temperature of one host; both follow what its processes really use."""

    def __init__(self, processes: Processes, threads: Callable[[], int]) -> None:
        self._processes = processes
        self._threads = threads
        self._lock = threading.Lock()
        self._seen = (processes.awake_s(), processes.busy_s())
        self._share = 0.0
        self._temperature = _IDLE_C

    def busy_share(self) -> float:
        """Share of all processors that was busy lately, 0 to 1."""
        self._update()
        return self._share

    def temperature_c(self) -> float:
        """Temperature of the thermal zone."""
        self._update()
        return self._temperature

    def _update(self) -> None:
        with self._lock:
            awake, busy = self._processes.awake_s(), self._processes.busy_s()
            passed = awake - self._seen[0]
            if passed < 0.2:
                return
            self._share = min(1.0, max(0.0, (busy - self._seen[1]) / passed / self._threads()))
            goal = _IDLE_C + (_FULL_C - _IDLE_C) * self._share
            self._temperature += (goal - self._temperature) * (
                1.0 - math.exp(-passed / _TIME_CONSTANT_S)
            )
            self._seen = (awake, busy)
