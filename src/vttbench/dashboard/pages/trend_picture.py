"""The picture of a trend: results over time, steps and events in them, heat and clock beneath."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from vttbench.analysis.provenance import WATCHED
from vttbench.analysis.provenance import changes as facts_that_changed
from vttbench.dashboard import words
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
from vttbench.dashboard.pages.card import Context
from vttbench.dashboard.pages.parts import buckets, distance
from vttbench.dashboard.selecting import Subject

_ISO = "%Y-%m-%dT%H:%M:%SZ"


def picture(
    context: Context,
    about: Subject,
    rows: pl.DataFrame,
    names: list[str],
    shifts: list[dict[str, Any]],
) -> Figure:
    """Draw it.

    Args:
        context: what is looked at, and what people noted.
        about: the metric.
        rows: results to draw, of all these machines.
        names: the machines, in the order of their colours.
        shifts: change points to draw.
    """
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
