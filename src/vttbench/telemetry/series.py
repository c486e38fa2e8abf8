"""From the sampler's lines to the telemetry of a result document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from vttbench.result import AbsentMetric, Series, SeriesSummary, Telemetry
from vttbench.telemetry.energy import cumulative, total_power
from vttbench.telemetry.recording import Points, parse
from vttbench.telemetry.throttling import throttled

MAX_POINTS = 300


def read(
    lines: bytes, started_at: datetime, *, limits: Mapping[str, float] | None = None
) -> Telemetry:
    """Make the telemetry of a result document from the sampler's file.

    Args:
        lines: what ``linux_sampler.py`` wrote; a last line that was cut off is passed over.
        started_at: zero of the series' time, by the host's clock, with its offset from UTC.
        limits: temperatures in °C from where on the hardware slows down, by name of the series,
            where the drivers don't say.

    Raises:
        ValueError: the file has no header.
    """
    recording = parse(lines)
    series = dict(recording.series)
    units = dict(recording.units)
    absent = dict(recording.absent)
    power = total_power(recording)
    if isinstance(power, str):
        absent["power_w"] = power
    else:
        series["power_w"], units["power_w"] = power, "W"
        if energy := cumulative(power, largest_gap_s=10 * recording.interval_s):
            series["energy_j"], units["energy_j"] = energy, "J"
        else:
            absent["energy_j"] = "power has gaps"
    zero = started_at.timestamp()
    return Telemetry(
        interval_s=recording.interval_s,
        series={
            name: Series(
                unit=units[name],
                t=[round(t - zero, 3) for t, _ in kept],
                v=[round(v, 3) for _, v in kept],
            )
            for name, points in sorted(series.items())
            if (kept := decimate(points))
        },
        summary={name: summary(points, units[name]) for name, points in sorted(series.items())},
        throttled=throttled(recording, limits),
        absent=[AbsentMetric(name=name, reason=reason) for name, reason in sorted(absent.items())],
    )


def summary(points: Points, unit: str) -> SeriesSummary:
    """Summarise a series; the mean is weighted by time (trapezoids), so gaps don't bend it."""
    values = [value for _, value in points]
    span = points[-1][0] - points[0][0]
    area = sum((t2 - t1) * (v1 + v2) / 2.0 for (t1, v1), (t2, v2) in pairwise(points))
    mean = area / span if span > 0 else sum(values) / len(values)
    # Rounding of a sum must not put the mean beside its own extremes.
    low, high = min(values), max(values)
    return SeriesSummary(unit=unit, minimum=low, mean=min(max(mean, low), high), maximum=high)


def decimate(points: Points, max_points: int = MAX_POINTS) -> Points:
    """Thin a series out to at most ``max_points``, keeping lowest and highest of every stretch.

    Methods made for pictures (LTTB) keep what looks typical and may drop the one dip of a clock
    or peak of a temperature that this is all about; averaging flattens them. Hence the envelope.
    """
    if len(points) <= max_points:
        return points
    stretches = max_points // 2
    kept: Points = []
    for index in range(stretches):
        part = points[index * len(points) // stretches : (index + 1) * len(points) // stretches]
        low, high = min(part, key=lambda p: p[1]), max(part, key=lambda p: p[1])
        kept += [low] if low[0] == high[0] else sorted((low, high))
    return kept
