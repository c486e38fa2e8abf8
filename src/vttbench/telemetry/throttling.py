"""Whether a machine slowed down because it was too hot.

Flagged when a clock falls below 90 % of its own median so far, under load, while the temperature
is within 3 °C of its limit, in at least two samples in a row; or when the kernel counted
throttling. The limit is what the driver says (hwmon ``temp1_crit``) or what the caller knows:
``k10temp`` of AMD's Zen processors names none, so there it has to be given to be judged.

A clock that falls because the work ended is no throttling, so samples of an idle machine don't
count. The clock is that of the fastest core: the mean also falls when a tool goes on with fewer
threads.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterator, Mapping

from vttbench.telemetry.recording import Points, Recording

CLOCK_SHARE = 0.9
NEAR_LIMIT_C = 3.0
SAMPLES_BEFORE = 5  # so many must have been seen before a median means something
SAMPLES_IN_A_ROW = 2
LOADED_CORES = 0.5
LOADED_GPU_PERCENT = 50.0


def throttled(recording: Recording, limits: Mapping[str, float] | None = None) -> bool | None:
    """Return whether the machine throttled; None where it offers too little to know.

    Args:
        recording: at full resolution; decimation would hide short drops.
        limits: temperatures in °C by series, e.g. ``{"temperature_c": 100}``; they win over what
            the drivers say.
    """
    verdicts = [
        *_by_counter(recording),
        *_by_clock(recording, {**recording.limits, **(limits or {})}),
    ]
    return any(verdicts) if verdicts else None


def _by_counter(recording: Recording) -> Iterator[bool]:
    for name, points in recording.series.items():
        if name.endswith("_throttle_events") and len(points) > 1:
            yield points[-1][1] > points[0][1]


def _by_clock(recording: Recording, limits: Mapping[str, float]) -> Iterator[bool]:
    series = recording.series
    for name, limit in limits.items():
        if match := re.match(r"(gpu\d*)_temperature_c$", name):
            clock = series.get(f"{match[1]}_clock_mhz")
            load, loaded_from = series.get(f"{match[1]}_busy_percent"), LOADED_GPU_PERCENT
        elif re.match(r"(cpu\d+_)?temperature_c$", name):
            clock = series.get("clock_max_mhz") or series.get("clock_mhz")
            load, loaded_from = series.get("cpu_busy_cores"), LOADED_CORES
        else:
            continue
        if clock and name in series:
            if load:
                busy = {t for t, value in load if value >= loaded_from}
                clock = [(t, mhz) for t, mhz in clock if t in busy]
            yield _fell_while_hot(clock, series[name], limit)


def _fell_while_hot(clock: Points, temperature: Points, limit: float) -> bool:
    times = [t for t, _ in temperature]
    earlier: list[float] = []
    row = 0
    for t, mhz in clock:
        index = bisect_left(times, t)
        hot = index < len(times) and times[index] == t
        hot = hot and temperature[index][1] >= limit - NEAR_LIMIT_C
        slow = len(earlier) >= SAMPLES_BEFORE and mhz < CLOCK_SHARE * earlier[len(earlier) // 2]
        row = row + 1 if hot and slow else 0
        if row >= SAMPLES_IN_A_ROW:
            return True
        insort(earlier, mhz)
    return False
