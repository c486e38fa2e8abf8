"""The report of who should get which machine: ready to be shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from vttbench.analysis.assignment import Assignment, Given
from vttbench.analysis.reports.paper import Paper
from vttbench.analysis.reports.words import NOT_THERE, bracket, joined, percent, summed_up


def assignment_data(assignment: Assignment, remarks: Sequence[str]) -> dict[str, Any]:
    """Return the report as plain data for JSON."""
    return {
        "assignment": [
            {
                "person": each.person,
                "machine": each.machine,
                "worth_percent": each.worth,
                "interval": each.interval and list(each.interval),
                "needs": [
                    {"name": name, "share": share, "percent": size}
                    for name, share, size in each.areas
                ],
                "machines": [{"machine": host, "worth_percent": w} for host, w in each.others],
                "fixed": each.fixed,
                "would_rather": each.swap,
                "reason": reason(each),
            }
            for each in assignment.given
        ],
        "left": list(assignment.left),
        "total_percent": assignment.total,
        "second_best": assignment.second and dict(assignment.second),
        "second_best_cost_percent": assignment.cost,
        "second_best_cost_interval": assignment.cost_interval and list(assignment.cost_interval),
        "stability": assignment.stability,
        "refused": [asdict(refusal) for refusal in assignment.refused],
        "remarks": [*assignment.remarks, *remarks],
    }


def assignment_paper(assignment: Assignment, remarks: Sequence[str]) -> Paper:
    """Return the report for people."""
    paper = Paper()
    paper.heading("Who gets which machine", 1)
    paper.grid(
        ("who", "machine", "worth to them", "95 % interval", "what they need"),
        [
            (
                each.person,
                each.machine or "none",
                percent(each.worth) if each.machine else NOT_THERE,
                bracket(each.interval) if each.interval else NOT_THERE,
                ", ".join(f"{name} {100 * share:.0f} %" for name, share, _ in each.areas),
            )
            for each in assignment.given
        ],
        right=("worth to them", "95 % interval"),
    )
    paper.say(
        "Worth: speed against the median machine, weighted by what the person needs.", "quiet"
    )
    paper.heading("Why")
    paper.listing([reason(each) for each in assignment.given])
    paper.heading("How sure")
    paper.listing(certainty(assignment))
    notes = [*assignment.remarks, *remarks]
    if assignment.left:
        notes.insert(0, f"Left over: {joined(assignment.left)}.")
    if assignment.refused:
        paper.heading("Not compared")
        paper.listing(summed_up(assignment.refused))
    if notes:
        paper.heading("Notes")
        paper.listing(notes)
    return paper


def reason(given: Given) -> str:
    """Say why this person gets this machine."""
    if given.machine is None:
        return f"{given.person}: no machine is left."
    if given.fixed:
        return f"{given.person} keeps {given.machine}, which the file says is theirs."
    parts = ", ".join(
        f"{percent(size)} in {name} (counts {100 * share:.0f} %)"
        for name, share, size in given.areas
    )
    text = f"{given.person} gets {given.machine}: {parts} against the median machine."
    if given.swap is None:
        following = next((each for each in given.others if each[0] != given.machine), None)
        if following is None:
            return f"{text} It is the only one."
        loss = given.worth - following[1]
        return f"{text} It is the best for them; {following[0]} would be {loss:.1f} points less."
    gain = given.others[0][1] - given.worth
    return (
        f"{text} {given.swap} would be {gain:.1f} points more for them, but is worth more to "
        "somebody else."
    )


def certainty(assignment: Assignment) -> list[str]:
    """Say what the next best way would cost, and whether that is more than chance."""
    said = []
    if assignment.second is None or assignment.cost is None:
        said.append("There is no other way to give them out.")
    else:
        now = {each.person: each.machine for each in assignment.given}
        moved = [
            f"{person} {machine or 'none'}"
            for person, machine in assignment.second.items()
            if machine != now[person]
        ]
        text = f"Second best ({', '.join(moved)}) costs {assignment.cost:.1f} points of speed"
        if assignment.cost_interval is not None:
            text += f" {bracket(assignment.cost_interval)}"
            if assignment.cost_interval[0] <= 0:
                text += ": that may be chance, so those may as well choose by taste"
        said.append(f"{text}.")
    share = 100 * assignment.stability
    said.append(f"With other luck in the sessions, this way would still be best in {share:.0f} %.")
    return said
