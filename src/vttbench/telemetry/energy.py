"""Power, energy, and the metrics that follow from them: J/token, MIPS/W.

Which power: that of the whole processor package (RAPL) plus graphics cards of their own; of an APU
that tells no RAPL the socket's power as its GPU driver knows it; failing both, what the battery
gives while the machine runs on it. These differ by what they include (the battery feeds screen
and memory too), so compare energy only between machines that offer the same series.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from vttbench.result import Metric, Repeat, Series, Telemetry
from vttbench.sampling.statistics import summarize
from vttbench.telemetry.recording import Points, Recording

_TOKEN_RATES = {"t/s", "tok/s", "token/s", "tokens/s"}


def total_power(recording: Recording) -> Points | str:
    """Return the power of the machine in watts over time, or the reason why it can't be told."""
    series = recording.series
    cards = {name[: -len("_power_w")] for name in series if re.match(r"gpu\d*_power_w$", name)}
    own = sorted(cards - recording.integrated)
    base = series.get("package_power_w") or next(
        (series[f"{gpu}_power_w"] for gpu in sorted(cards & recording.integrated)), None
    )
    if base:
        return _sum([base, *(series[f"{gpu}_power_w"] for gpu in own)])
    battery = sorted(name for name in series if re.match(r"battery\d*_power_w$", name))
    if battery:
        return _sum([series[name] for name in battery])
    if own:
        return "only the graphics card tells its power, the processor does not"
    return "the machine tells no power"


def cumulative(power: Points, largest_gap_s: float) -> Points:
    """Return joules since the first point, by trapezoids; empty where a gap is too large.

    A sum that only grows survives decimation: between any two points that are kept, the energy is
    exact. That can't be said of the power series.
    """
    energy: Points = []
    joules = 0.0
    for index, (t, watts) in enumerate(power):
        if index:
            before, earlier = power[index - 1]
            if t - before > largest_gap_s:
                return []
            joules += (t - before) * (watts + earlier) / 2.0
        energy.append((t, joules))
    return energy


def energy_j(telemetry: Telemetry, start: float, end: float) -> float | None:
    """Return the joules used between two moments.

    Args:
        telemetry: of a result.
        start: seconds since the zero of the series.
        end: seconds since the zero of the series.

    Returns:
        None where power was not told, or not for the whole of that time (but for two intervals at
        each side, where it is taken to go on as it was).
    """
    series = telemetry.series.get("energy_j")
    if series is None or len(series.t) < 2 or end <= start:
        return None
    slack = 2.0 * telemetry.interval_s
    if start < series.t[0] - slack or end > series.t[-1] + slack:
        return None
    return _at(series, end) - _at(series, start)


def mean_power_w(telemetry: Telemetry, start: float, end: float) -> float | None:
    """Return mean watts between two moments; see :func:`energy_j`."""
    joules = energy_j(telemetry, start, end)
    return None if joules is None else joules / (end - start)


def derived_energy_metrics(
    metrics: Sequence[Metric], telemetry: Telemetry, repeats: Sequence[Repeat]
) -> list[Metric]:
    """Return what follows from rates and power, one sample a good repeat.

    ``energy_per_token`` in J/token where a run has exactly one token rate: a run that measured
    prompt and generation has one mean power for both, which is neither's. ``efficiency`` in
    MIPS/W from the total rating.

    Args:
        metrics: of the result.
        telemetry: its zero is the start of the earliest repeat, as the measuring loop has it.
        repeats: all of them; those that count give samples.
    """
    if "energy_j" not in telemetry.series or not repeats:
        return []
    zero = min(repeat.started_at for repeat in repeats)
    power: list[tuple[float, Mapping[str, float]]] = []
    for repeat in repeats:
        if repeat.kind == "measured" and repeat.status == "ok":
            start = (repeat.started_at - zero).total_seconds()
            watts = mean_power_w(telemetry, start, start + repeat.duration_s)
            if watts is not None and watts > 0:
                power.append((watts, repeat.values))
    derived = []
    tokens = [metric for metric in metrics if metric.unit in _TOKEN_RATES]
    if len(tokens) == 1:
        samples = [watts / v[tokens[0].name] for watts, v in power if v.get(tokens[0].name, 0) > 0]
        derived += _metric("energy_per_token", "J/token", samples, higher_is_better=False)
    ratings = [metric for metric in metrics if metric.unit == "MIPS"]
    total = [m for m in ratings if "total" in m.name] if len(ratings) > 1 else ratings
    if len(total) == 1:
        samples = [v[total[0].name] / watts for watts, v in power if total[0].name in v]
        derived += _metric("efficiency", "MIPS/W", samples, higher_is_better=True)
    return derived


def _metric(name: str, unit: str, samples: list[float], *, higher_is_better: bool) -> list[Metric]:
    if not samples:
        return []
    summary = summarize(samples)
    return [
        Metric(
            name=name,
            unit=unit,
            higher_is_better=higher_is_better,
            primary=False,
            samples=samples,
            value=summary.mean,
            ci95=summary.ci95,
            cv=summary.cv,
        )
    ]


def _sum(series: Sequence[Points]) -> Points:
    """Add up series that share their times; a time that one of them lacks is left out."""
    first, *others = (dict(points) for points in series)
    return [
        (t, watts + sum(other[t] for other in others))
        for t, watts in first.items()
        if all(t in other for other in others)
    ]


def _at(series: Series, t: float) -> float:
    """Interpolate; beyond the ends the first or last slope goes on."""
    index = min(max(bisect_left(series.t, t), 1), len(series.t) - 1)
    t1, t2 = series.t[index - 1], series.t[index]
    v1, v2 = series.v[index - 1], series.v[index]
    return v1 + (v2 - v1) * (t - t1) / (t2 - t1) if t2 > t1 else v2
