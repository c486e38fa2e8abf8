"""Changes: what became faster or slower for good, and what came with it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import badge, nothing_fits
from vttbench.dashboard.still import still

_LISTED = 40


def shifts_of(context: Context) -> list[dict[str, Any]]:
    """Return the change points that the filters let through, the newest first."""
    many, since_until = context.view.many, context.view.period()
    found = []
    for shift in context.snapshot.findings.get("shifts", []):
        at = datetime.fromisoformat(shift["at"])
        if any(
            shift[column] not in many[name]
            for name, column in (("host", "host"), ("fleet", "fleet"), ("benchmark", "benchmark"))
            if name in many
        ):
            continue
        if since_until[0] is not None and at < since_until[0]:
            continue
        if since_until[1] is not None and at >= since_until[1]:
            continue
        found.append(shift)
    return sorted(found, key=lambda shift: (shift["at"], shift["host"]), reverse=True)


@card("changes")
def changes(context: Context) -> Card:
    """List what changed for good, on which machine, by how much, and what came with it."""
    if context.snapshot.results == 0:
        return nothing_fits(context)
    found = shifts_of(context)
    for name in ("workload", "metric"):
        if context.view.get(name):
            found = [shift for shift in found if shift[name] == context.view.get(name)]
    worse = [shift for shift in found if shift["worse"]]
    if not found:
        analysed = context.snapshot.findings.get("series", 0)
        text = (
            f"Nothing changed for good: {words.count(analysed, 'series', 'series')} searched, "
            "each with five sessions or more."
            if analysed
            else "No series is long enough yet to find a change in: it takes five sessions "
            "of the same benchmark on the same machine."
        )
        return Card(summary=text, body=[element("P", text, className="answer")])
    hosts = sorted({shift["host"] for shift in worse})
    sentence = (
        f"{words.listed(hosts)} got worse: {words.count(len(worse), 'change')} for the worse, "
        f"{len(found) - len(worse)} for the better."
        if worse
        else f"Nothing got worse. {words.count(len(found), 'change')} for the better."
    )
    rows = [_change_row(context, shift) for shift in found[:_LISTED]]
    head = element(
        "Tr",
        [
            element("Th", text, scope="col", className=style)
            for text, style in (
                ("Machine", ""),
                ("What", ""),
                ("Change", "number"),
                ("95 %", "number"),
                ("Since", ""),
                ("What came with it", ""),
                ("Heat", ""),
            )
        ],
    )
    table = still(
        element(
            "Table",
            [
                element("Caption", "Changes for good"),
                element("Thead", head),
                element("Tbody", rows),
            ],
        ),
        className="scroll",
        tabIndex=0,
    )
    more = (
        [
            element(
                "P", f"The newest {_LISTED} of {len(found)}; the export has all.", className="quiet"
            )
        ]
        if len(found) > _LISTED
        else []
    )
    export = pl.DataFrame(
        [
            {
                "host": shift["host"],
                "benchmark": shift["benchmark"],
                "variant": shift["variant"],
                "metric": shift["metric"],
                "worse": shift["worse"],
                "change": shift["percent"] / 100,
                "change_low": shift["interval"][0] / 100,
                "change_high": shift["interval"][1] / 100,
                "since": shift["at"],
                "changed": "; ".join(shift["changes"]),
                "heat": shift["heat"],
                "lasting": shift["lasting"],
                "result_id": shift["first_result"],
            }
            for shift in found
        ]
    )
    return Card(
        summary=sentence,
        body=[element("P", sentence, className="answer"), table, *more],
        table=export,
    )


def _change_row(context: Context, shift: dict[str, Any]) -> Any:  # noqa: ANN401  # an element
    own = (
        context.view.on("/trends", "from", "to")
        .choosing("host", shift["host"])
        .having(workload=shift["workload"], metric=shift["metric"])
    )
    low, high = (
        words.signed_percent(bound / 100).removesuffix(" %") for bound in shift["interval"]
    )
    cause = "; ".join(shift["changes"]) or "nothing that the machine told"
    said = [element("Div", text, className="quiet") for text in shift["elsewhere"]]
    level = "bad" if shift["worse"] else "good"
    return element(
        "Tr",
        [
            element("Th", link(shift["host"], own.url()), scope="row"),
            element("Td", f"{words.workload(shift)}: {words.metric(shift['metric'])}"),
            element(
                "Td", badge(words.signed_percent(shift["percent"] / 100), level), className="number"
            ),
            element("Td", f"{low} … {high}", className="number"),
            element(
                "Td",
                [
                    link(shift["at"][:10], f"/run/{shift['first_result']}"),
                    "" if shift["lasting"] else element("Div", "gone again", className="quiet"),
                ],
            ),
            element("Td", [cause, *said]),
            element("Td", shift["heat"]),
        ],
    )
