"""Trends: what got worse, when, and was it heat?"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from vttbench.analysis.provenance import WATCHED
from vttbench.analysis.provenance import changes as facts_that_changed
from vttbench.dashboard import words
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.figures import (
    BAD,
    CHANGE,
    GOOD,
    QUIET,
    Figure,
    axis,
    colour,
    figure,
    symbol,
)
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import badge, buckets, distance, nothing_fits
from vttbench.dashboard.selecting import Subject, subject
from vttbench.dashboard.still import still

HOSTS = 4
"""Machines in one picture, where the view names none."""
_MOST_HOSTS = 8
_MOST_POINTS = 6_000
_LISTED = 40
_ISO = "%Y-%m-%dT%H:%M:%SZ"


def _shifts(context: Context) -> list[dict[str, Any]]:
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
    found = _shifts(context)
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


@card("trend")
def trend(context: Context) -> Card:
    """Draw a metric over time, with change points and events, temperature and clock beneath."""
    about = subject(context.snapshot, context.view)
    rows = context.view.of(context.snapshot.block(about.workload, about.metric), valued=True)
    if rows.is_empty():
        return nothing_fits(context)
    shifts = [
        shift
        for shift in _shifts(context)
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
        figure=_picture(context, about, shown, names, shifts),
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


def _picture(
    context: Context,
    about: Subject,
    rows: pl.DataFrame,
    names: list[str],
    shifts: list[dict[str, Any]],
) -> Figure:
    panes = [
        (column, title)
        for column, title in (
            ("temperature_mean_c", "temperature (°C)"),
            ("clock_mean_mhz", "clock (MHz)"),
        )
        if rows[column].null_count() < rows.height
    ]
    traces: list[dict[str, Any]] = []
    low, high = rows["value"].min(), rows["value"].max()
    points = _points(rows)
    changing = _changing(rows)
    for index, name in enumerate(names):
        own = points.get(name, [])
        traces.append(_line(about, own, name, index))
        for pane, (column, _) in enumerate(panes):
            traces.append(_pane(own, column, name, index, pane + 2))
        if name in changing:
            traces.append(_events(rows.filter(pl.col("host") == name), name, index, low))
    traces.append(_notes(context, about, names, high, points))
    traces = [trace for trace in traces if trace["x"]]
    top = 0.02 + 0.2 * len(panes)
    layout: dict[str, Any] = {
        "xaxis": axis(type="date", anchor="y" if not panes else f"y{len(panes) + 1}"),
        "yaxis": axis(
            f"{words.metric(about.metric)} ({about.unit or '1'})", domain=[top + 0.04, 1]
        ),
        "shapes": [*_steps(shifts, points), *_bounds(context, about)],
        "annotations": _labels(shifts),
        "showlegend": len(names) > 1,
        "margin": {"l": 64, "r": 20, "t": 24, "b": 36},
    }
    for pane, (_, title) in enumerate(panes):
        start = 0.2 * (len(panes) - 1 - pane)
        layout[f"yaxis{pane + 2}"] = axis(title, domain=[start, start + 0.16], nticks=4)
    return figure(traces, 430 + 110 * len(panes), **layout)


def _points(rows: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Return what is drawn of each result, by host, in order of time."""
    written = rows.select(
        pl.col("host", "status").cast(pl.String),
        pl.col("started_at").dt.strftime(_ISO).alias("at"),
        pl.col("throttled").fill_null(value=False),
        pl.col("temperature_mean_c", "clock_mean_mhz").cast(pl.Float64).round(1),
        "value",
        "ci_low",
        "ci_high",
        "result_id",
    )
    return buckets(written.to_dicts(), lambda row: str(row["host"]))


def _line(about: Subject, own: list[dict[str, Any]], name: str, index: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "legendgroup": name,
        "x": [row["at"] for row in own],
        "y": [row["value"] for row in own],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "thickness": 1,
            "width": 0,
            "array": [distance(row["value"], row["ci_high"]) for row in own],
            "arrayminus": [distance(row["ci_low"], row["value"]) for row in own],
        },
        "line": {"color": colour(index), "width": 1.2},
        "marker": {
            "size": 7,
            "symbol": symbol(index),
            "color": [BAD if row["throttled"] else colour(index) for row in own],
            "opacity": [1 if row["status"] == "ok" else 0.45 for row in own],
        },
        "text": [
            f"{row['status']}, throttled" if row["throttled"] else row["status"] for row in own
        ],
        # Written by the browser, and only for the point that somebody looks at.
        "hovertemplate": (
            f"<b>{name}</b>, %{{x|%Y-%m-%d %H:%M}} UTC<br>%{{y:.4~r}} {about.unit}, %{{text}}"
            "<extra></extra>"
        ),
        "customdata": [f"/run/{row['result_id']}" for row in own],
    }


def _pane(
    own: list[dict[str, Any]], column: str, name: str, index: int, pane: int
) -> dict[str, Any]:
    there = [row for row in own if row[column] is not None]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "legendgroup": name,
        "showlegend": False,
        "yaxis": f"y{pane}",
        "x": [row["at"] for row in there],
        "y": [row[column] for row in there],
        "line": {"color": colour(index), "width": 1.4},
        "hovertemplate": f"{name}: %{{y}}<extra></extra>",
    }


def _changing(rows: pl.DataFrame) -> set[str]:
    """Return the hosts on which something watched was not always the same."""
    seen = rows.group_by("host").agg(pl.col(*WATCHED).n_unique())
    return {str(host) for host, *numbers in seen.rows() if max(numbers) > 1}


def _events(own: pl.DataFrame, name: str, index: int, low: Any) -> dict[str, Any]:  # noqa: ANN401
    """Mark where a driver, a BIOS, a tool or a power profile became another."""
    points = own.select("started_at", *WATCHED).sort("started_at").to_dicts()
    found = facts_that_changed(points, 1, len(points) - 1)
    by_time: dict[datetime, list[str]] = {}
    for change in found:
        by_time.setdefault(change.at, []).append(change.text)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": f"{name}: events",
        "legendgroup": name,
        "showlegend": False,
        "x": [_iso(at) for at in by_time],
        "y": [low] * len(by_time),
        "marker": {
            "symbol": "triangle-up-open",
            "size": 12,
            "color": colour(index),
            "line": {"width": 2},
        },
        "hovertext": [
            f"<b>{name}</b>, {words.day(at)}<br>" + "<br>".join(texts)
            for at, texts in by_time.items()
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _notes(
    context: Context,
    about: Subject,
    names: list[str],
    high: object,
    points: dict[str, list[dict[str, Any]]],
) -> dict[str, Any]:
    notes = context.notes.annotations(about.workload, names)
    values = {row["result_id"]: row["value"] for own in points.values() for row in own}
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "note",
        "showlegend": bool(notes),
        "x": [_iso(note.at) for note in notes],
        "y": [values.get(note.result_id, high) for note in notes],
        "marker": {
            "symbol": "star",
            "size": 15,
            "color": "#e0a100",
            "line": {"width": 1, "color": "#5c4300"},
        },
        "hovertext": [
            f"{note.text}<br><i>{note.author}, {words.when(note.made_at)}</i>" for note in notes
        ],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }


def _steps(
    shifts: list[dict[str, Any]], points: dict[str, list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """Draw the level before and after each step, and where it is."""
    shapes: list[dict[str, Any]] = []
    for shift in shifts:
        times = [row["at"] for row in points.get(shift["host"], [])]
        line = {"color": BAD if shift["worse"] else GOOD, "width": 2}
        at = shift["at"]
        shapes += [
            {
                "type": "line",
                "x0": at,
                "x1": at,
                "y0": 0,
                "y1": 1,
                "yref": "y domain",
                "line": {"color": CHANGE, "width": 1.4, "dash": "dot"},
            },
            {
                "type": "line",
                "x0": min(times, default=None),
                "x1": at,
                "y0": shift["before"],
                "y1": shift["before"],
                "line": line | {"color": QUIET},
            },
            {
                "type": "line",
                "x0": at,
                "x1": max(times, default=None),
                "y0": shift["after"],
                "y1": shift["after"],
                "line": line,
            },
        ]
    return shapes


def _labels(shifts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "x": shift["at"],
            "y": 1,
            "yref": "y domain",
            "yanchor": "bottom",
            "showarrow": False,
            "text": f"{shift['host']} {words.signed_percent(shift['percent'] / 100)}",
            "font": {"size": 12, "color": BAD if shift["worse"] else GOOD},
        }
        for shift in shifts
    ]


def _bounds(context: Context, about: Subject) -> list[dict[str, Any]]:
    bound = context.notes.threshold(about.metric, about.workload)
    if bound is None:
        return []
    return [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": value,
            "y1": value,
            "line": {"color": BAD, "width": 1.5, "dash": "dash"},
        }
        for value in (bound.low, bound.high)
        if value is not None
    ]


def _iso(moment: Any) -> str:  # noqa: ANN401  # what polars says is the minimum of a column
    return f"{moment:{_ISO}}"
