"""The report of what got worse and what got better."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from vttbench.analysis.change_points import THRESHOLD
from vttbench.analysis.regressions import LevelShift, Trends
from vttbench.analysis.reports.paper import Paper
from vttbench.analysis.reports.words import bracket, counted, percent
from vttbench.reporting.quantity import format_quantity

Event = list[LevelShift]


def events(shifts: Sequence[LevelShift]) -> list[Event]:
    """Put steps together that may be one happening: one host, one direction, one time."""
    found: list[Event] = []
    for shift in sorted(shifts, key=lambda each: (each.host, each.worse, each.at)):
        last = found[-1] if found else None
        if last is not None and _together(last, shift):
            last.append(shift)
        else:
            found.append([shift])
    return sorted(found, key=lambda event: (event[0].at, event[0].host), reverse=True)


def to_data(trends: Trends, *, least_percent: float, remarks: Sequence[str]) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    return {
        "regressions": [_data(shift) for shift in trends.regressions],
        "improvements": [_data(shift) for shift in trends.improvements],
        "events": [_event_data(event) for event in events(trends.shifts)],
        "series": trends.series,
        "too_short": trends.too_short,
        "settings": {"least_percent": least_percent, "threshold": THRESHOLD},
        "remarks": list(remarks),
    }


def to_paper(trends: Trends, *, least_percent: float, remarks: Sequence[str]) -> Paper:
    """Return the report for people."""
    paper = Paper()
    paper.heading("What got worse, and what got better", 1)
    tone = "bad" if trends.regressions else "good" if trends.series else "doubt"
    paper.say(_summary(trends, least_percent), tone)
    for event in events(trends.regressions):
        _event(paper, event)
    better = events(trends.improvements)
    if better:
        paper.heading("Better")
        paper.listing([sentence(event) for event in better])
    notes = list(remarks)
    if trends.too_short:
        notes.append(
            f"{counted(trends.too_short, 'series', 'series')} could not be judged: fewer than "
            "7 sessions."
        )
    if notes:
        paper.heading("Notes")
    paper.listing(notes)
    return paper


def sentence(event: Event) -> str:
    """Say in one sentence what happened."""
    first = event[0]
    names = list(dict.fromkeys(f"{shift.benchmark} {shift.metric}" for shift in event))
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    sizes = sorted((shift.percent for shift in event), key=abs)
    size = percent(sizes[-1])
    if len(event) > 1 and f"{sizes[0]:.1f}" != f"{sizes[-1]:.1f}":
        size = f"{percent(sizes[0])} to {size}"
    causes = list(dict.fromkeys(change.text for shift in event for change in shift.changes))
    why = f"; changed then: {', '.join(causes)}" if causes else "; nothing that is recorded changed"
    undone = "" if any(shift.lasting for shift in event) else " (gone again since)"
    return f"{first.host} since {first.at:%Y-%m-%d}: {shown} {size}{undone}{why}"


def _together(event: Event, shift: LevelShift) -> bool:
    first = event[0]
    same = shift.host == first.host and shift.worse == first.worse
    # Benchmarks of one session run one after the other: what lies between two sessions is one time.
    return same and any(
        min(shift.last_before, shift.earliest) < other.latest
        and min(other.last_before, other.earliest) < shift.latest
        for other in event
    )


def _summary(trends: Trends, least_percent: float) -> str:
    searched = f"{counted(trends.series, 'series', 'series')} of host and metric searched"
    size = f"for steps of at least {least_percent:g} %"
    if not trends.series:
        return "Too little to look at: no host has seven sessions of any benchmark."
    if not trends.regressions:
        return f"{searched} {size}: nothing got worse."
    hosts = {shift.host for shift in trends.regressions}
    return (
        f"{searched} {size}: {counted(len(trends.regressions), 'metric')} got worse "
        f"on {counted(len(hosts), 'host')}."
    )


def _event(paper: Paper, event: Event) -> None:
    first = event[0]
    gone = "" if any(shift.lasting for shift in event) else " (gone again since)"
    paper.heading(f"{first.host}: worse since {first.at:%Y-%m-%d %H:%M} UTC{gone}")
    paper.grid(
        ("metric", "change", "95 % interval", "before", "now", "sessions before, after"),
        [
            (
                shift.label,
                percent(shift.percent),
                bracket(shift.interval),
                format_quantity(shift.before, shift.unit),
                format_quantity(shift.after, shift.unit),
                f"{shift.n_before}, {shift.n_after}",
            )
            for shift in event
        ],
        right=("change", "95 % interval", "before", "now", "sessions before, after"),
    )
    paper.listing(explanations(event))


def explanations(event: Event) -> list[str]:
    """Say what changed at that moment, what others say of it, and whether it was heat."""
    said: list[str] = []
    changes: dict[str, datetime] = {}
    for change in sorted((c for shift in event for c in shift.changes), key=lambda c: c.at):
        changes.setdefault(change.text, change.at)
    said += [
        f"Changed then: {what} (first seen {at:%Y-%m-%d %H:%M})" for what, at in changes.items()
    ]
    if not changes:
        said.append("Nothing that is recorded changed then: driver, BIOS, kernel, tool, profile.")
    said += _elsewhere(event)
    heat = next((s.heat for s in event if s.heat.verdict == "likely"), event[0].heat)
    facts = []
    if heat.temperature_c:
        facts.append(
            "{:.0f} °C before and {:.0f} °C after at its hottest".format(*heat.temperature_c)
        )
    if heat.clock_mhz:
        facts.append("on average {:.0f} MHz before, {:.0f} MHz after".format(*heat.clock_mhz))
    if heat.verdict == "likely":
        said.append(f"Heat is likely the reason: {', '.join(facts) or 'it throttles more often'}.")
    elif heat.verdict == "no":
        said.append(f"It was not heat: {', '.join(facts)}.")
    return said


def _elsewhere(event: Event) -> list[str]:
    """Say what the same change did elsewhere, once a host."""
    said: dict[str, str] = {}
    for text in sorted({text for shift in event for text in shift.elsewhere}):
        host = text.partition(" ")[0]
        against = "did not change" in text
        said.setdefault(f"{host} {against}", f"But {text}." if against else f"{text}.")
    return list(said.values())


def _data(shift: LevelShift) -> dict[str, Any]:
    heat = shift.heat
    return {
        "host": shift.host,
        "fleet": shift.fleet,
        "benchmark": shift.benchmark,
        "variant": shift.variant,
        "metric": shift.metric,
        "unit": shift.unit,
        "workload": shift.workload,
        "direction": "worse" if shift.worse else "better",
        "percent": shift.percent,
        "interval": list(shift.interval),
        "before": shift.before,
        "after": shift.after,
        "sessions_before": shift.n_before,
        "sessions_after": shift.n_after,
        "at": shift.at.isoformat(),
        "last_before": shift.last_before.isoformat(),
        "earliest": shift.earliest.isoformat(),
        "latest": shift.latest.isoformat(),
        "first_result": shift.first_result,
        "lasting": shift.lasting,
        "changes": [
            {"what": c.what, "before": c.before, "after": c.after, "at": c.at.isoformat()}
            for c in shift.changes
        ],
        "elsewhere": list(shift.elsewhere),
        "heat": {
            "verdict": heat.verdict,
            "temperature_c": heat.temperature_c and list(heat.temperature_c),
            "clock_mhz": heat.clock_mhz and list(heat.clock_mhz),
            "throttled": heat.throttled and list(heat.throttled),
        },
    }


def _event_data(event: Event) -> dict[str, Any]:
    first = event[0]
    return {
        "host": first.host,
        "direction": "worse" if first.worse else "better",
        "at": first.at.isoformat(),
        "metrics": [shift.label for shift in event],
        "lasting": any(shift.lasting for shift in event),
        "sentence": sentence(event),
        "explanations": explanations(event),
    }
