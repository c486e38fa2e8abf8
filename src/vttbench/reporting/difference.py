"""Two sets of results side by side: how much they differ, and whether that is more than noise.

The interval of the difference of two means is Welch's (unequal variances). Repeats inside a session
are correlated, so where both sides have at least two sessions the sessions' means are compared;
otherwise the repeats are, and the report says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean, stdev

from vttbench.reporting.table import newest_attempts, shown_metrics
from vttbench.result import Comparability, Metric, Result, Scalar, Status
from vttbench.store import Stored

_Step = tuple[str, str, str | None]  # host or nothing, benchmark, variant
_MEASURED = (Status.OK, Status.UNSTABLE, Status.PARTIAL)


class Judgement(StrEnum):
    """What may be said about B against A."""

    BETTER = "better"
    WORSE = "worse"
    NOISE = "within noise"
    UNKNOWN = "can't tell"
    ONLY_A = "only in A"
    ONLY_B = "only in B"
    NOT_COMPARABLE = "not comparable"


@dataclass(frozen=True)
class Difference:
    """One metric of A and B.

    Attributes:
        host: host of both sides; empty where each side is one host, whatever their names.
        benchmark: benchmark name.
        variant: which of several.
        metric: metric name.
        unit: of both values.
        a: mean of A, absent where it was not measured.
        b: mean of B.
        percent: (B - A) / A in percent; absent where A is 0 or a side is missing.
        interval: 95 % interval of ``percent``.
        judgement: the verdict.
        basis: what was compared, e.g. ``3 and 3 sessions``.
        reason: why the judgement is not a number, e.g. the fields that differ.
        doubtful: a side is not ``ok``.
    """

    host: str
    benchmark: str
    variant: str | None
    metric: str
    unit: str
    a: float | None = None
    b: float | None = None
    percent: float | None = None
    interval: tuple[float, float] | None = None
    judgement: Judgement = Judgement.UNKNOWN
    basis: str = ""
    reason: str = ""
    doubtful: bool = False

    @property
    def label(self) -> str:
        """Host where there are several, benchmark and variant as one text."""
        return " ".join(part for part in (self.host, self.benchmark, self.variant) if part)


@dataclass(frozen=True)
class _Side:
    """All sessions of one step on one side."""

    results: tuple[Result, ...]

    def metric(self, name: str) -> list[Metric]:
        found = (result.metric(name) for result in self.results)
        return [metric for metric in found if metric is not None]

    @property
    def keys(self) -> dict[str, Comparability]:
        return {result.comparability.key: result.comparability for result in self.results}

    @property
    def doubtful(self) -> bool:
        return any(result.status is not Status.OK for result in self.results)


def differences(
    a: Sequence[Stored], b: Sequence[Stored], *, all_metrics: bool = False, force: bool = False
) -> list[Difference]:
    """Compare two sets of results, step by step and metric by metric.

    One host against one host is compared whatever their names are. Where a side holds several, such
    as two suites of a fleet, each host is compared with itself.

    Args:
        a: the base; oldest first.
        b: what is compared with it; oldest first.
        all_metrics: compare metrics that are not primary too.
        force: compare although what must be equal is not.
    """
    by_host = any(len({stored.result.host.name for stored in side}) > 1 for side in (a, b))
    sides_a, sides_b = _sides(a, by_host), _sides(b, by_host)
    found: list[Difference] = []
    for step in dict.fromkeys([*sides_a, *sides_b]):
        of_a, of_b = sides_a.get(step), sides_b.get(step)
        names = dict.fromkeys(
            metric.name
            for side in (of_a, of_b)
            if side
            for result in side.results
            for metric in shown_metrics(result, all_metrics)
        )
        found += [_difference(step, name, of_a, of_b, force) for name in names]
    return found


def welch_interval(a: Sequence[float], b: Sequence[float]) -> tuple[float, float] | None:
    """Return the 95 % interval of mean(b) - mean(a), or None where a side has no spread to judge.

    Args:
        a: samples; at least two for an interval.
        b: samples; at least two for an interval.
    """
    if len(a) < 2 or len(b) < 2:
        return None
    squares = [stdev(side) ** 2 / len(side) for side in (a, b)]
    total = sum(squares)
    centre = fmean(b) - fmean(a)
    if total == 0:
        return (centre, centre)
    from scipy.stats import t

    weights = (square**2 / (len(side) - 1) for square, side in zip(squares, (a, b), strict=True))
    freedom = total**2 / sum(weights)
    half = float(t.ppf(0.975, freedom)) * math.sqrt(total)
    return (centre - half, centre + half)


def _sides(results: Sequence[Stored], by_host: bool) -> dict[_Step, _Side]:
    measured = [stored for stored in results if stored.result.status in _MEASURED]
    steps: dict[_Step, list[Result]] = {}
    for stored in newest_attempts(measured):
        benchmark = stored.result.benchmark
        host = stored.result.host.name if by_host else ""
        steps.setdefault((host, benchmark.name, benchmark.variant), []).append(stored.result)
    return {step: _Side(tuple(found)) for step, found in steps.items()}


def _difference(
    step: _Step, name: str, a: _Side | None, b: _Side | None, force: bool
) -> Difference:
    metrics_a = a.metric(name) if a else []
    metrics_b = b.metric(name) if b else []
    any_metric = (metrics_a or metrics_b)[0]
    difference = Difference(
        *step,
        metric=name,
        unit=any_metric.unit,
        a=fmean(metric.value for metric in metrics_a) if metrics_a else None,
        b=fmean(metric.value for metric in metrics_b) if metrics_b else None,
        doubtful=any(side is not None and side.doubtful for side in (a, b)),
    )
    if a is None or not metrics_a:
        return replace(difference, judgement=Judgement.ONLY_B)
    if b is None or not metrics_b:
        return replace(difference, judgement=Judgement.ONLY_A)
    units = {metric.unit for metric in (*metrics_a, *metrics_b)}
    if len(units) > 1:
        reason = f"units differ: {', '.join(sorted(units))}"
        return replace(difference, judgement=Judgement.NOT_COMPARABLE, reason=reason)
    reason = _what_differs(a, b)
    if reason and not force:
        return replace(difference, judgement=Judgement.NOT_COMPARABLE, reason=reason)
    return _judged(difference, metrics_a, metrics_b, reason)


def _judged(
    difference: Difference, a: Sequence[Metric], b: Sequence[Metric], reason: str
) -> Difference:
    by_session = len(a) > 1 and len(b) > 1
    if by_session:
        samples_a = [metric.value for metric in a]
        samples_b = [metric.value for metric in b]
        basis = f"{len(a)} and {len(b)} sessions"
    else:
        samples_a = [sample for metric in a for sample in metric.samples]
        samples_b = [sample for metric in b for sample in metric.samples]
        basis = f"{len(samples_a)} and {len(samples_b)} repeats"
    base = fmean(samples_a)
    if base == 0:
        return replace(difference, basis=basis, reason=reason or "A is 0: no percentage")
    scale = 100 / abs(base)
    interval = welch_interval(samples_a, samples_b)
    judgement = Judgement.UNKNOWN
    if interval is None:
        reason = reason or "one repeat only: its noise is not known"
    elif interval[0] <= 0 <= interval[1]:
        judgement = Judgement.NOISE
    else:
        rose = interval[0] > 0
        judgement = Judgement.BETTER if rose is a[0].higher_is_better else Judgement.WORSE
    return replace(
        difference,
        a=base,
        b=fmean(samples_b),
        percent=(fmean(samples_b) - base) * scale,
        interval=None if interval is None else (interval[0] * scale, interval[1] * scale),
        judgement=judgement,
        basis=basis,
        reason=reason,
    )


def _what_differs(a: _Side, b: _Side) -> str:
    if a.keys.keys() == b.keys.keys() and len(a.keys) == 1:
        return ""
    fields: dict[str, list[Scalar]] = {}
    documents = [*a.keys.values(), *b.keys.values()]
    for name in sorted({name for document in documents for name in document.fields}):
        values = [document.fields.get(name) for document in documents]
        if len({repr(value) for value in values}) > 1:
            fields[name] = list(dict.fromkeys(values))
    if not fields:  # keys made by other rules than ours
        return "comparability keys differ"
    shown = (
        f"{name} ({' / '.join('?' if value is None else str(value) for value in values)})"
        for name, values in fields.items()
    )
    return f"differ in {', '.join(shown)}"
