"""What heat costs: clock and temperature against speed, within a run and from run to run."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vttbench.analysis.measurements import label_of, measurements
from vttbench.analysis.pairs import LEVEL, holm
from vttbench.analysis.resampling import interval
from vttbench.result import Result

Floats = NDArray[np.float64]

LEAST_DRIFT = -0.01
"""A run that ends less than 1 % slower than it began is no finding."""
LEAST_CLOCK_DROP = -0.02
_LEAST_SESSIONS = 3
_LEAST_FOR_CORRELATION = 6
_LEAST_SPREAD_C = 2.0
_LEAST_SPREAD_CLOCK = 0.01


@dataclass(frozen=True)
class Within:
    """How a benchmark went on a host from the first repeat of a run to the last.

    Attributes:
        host: name in the inventory.
        label: benchmark and variant.
        sessions: how many runs.
        drift: median change of speed over a run, in percent; -5 is 5 % slower at the end.
        drift_interval: 95 % bootstrap interval of it, over sessions; None for fewer than three.
        clock_drop: median change of the clock from first to last third, in percent.
        hottest_c: median of the runs' hottest moments.
        throttled: share of runs that the harness flagged; None where it can't be known.
    """

    host: str
    label: str
    sessions: int
    drift: float | None
    drift_interval: tuple[float, float] | None
    clock_drop: float | None
    hottest_c: float | None
    throttled: float | None

    @property
    def slows_down(self) -> bool:
        """Whether it gets slower within its runs, and the clock (or the flag) says why."""
        slower = (
            self.drift is not None
            and self.drift < 100 * LEAST_DRIFT
            and (self.drift_interval is None or self.drift_interval[1] < 0)
        )
        clock = self.clock_drop is not None and self.clock_drop < 100 * LEAST_CLOCK_DROP
        return (slower and clock) or bool(self.throttled and self.throttled >= 0.5)


@dataclass(frozen=True)
class Between:
    """How the speed of sessions goes with their heat.

    Attributes:
        host: name in the inventory.
        label: benchmark and variant.
        sessions: how many.
        by_temperature: rank correlation of speed and mean temperature; -1 is hotter, slower.
        by_clock: rank correlation of speed and mean clock.
        percent_per_degree: robust slope: change of speed a degree Celsius, in percent.
        percent_per_100_mhz: robust slope: change of speed per 100 MHz, in percent.
        p: of the stronger of the two correlations, times two for the choice.
    """

    host: str
    label: str
    sessions: int
    by_temperature: float | None
    by_clock: float | None
    percent_per_degree: float | None
    percent_per_100_mhz: float | None
    p: float | None


@dataclass(frozen=True)
class Throttling:
    """What heat costs in a table of results."""

    within: tuple[Within, ...]
    between: tuple[Between, ...]

    @property
    def hosts(self) -> list[str]:
        """Hosts that slow down within their runs."""
        return sorted({each.host for each in self.within if each.slows_down})

    @property
    def tied(self) -> list[Between]:
        """Where speed goes with heat by more than chance, after Holm over all of the table."""
        known = [(each, each.p) for each in self.between if each.p is not None]
        adjusted = holm([p for _, p in known])
        return [each for (each, _), p in zip(known, adjusted, strict=True) if p < LEVEL]


@dataclass(frozen=True)
class Moment:
    """One repeat of a run with what the machine said meanwhile.

    Attributes:
        repeat: its index.
        start_s: seconds since the first repeat.
        temperature_c: mean; None where not told.
        clock_mhz: mean.
        values: metric to value.
    """

    repeat: int
    start_s: float
    temperature_c: float | None
    clock_mhz: float | None
    values: dict[str, float]


def find_throttling(frame: pl.DataFrame) -> Throttling:
    """Look at every host and workload of a table.

    Args:
        frame: the table of results.
    """
    # All metrics of one run share its heat: the first stands for the run.
    rows = measurements(frame).unique("result_id", keep="first", maintain_order=True)
    within, between = [], []
    keys = ["host", "benchmark", "variant", "workload"]
    for part in rows.sort(keys).partition_by(keys, maintain_order=True):
        within.append(_within(part))
        between.append(_between(part))
    return Throttling(tuple(within), tuple(each for each in between if each is not None))


def moments(result: Result) -> list[Moment]:
    """Return the measured repeats of a run, each with its own temperature and clock."""
    if not result.repeats:
        return []
    zero = min(repeat.started_at for repeat in result.repeats)
    series = {} if result.telemetry is None else result.telemetry.series

    def mean(names: Sequence[str], start: float, end: float) -> float | None:
        found = next((series[name] for name in names if name in series), None)
        if found is None:
            return None
        inside = [v for t, v in zip(found.t, found.v, strict=True) if start <= t <= end]
        return sum(inside) / len(inside) if inside else None

    found = []
    for repeat in result.repeats:
        if repeat.kind != "measured" or repeat.status != "ok":
            continue
        start = (repeat.started_at - zero).total_seconds()
        end = start + repeat.duration_s
        found.append(
            Moment(
                repeat=repeat.index,
                start_s=start,
                temperature_c=mean(("temperature_c", "gpu_temperature_c"), start, end),
                clock_mhz=mean(("clock_mhz", "gpu_clock_mhz"), start, end),
                values=dict(repeat.values),
            )
        )
    return found


def _within(part: pl.DataFrame) -> Within:
    drift = part["drift"].drop_nulls().to_numpy()
    return Within(
        host=str(part["host"][0]),
        label=label_of(str(part["benchmark"][0]), part["variant"][0]),
        sessions=len(part),
        drift=100.0 * float(np.median(drift)) if len(drift) else None,
        drift_interval=_median_interval(100.0 * drift) if len(drift) >= _LEAST_SESSIONS else None,
        clock_drop=_scaled(_median(part["clock_drop"]), 100.0),
        hottest_c=_median(part["temperature_max_c"]),
        throttled=None
        if part["throttled"].null_count() == len(part)
        else float(part["throttled"].drop_nulls().cast(pl.Float64).to_numpy().mean()),
    )


def _between(part: pl.DataFrame) -> Between | None:
    """Return how speed goes with heat, or None where too few sessions tell."""
    sign = 1.0 if part["higher_is_better"][0] else -1.0
    part = part.filter(pl.col("median") > 0)
    speed = 100.0 * sign * np.log(part["median"].to_numpy())
    heat = _against(speed, part["temperature_mean_c"], least=_LEAST_SPREAD_C)
    usual = _median(part["clock_mean_mhz"]) or 0.0
    clock = _against(speed, part["clock_mean_mhz"], least=_LEAST_SPREAD_CLOCK * usual)
    chances = [each[2] for each in (heat, clock) if each is not None]
    if not chances:
        return None
    return Between(
        host=str(part["host"][0]),
        label=label_of(str(part["benchmark"][0]), part["variant"][0]),
        sessions=len(part),
        by_temperature=heat and heat[0],
        by_clock=clock and clock[0],
        percent_per_degree=heat and heat[1],
        percent_per_100_mhz=clock and 100.0 * clock[1],
        p=min(1.0, len(chances) * min(chances)),
    )


def _against(speed: Floats, other: pl.Series, *, least: float) -> tuple[float, float, float] | None:
    """Return Spearman's rank correlation, Theil and Sen's slope, and p.

    None for few sessions, or where the other hardly varies: then it explains nothing.
    """
    from scipy.stats import spearmanr, theilslopes

    values = other.cast(pl.Float64).fill_null(math.nan).to_numpy()
    known = np.isfinite(values)
    x, y = values[known], speed[known]
    if len(x) < _LEAST_FOR_CORRELATION or np.ptp(x) <= least or np.ptp(y) == 0:
        return None
    correlation = spearmanr(x, y)
    return float(correlation.statistic), float(theilslopes(y, x)[0]), float(correlation.pvalue)


def _median(values: pl.Series) -> float | None:
    known = values.drop_nulls().to_numpy()
    return float(np.median(known)) if len(known) else None


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else factor * value


def _median_interval(values: Floats) -> tuple[float, float]:
    rng = np.random.default_rng(20261125)
    picks = rng.integers(len(values), size=(2000, len(values)))
    return interval(np.median(values[picks], axis=1))
