"""What a suite still lacks: ``-e resume=true``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from vttbench.result import Result, Status
from vttbench.suite.plan import Plan, Step, with_rests

Done = set[tuple[str, str, str | None]]
# What was skipped is tried again too: the disk may have room now, the missing tool may be there. If
# not, it is skipped again within seconds.
_SETTLED = (Status.OK, Status.UNSTABLE)


def done(results: Iterable[Result]) -> Done:
    """Return what needs no further measurement, as (session id, benchmark, variant)."""
    return {
        (result.session_id, result.benchmark.name, result.benchmark.variant)
        for result in results
        if result.status in _SETTLED
    }


def remaining(
    plan: Plan,
    results: Iterable[Result],
    variants: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Step, ...]:
    """Return the steps that are still to be done.

    Args:
        plan: of the whole suite, with the ids of its sessions.
        results: of that suite on that host, in any order; others do no harm.
        variants: all variants of benchmarks that have some, where they are known beforehand. A
            step whose variants are not known remains until it has a result without a variant,
            and says in ``done`` which variants need not be measured again.

    Returns:
        Steps in the order of the plan.
    """
    settled = done(results)
    steps = []
    for step in plan.steps:
        there = {
            variant
            for session_id, benchmark, variant in settled
            if (session_id, benchmark) == (step.session_id, step.benchmark)
        }
        wanted = set((variants or {}).get(step.benchmark, ()))
        if None in there or (wanted and wanted <= there):
            continue
        names = sorted(variant for variant in there if variant is not None)
        steps.append(replace(step, done=tuple(names)))
    return with_rests(steps)
