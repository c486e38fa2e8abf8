"""Compare: which machine is best, and by how much?"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.comparing import Comparison, compare
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.figures import BAD, INK, QUIET, Figure, axis, colour, figure, symbol
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import buckets, distance, nothing_fits, pager, threshold_lines
from vttbench.dashboard.selecting import Subject, subject
from vttbench.dashboard.store.fleets import key_of
from vttbench.dashboard.view import View

ROWS = 40
"""Hosts in one picture: more can't be read."""
_FLEETS = 4


@card("verdict")
def verdict(context: Context) -> Card:
    """Say in words which is best and whether that is sure."""
    about = subject(context.snapshot, context.view)
    found = compare(context.snapshot, context.view, about)
    hosts = found.hosts
    if hosts.is_empty():
        return nothing_fits(context)
    best = hosts.row(0, named=True)
    body: list[Any] = []
    if hosts.height == 1:
        sentence = (
            f"Only {best['host']} has measured this: "
            f"{words.quantity(best['value'], about.unit)}. A second machine makes a comparison."
        )
        return Card(summary=sentence, body=[element("P", sentence, className="answer")])
    tied = _tied(hosts)
    worst = hosts.row(-1, named=True)
    if len(tied) == 1:
        headline = [element("Strong", best["host"]), f" is best: {_against_median(best)}."]
    else:
        headline = [
            element("Strong", words.listed(tied)),
            " can't be told apart at the top: their 95 % intervals overlap.",
            f" {best['host']} leads with {_against_median(best)}.",
        ]
    body.append(element("P", headline, className="answer"))
    body.append(
        element(
            "P",
            f"Last of {words.count(hosts.height, 'host')} is {worst['host']} with "
            f"{_against_median(worst)}. The median is "
            f"{words.quantity(found.median, about.unit)}.",
        )
    )
    return Card(
        summary=f"{about.title}. {best['host']} leads.", body=body + _findings(context, about)
    )


def _against_median(row: dict[str, Any]) -> str:
    text = f"{words.signed_percent(row['share'])} against the median"
    if row["share_low"] is None or row["share_low"] != row["share_low"]:
        return f"{text} (one repeat: no interval)"
    low, high = (
        words.signed_percent(row[name]).removesuffix(" %") for name in ("share_low", "share_high")
    )
    return f"{text} [{low}, {high}]"


def _tied(hosts: pl.DataFrame) -> list[str]:
    """Return the hosts whose interval reaches that of the best one."""
    first = hosts["share_low"][0]
    if first is None or first != first:
        return [str(hosts["host"][0])]
    reaching = hosts.filter(pl.col("share_high").fill_nan(None).fill_null(pl.col("share")) >= first)
    return [str(name) for name in reaching["host"]]


def _findings(context: Context, about: Subject) -> list[Any]:
    """Return what the analysis of whole fleets says: of this metric, and of all together."""
    if about.block is None:
        return []
    key = key_of(about.block["benchmark"], about.block["variant"], about.metric)
    wanted = set(context.view.many.get("fleet", ()))
    shown: list[Any] = []
    for name, judged in sorted(context.snapshot.findings.get("fleets", {}).items()):
        said = judged["metrics"].get(key)
        if not said or (wanted and name not in wanted):
            continue
        points = [element("Li", text) for text in said]
        if judged["score"]:
            points.append(element("Li", f"Over all metrics: {' '.join(judged['score'])}"))
        shown.append(element("Div", [element("H3", name), element("Ul", points)]))
        if len(shown) == _FLEETS:
            break
    if not shown:
        return []
    title = element("Summary", "Silicon lottery: machines that are meant to be identical")
    return [element("Details", [title, *shown], open=True)]


@card("dots")
def dots(context: Context) -> Card:
    """Draw each host against the median of all, with its interval."""
    about = subject(context.snapshot, context.view)
    found = compare(context.snapshot, context.view, about)
    if found.hosts.is_empty():
        return nothing_fits(context)
    ordered = _sorted(context, about, found)
    page = context.view.page_number
    part = ordered.slice((page - 1) * ROWS, ROWS)
    if part.is_empty():
        page, part = 1, ordered.slice(0, ROWS)
    table = ordered.select(
        "host", "fleet", "value", pl.lit(about.unit).alias("unit"), "ci_low", "ci_high",
        pl.col("share").alias("against_median"), "sessions", "newest", "result_id",
    )  # fmt: skip
    notice = pager(context.view, page, ordered.height, ROWS, "host")
    notice += _left_out(context, found)
    show = context.view.get("show") == "strip"
    other = context.view.having(show=None if show else "strip")
    notice.append(
        element(
            "P",
            link(
                "Hide the sessions" if show else "Show every session and quartiles",
                href=other.url(),
            ),
            className="quiet no-print",
        )
    )
    best, worst = found.hosts.row(0, named=True), found.hosts.row(-1, named=True)
    return Card(
        summary=(
            f"{about.title}: {words.count(ordered.height, 'host')} against their median of "
            f"{words.quantity(found.median, about.unit)}, from {best['host']} "
            f"{words.signed_percent(best['share'])} to {worst['host']} "
            f"{words.signed_percent(worst['share'])}."
        ),
        figure=_dot_plot(context, about, found, part, strip=show),
        table=table,
        notice=notice,
    )


def _left_out(context: Context, found: Comparison) -> list[Any]:
    if context.view.get("mix"):
        return [
            element(
                "P",
                [
                    "Results under different conditions are mixed. ",
                    link(
                        "Compare only what is comparable", href=context.view.having(mix=None).url()
                    ),
                ],
                className="warning",
            )
        ]
    if not found.left_out:
        return []
    return [
        element(
            "P",
            [
                "Left out, because it isn't comparable (number of hosts): ",
                "; ".join(found.left_out[:3]),
                "; …" if len(found.left_out) > 3 else "",
                ". ",
                link("Show it all the same", href=context.view.having(mix="1").url()),
            ],
            className="quiet",
        )
    ]


def _sorted(context: Context, about: Subject, found: Comparison) -> pl.DataFrame:
    """Return the hosts in the order that the view asks for."""
    wanted = context.view.get("sort")
    if wanted == "name":
        return found.hosts.sort("host")
    if wanted in about.metrics and wanted != about.metric:
        other = subject(
            context.snapshot, context.view.having(metric=wanted, workload=about.workload)
        )
        theirs = compare(context.snapshot, context.view, other).hosts
        place = theirs.select("host").with_row_index("place")
        return (
            found.hosts.join(place, on="host", how="left")
            .sort("place", nulls_last=True)
            .drop("place")
        )
    return found.hosts


def _dot_plot(
    context: Context, about: Subject, found: Comparison, part: pl.DataFrame, *, strip: bool
) -> Figure:
    groups = _groups(context.view, part)
    bound = context.notes.threshold(about.metric, about.workload)
    traces: list[dict[str, Any]] = []
    for index, (name, rows) in enumerate(groups.items()):
        broken = [bound is not None and bound.broken_by(row["value"]) for row in rows]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": name,
                "x": _percent(row["share"] for row in rows),
                "y": [row["host"] for row in rows],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": _percent(distance(row["share"], row["share_high"]) for row in rows),
                    "arrayminus": _percent(
                        distance(row["share_low"], row["share"]) for row in rows
                    ),
                    "thickness": 1.6,
                    "width": 4,
                    "color": colour(index),
                },
                "marker": {
                    "size": 11,
                    "symbol": symbol(index),
                    "color": [BAD if bad else colour(index) for bad in broken],
                    "line": {"width": [2 if bad else 0 for bad in broken], "color": INK},
                },
                "text": [
                    f"{words.quantity(row['value'], about.unit)}<br>{_against_median(row)}<br>"
                    f"{words.count(row['sessions'], 'session')}, newest {words.when(row['newest'])}"
                    + ("<br>outside of its threshold" if bad else "")
                    for row, bad in zip(rows, broken, strict=True)
                ],
                "hovertemplate": "<b>%{y}</b><br>%{text}<extra></extra>",
                "customdata": [f"/run/{row['result_id']}" for row in rows],
            }
        )
    if strip:
        traces = [*_strip(about, found, part), *traces]
    height = 70 + 26 * max(part.height, 3)
    return figure(
        traces,
        height,
        showlegend=len(groups) > 1,
        xaxis=axis(
            f"% from the median ({words.quantity(found.median, about.unit)}), right is better",
            ticksuffix=" %", zeroline=True, zerolinecolor=QUIET, zerolinewidth=1.5,
        ),
        yaxis=axis(
            type="category", categoryorder="array",
            categoryarray=part["host"].to_list()[::-1], range=[-0.6, part.height - 0.4],
        ),
        shapes=threshold_lines(bound, found.median, about),
    )  # fmt: skip


def _groups(view: View, part: pl.DataFrame) -> dict[str, list[dict[str, Any]]]:
    rows = part.to_dicts()
    by = view.get("group", "fleet")
    if by not in part.columns or by == "none":
        return {"": rows}
    unknown = "no fleet" if by == "fleet" else "unknown"
    return buckets(rows, lambda row: unknown if row[by] is None else str(row[by]))


def _strip(about: Subject, found: Comparison, part: pl.DataFrame) -> list[dict[str, Any]]:
    """Draw each session as a faint dot, and from the lower to the upper quartile a bar."""
    if not found.median:
        return []
    sign = 1 if about.higher_is_better else -1
    base = found.median
    shown = found.sessions.with_columns(pl.col("host").cast(pl.String)).filter(
        pl.col("host").is_in(part["host"].implode())
    )
    if shown.height > 20_000:
        shown = shown.sample(20_000, seed=1)
    shares = sign * (shown["value"] / base - 1)
    # Thousands of points: what is said of each is written by polars, not one by one.
    said = shown["started_at"].dt.strftime("%Y-%m-%d %H:%M UTC")
    quartiles = (
        found.sessions.with_columns(pl.col("host").cast(pl.String))
        .filter(pl.col("host").is_in(part["host"].implode()))
        .group_by("host", maintain_order=True)
        .agg(
            pl.col("value").quantile(0.25).alias("low"),
            pl.col("value").quantile(0.75).alias("high"),
        )
    )
    low = sign * (quartiles["low" if sign > 0 else "high"] / base - 1)
    high = sign * (quartiles["high" if sign > 0 else "low"] / base - 1)
    return [
        {
            "type": "bar", "orientation": "h", "name": "middle half of the sessions",
            "y": quartiles["host"].to_list(), "base": _percent(low), "x": _percent(high - low),
            "width": 0.5, "marker": {"color": "rgba(128,140,160,0.28)"}, "hoverinfo": "skip",
        },
        {
            "type": "scatter", "mode": "markers", "name": "one session",
            "x": _percent(shares), "y": shown["host"].to_list(),
            "marker": {"size": 6, "color": "rgba(128,140,160,0.65)"},
            "text": said.to_list(),
            "hovertemplate": "%{y}, one session: %{x:+.1f} %<br>%{text}<extra></extra>",
            "customdata": ("/run/" + shown["result_id"]).to_list(),
        },
    ]  # fmt: skip


def _percent(shares: Iterable[float | None]) -> list[float | None]:
    # In Python: there are few values, and a call of polars takes as long as a hundred of them.
    return [
        None if share is None or math.isnan(share) else round(100 * share, 3) for share in shares
    ]
