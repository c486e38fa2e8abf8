"""Trends: what got worse, when, and was it heat?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import element
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.changes import shifts_of
from vttbench.dashboard.pages.parts import nothing_fits
from vttbench.dashboard.pages.trend_picture import picture
from vttbench.dashboard.selecting import subject

HOSTS = 4
"""Machines in one picture, where the view names none."""
_MOST_HOSTS = 8
_MOST_POINTS = 6_000


@card("trend")
def trend(context: Context) -> Card:
    """Draw a metric over time, with change points and events, temperature and clock beneath."""
    about = subject(context.snapshot, context.view)
    rows = context.view.of(context.snapshot.block(about.workload, about.metric), valued=True)
    if rows.is_empty():
        return nothing_fits(context)
    shifts = [
        shift
        for shift in shifts_of(context)
        if shift["workload"] == about.workload and shift["metric"] == about.metric
    ]
    names, all_hosts = _chosen_hosts(context, rows, shifts)
    shown = rows.filter(pl.col("host").is_in(names))
    if shown.height > _MOST_POINTS:
        shown = shown.gather_every(shown.height // _MOST_POINTS + 1)
    shifts = [shift for shift in shifts if shift["host"] in names]
    notice = []
    if all_hosts > len(names):
        text = (
            f"{len(names)} of {words.count(all_hosts, 'machine')} are drawn; choose others above."
        )
        notice.append(element("P", text, className="quiet"))
    worse = [shift for shift in shifts if shift["worse"]]
    steps = (
        f" {words.count(len(shifts), 'change point')}, {len(worse)} for the worse."
        if shifts
        else " No change point."
    )
    return Card(
        summary=(
            f"{about.title} of {words.listed(names)}: {words.count(shown.height, 'result')}, "
            f"newest {words.when(_newest(shown))}.{steps}"
        ),
        figure=picture(context, about, shown, names, shifts),
        notice=notice,
        table=_table(shown),
    )


def _newest(rows: pl.DataFrame) -> datetime | None:
    newest = rows["started_at"].max()
    return newest if isinstance(newest, datetime) else None


def _table(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        pl.col("host").cast(pl.String),
        "started_at",
        "value",
        pl.col("unit").cast(pl.String),
        "ci_low",
        "ci_high",
        "cv",
        pl.col("status").cast(pl.String),
        "temperature_mean_c",
        "clock_mean_mhz",
        "throttled",
        pl.col("driver").cast(pl.String),
        "result_id",
    ).sort("started_at", descending=True)


def _chosen_hosts(
    context: Context, rows: pl.DataFrame, shifts: list[dict[str, Any]]
) -> tuple[list[str], int]:
    """Return the machines to draw, and how many there are."""
    # As numbers first: turning a million names into text takes long.
    pairs = rows.select("host", "fleet").unique().select(pl.all().cast(pl.String)).rows()
    fleets: dict[str, str | None] = dict(sorted(pairs, key=lambda pair: pair[1] or ""))
    there = sorted(fleets)
    chosen = [name for name in context.view.many.get("host", ()) if name in there]
    if chosen:
        return chosen[:_MOST_HOSTS], len(there)
    worse = [shift["host"] for shift in shifts if shift["worse"] and shift["host"] in there]
    # Like with like: a server that is ten times slower would press the others into one line.
    members = [name for name in there if fleets.get(name)]
    wanted = fleets.get(worse[0]) if worse else None
    first = wanted or (fleets[members[0]] if members else None)
    alike = [name for name in there if fleets.get(name) == first]
    return sorted(list(dict.fromkeys([*worse[:HOSTS], *alike]))[:HOSTS]), len(there)
