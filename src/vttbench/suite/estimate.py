"""How long something will take, from how long it took before."""

from __future__ import annotations

import statistics
from collections.abc import Iterable

from vttbench.result import Result, Status


def usual_repeat_s(results: Iterable[Result]) -> float | None:
    """Return what one repeat usually takes, in seconds: the median; None if never measured.

    Args:
        results: of the same host, benchmark, variant and profile; see :func:`alike`.
    """
    durations = [
        repeat.duration_s
        for result in _measured(results)
        for repeat in result.repeats
        if repeat.status == "ok"
    ]
    return statistics.median(durations) if durations else None


def estimate_s(results: Iterable[Result]) -> float | None:
    """Return what a measurement takes from start to end, in seconds: the median of earlier ones.

    Args:
        results: of the same host, benchmark, variant and profile; see :func:`alike`.
    """
    spans = [
        (result.finished_at - result.started_at).total_seconds() for result in _measured(results)
    ]
    return statistics.median(spans) if spans else None


def estimate_step_s(
    results: Iterable[Result], *, host: str, benchmark: str, profile: str
) -> float | None:
    """Return what a step of a plan takes, in seconds, all its variants together.

    The variants are those of the latest session, because models and jobs come and go.
    """
    of_step = [
        result
        for result in results
        if (result.host.name, result.benchmark.name, result.provenance.profile)
        == (host, benchmark, profile)
    ]
    measured = list(_measured(of_step))
    if not measured:
        return None
    latest = max(measured, key=lambda result: result.started_at).session_id
    variants = {result.benchmark.variant for result in measured if result.session_id == latest}
    spans = (
        estimate_s(result for result in measured if result.benchmark.variant == variant)
        for variant in variants
    )
    return sum(span for span in spans if span is not None)


def alike(
    results: Iterable[Result], *, host: str, benchmark: str, variant: str | None, profile: str
) -> list[Result]:
    """Return the results that say something about the duration of a measurement."""
    return [
        result
        for result in results
        if (
            result.host.name,
            result.benchmark.name,
            result.benchmark.variant,
            result.provenance.profile,
        )
        == (host, benchmark, variant, profile)
    ]


def _measured(results: Iterable[Result]) -> Iterable[Result]:
    return (result for result in results if result.status in (Status.OK, Status.UNSTABLE))
