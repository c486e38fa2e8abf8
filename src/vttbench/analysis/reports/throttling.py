"""The report of what heat costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vttbench.analysis.reports.paper import Paper
from vttbench.analysis.reports.words import NOT_THERE, bracket, joined, percent
from vttbench.analysis.throttling import Between, Throttling, Within


def throttling_data(throttling: Throttling, remarks: Sequence[str]) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    return {
        "throttling": [
            {**asdict(each), "slows_down": each.slows_down} for each in throttling.within
        ],
        "hosts": throttling.hosts,
        "between_runs": [asdict(each) for each in throttling.between],
        "remarks": list(remarks),
    }


def throttling_paper(throttling: Throttling, remarks: Sequence[str]) -> Paper:
    """Return the report for people."""
    paper = Paper()
    paper.heading("What heat costs", 1)
    slow = [each for each in throttling.within if each.slows_down]
    if slow:
        paper.say(f"{joined(throttling.hosts)} slows down by heat within its runs.", "bad")
        paper.grid(
            ("host", "benchmark", "speed", "95 % interval",
             "clock", "hottest", "flagged"),
            [_row(each) for each in slow],
            right=("speed", "95 % interval",
                   "clock", "hottest", "flagged"),
        )  # fmt: skip
        paper.say(
            "Speed: last repeat of a run against the first. Clock: last third of a run against the "
            "first. Flagged: share of runs in which the clock fell near the limit of temperature.",
            "quiet",
        )
    else:
        paper.say("No machine slows down by heat within its runs.", "good")
    tied = [each for each in throttling.tied if _hotter_is_slower(each)]
    if tied:
        paper.heading("From run to run: hotter is slower")
        paper.listing([_sentence(each) for each in tied])
    blind = sorted(
        {w.host for w in throttling.within if w.clock_drop is None and w.throttled is None}
    )
    notes = [*remarks]
    if blind:
        notes.append(f"Nothing can be said of {joined(blind)}: no clock and no flag is recorded.")
    if notes:
        paper.heading("Notes")
        paper.listing(notes)
    return paper


def _hotter_is_slower(each: Between) -> bool:
    return (each.by_temperature or 0.0) < 0 or (each.by_clock or 0.0) > 0


def _row(each: Within) -> tuple[str, ...]:
    return (
        each.host,
        each.label,
        NOT_THERE if each.drift is None else percent(each.drift),
        NOT_THERE if each.drift_interval is None else bracket(each.drift_interval),
        NOT_THERE if each.clock_drop is None else percent(each.clock_drop),
        NOT_THERE if each.hottest_c is None else f"{each.hottest_c:.0f} °C",
        NOT_THERE if each.throttled is None else f"{100 * each.throttled:.0f} %",
    )


def _sentence(each: Between) -> str:
    parts = []
    if each.percent_per_degree is not None and (each.by_temperature or 0.0) < 0:
        parts.append(
            f"{percent(each.percent_per_degree, 2)} a degree (r {each.by_temperature:.2f})"
        )
    if each.percent_per_100_mhz is not None and (each.by_clock or 0.0) > 0:
        parts.append(f"{percent(each.percent_per_100_mhz, 2)} per 100 MHz (r {each.by_clock:.2f})")
    return f"{each.host}, {each.label}: {', '.join(parts)}, {each.sessions} sessions"
