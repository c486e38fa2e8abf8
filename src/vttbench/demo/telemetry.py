"""What a machine of the demo fleet would say of itself while it works."""

from __future__ import annotations

import numpy as np

from vttbench.result import Series, Telemetry
from vttbench.telemetry.series import summary

_POINTS = 32
_LIMIT_C = 100.0


def telemetry_of(
    duration_s: float, heat: float, slowdown: float, room_c: float, rng: np.random.Generator
) -> Telemetry:
    """Return series of temperature, clock, power and energy of one run.

    Args:
        duration_s: of the run.
        heat: share of what the machine can draw that the benchmark asks for, 0 to 1.
        slowdown: share of the clock that is lost to heat by the end; 0 for a cool machine.
        room_c: temperature of the room in degrees Celsius.
        rng: for the jitter.
    """
    t = np.linspace(0.0, duration_s, _POINTS)
    warm = 1.0 - np.exp(-t / 45.0)
    hottest = _LIMIT_C - 0.6 if slowdown else room_c + 8.0 + 52.0 * heat
    start = room_c + 14.0
    temperature = start + (hottest - start) * warm + rng.normal(0, 0.4, _POINTS)
    clock = 4_450.0 - 420.0 * heat - 4_450.0 * slowdown * warm + rng.normal(0, 18.0, _POINTS)
    power = 18.0 + 92.0 * heat * (1.0 - 0.8 * slowdown * warm) + rng.normal(0, 1.2, _POINTS)
    steps = np.diff(t) * (power[1:] + power[:-1]) / 2.0
    series = {
        "temperature_c": ("°C", np.minimum(temperature, _LIMIT_C)),
        "clock_mhz": ("MHz", clock),
        "clock_max_mhz": ("MHz", clock + 90.0),
        "power_w": ("W", power),
        "energy_j": ("J", np.concatenate([[0.0], np.cumsum(steps)])),
    }
    times = [round(float(moment), 3) for moment in t]
    values = {name: [round(float(v), 2) for v in line] for name, (_, line) in series.items()}
    return Telemetry(
        interval_s=round(duration_s / (_POINTS - 1), 3),
        series={
            name: Series(unit=unit, t=times, v=values[name]) for name, (unit, _) in series.items()
        },
        summary={
            name: summary(list(zip(times, values[name], strict=True)), unit)
            for name, (unit, _) in series.items()
        },
        throttled=slowdown > 0.05,
    )
