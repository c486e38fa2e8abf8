"""What got worse or better on a host, when, by how much, and what changed at that moment."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl

from vttbench.analysis.change_points import LEAST_POINTS, Step, steps
from vttbench.analysis.heat import HeatShift, heat_shift
from vttbench.analysis.measurements import label_of, measurements
from vttbench.analysis.provenance import WATCHED, Change, changes

LEAST_PERCENT = 1.0
"""A step smaller than this is not worth a look."""

_SERIES = ("host", "benchmark", "variant", "workload", "metric", "_battery")
_NEEDED = [
    "result_id", "started_at", "host", "fleet", "benchmark", "variant", "workload", "metric",
    "unit", "higher_is_better", "median", "status", "throttled", "temperature_max_c",
    "clock_mean_mhz", *WATCHED,
]  # fmt: skip


@dataclass(frozen=True)
class LevelShift:
    """A step of one metric on one host.

    Attributes:
        host: name in the inventory.
        fleet: of the host.
        benchmark: name.
        variant: which of several.
        metric: name.
        unit: of the values.
        workload: key of the benchmark with its parameters.
        worse: whether the new level is worse, by the metric's own direction.
        percent: new level against old, of the value itself: +3 on a latency is worse.
        interval: 95 % interval of ``percent``.
        before: old level (geometric mean of sessions).
        after: new level.
        n_before: sessions at the old level.
        n_after: sessions at the new level.
        last_before: start of the last session at the old level.
        at: start of the first session at the new level.
        earliest: the step may as well have happened with this session, or later.
        latest: ... up to this session.
        first_result: id of the first result at the new level.
        lasting: the series ends at the new level, or at one as bad (or as good).
        changes: what became another on the host between ``earliest`` and ``latest``.
        heat: what temperature and clock did.
        elsewhere: what other hosts say of the same change, in words.
    """

    host: str
    fleet: str | None
    benchmark: str
    variant: str | None
    metric: str
    unit: str
    workload: str
    worse: bool
    percent: float
    interval: tuple[float, float]
    before: float
    after: float
    n_before: int
    n_after: int
    last_before: datetime
    at: datetime
    earliest: datetime
    latest: datetime
    first_result: str
    lasting: bool
    changes: tuple[Change, ...] = ()
    heat: HeatShift = field(default_factory=HeatShift)
    elsewhere: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Benchmark, variant and metric."""
        return label_of(self.benchmark, self.variant, self.metric)


@dataclass(frozen=True)
class Trends:
    """All series of a table and their steps.

    Attributes:
        shifts: oldest first.
        series: how many series were searched.
        too_short: how many more there are that have too few sessions.
    """

    shifts: tuple[LevelShift, ...]
    series: int
    too_short: int

    @property
    def regressions(self) -> tuple[LevelShift, ...]:
        """Steps for the worse."""
        return tuple(shift for shift in self.shifts if shift.worse)

    @property
    def improvements(self) -> tuple[LevelShift, ...]:
        """Steps for the better."""
        return tuple(shift for shift in self.shifts if not shift.worse)


def find_shifts(
    frame: pl.DataFrame,
    *,
    all_metrics: bool = False,
    least_percent: float = LEAST_PERCENT,
    since: datetime | None = None,
) -> Trends:
    """Search every series of a table for steps.

    A series is one metric of one workload on one host, on mains or on battery: it goes on when a
    driver or a tool changes, for that is what is looked for.

    Args:
        frame: the table of results.
        all_metrics: not only the metrics that repeats aimed at.
        least_percent: smaller steps are left out.
        since: steps whose new level began before are left out; the search uses all.
    """
    if frame.is_empty():
        return Trends((), 0, 0)
    on_battery = (pl.col("power_source").cast(pl.String) == "battery").fill_null(value=False)
    rows = measurements(frame, all_metrics=all_metrics).select(
        *_NEEDED, on_battery.alias("_battery")
    )
    shifts: list[LevelShift] = []
    count = too_short = 0
    for part in rows.partition_by(_SERIES, maintain_order=True):
        if len(part) < 2 * LEAST_POINTS + 1:
            too_short += 1
            continue
        count += 1
        shifts += _shifts_of(part, least_percent)
    if since is not None:
        shifts = [shift for shift in shifts if shift.at >= since]
    shifts = [_with_others(shift, rows, shifts) if shift.changes else shift for shift in shifts]
    ordered = sorted(shifts, key=lambda shift: (shift.at, shift.host, shift.label))
    return Trends(tuple(ordered), count, too_short)


def _shifts_of(part: pl.DataFrame, least_percent: float) -> Iterator[LevelShift]:
    """Yield the steps of one series."""
    values = part["median"].to_numpy()
    logarithmic = bool((values > 0).all())
    middle = float(np.median(values))
    if not logarithmic and middle == 0:
        return
    scaled = np.log(values) if logarithmic else values / abs(middle)
    least = math.log1p(least_percent / 100.0) if logarithmic else least_percent / 100.0
    found = steps(scaled, least=least)
    if not found:
        return
    points = part.to_dicts()
    for number, step in enumerate(found):
        yield _shift(points, step, found[number + 1 :], logarithmic, abs(middle))


def _shift(
    points: Sequence[dict[str, Any]],
    step: Step,
    later: Sequence[Step],
    logarithmic: bool,
    scale: float,
) -> LevelShift:
    first = points[step.index]

    def percent(size: float) -> float:
        return 100.0 * math.expm1(size) if logarithmic else 100.0 * size * scale / abs(old)

    def value(level: float) -> float:
        return math.exp(level) if logarithmic else level * scale

    old = value(step.before) or scale
    sign = 1.0 if first["higher_is_better"] else -1.0
    worse = sign * step.size < 0
    # Undone is what later steps brought back by more than half.
    gone = later[-1].after - step.before if later else step.size
    lasting = gone / step.size > 0.5
    return LevelShift(
        host=first["host"],
        fleet=first["fleet"],
        benchmark=first["benchmark"],
        variant=first["variant"],
        metric=first["metric"],
        unit=first["unit"],
        workload=first["workload"],
        worse=worse,
        percent=percent(step.size),
        interval=(percent(step.interval[0]), percent(step.interval[1])),
        before=value(step.before),
        after=value(step.after),
        n_before=step.n_before,
        n_after=step.n_after,
        last_before=points[step.index - 1]["started_at"],
        at=first["started_at"],
        earliest=points[step.earliest]["started_at"],
        latest=points[step.latest]["started_at"],
        first_result=first["result_id"],
        lasting=lasting,
        changes=tuple(changes(points, step.earliest, step.latest)),
        heat=heat_shift(
            points[step.index - step.n_before : step.index],
            points[step.index : step.index + step.n_after],
        ),
    )


def _with_others(shift: LevelShift, rows: pl.DataFrame, shifts: Sequence[LevelShift]) -> LevelShift:
    """Add what the same change did to this metric on other hosts."""
    from dataclasses import replace

    said: list[str] = []
    for change in shift.changes:
        with_same = rows.filter(
            pl.col("host") != shift.host,
            pl.col("workload") == shift.workload,
            pl.col("metric") == shift.metric,
            pl.col(change.what).cast(pl.String) == change.after,
        )
        for host in with_same["host"].unique(maintain_order=True).sort():
            series = rows.filter(
                pl.col("host") == host,
                pl.col("workload") == shift.workload,
                pl.col("metric") == shift.metric,
            )
            moved = changes(series.to_dicts(), 1, len(series) - 1)
            when = next((each for each in moved if _same(each, change)), None)
            if when is None:
                continue
            after = int((series["started_at"] >= when.at).sum())
            struck = any(
                other.host == host
                and other.workload == shift.workload
                and other.metric == shift.metric
                and other.worse == shift.worse
                and any(_same(each, change) for each in other.changes)
                for other in shifts
            )
            if struck:
                verdict = "and changed in the same way"
            elif after >= 2 * LEAST_POINTS:
                verdict = "and did not change"
            else:
                continue
            said.append(f"{host} got {change.after} on {when.at:%Y-%m-%d} {verdict}")
    return replace(shift, elsewhere=tuple(dict.fromkeys(said)))


def _same(one: Change, other: Change) -> bool:
    return (one.what, one.before, one.after) == (other.what, other.before, other.after)
