"""Models: how fast is each language model on one machine?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.figures import axis, colour, figure, symbol
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import buckets, distance, nothing_fits
from vttbench.dashboard.view import window

_SIZES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_SHOWN = 60
_METRIC = "generation_tps"
_OTHERS = 12


@dataclass(frozen=True)
class _Shown:
    """The machine that is shown, and its newest values.

    Attributes:
        host: its name; empty where no machine fits.
        frame: one row a workload and metric; texts as texts.
        rows: the same.
        others: names of other machines that have measured models.
    """

    host: str
    frame: pl.DataFrame
    rows: list[dict[str, Any]]
    others: list[str]


def _shown(context: Context) -> _Shown:
    # Every card of the page asks.
    key = ("models", context.view.query(), window())
    return context.snapshot.remembered(key, lambda: _choose(context))


def _choose(context: Context) -> _Shown:
    summaries = context.snapshot.summaries
    every = context.snapshot.remembered(
        "models", lambda: summaries.latest.filter(pl.col("model").is_not_null())
    )
    latest = context.view.of(every)
    if latest.is_empty():
        return _Shown("", latest, [], [])
    counts = (
        latest.group_by("host")
        .agg(pl.col("model").n_unique().alias("models"), pl.col("started_at").max())
        .sort(["models", "started_at"], descending=True)
    )
    fitting = counts["host"].to_list()
    chosen = [name for name in context.view.many.get("host", ()) if name in set(fitting)]
    host = chosen[0] if chosen else str(fitting[0])
    texts = [name for name, kind in latest.schema.items() if isinstance(kind, pl.Enum)]
    own = latest.filter(pl.col("host") == host).with_columns(pl.col(*texts).cast(pl.String))
    names = context.snapshot.remembered(
        "hosts of models", lambda: sorted(map(str, every["host"].unique()))
    )
    return _Shown(host, own, own.to_dicts(), [name for name in names if name != host])


def _metric(context: Context, rows: list[dict[str, Any]]) -> str:
    names = {row["metric"] for row in rows}
    for wanted in (context.view.get("metric"), _METRIC):
        if wanted in names:
            return wanted
    return str(min(names))


def _of_metric(
    shown: _Shown, metric: str, wanted: str
) -> tuple[pl.DataFrame, list[dict[str, Any]]]:
    """Return the values of one metric whose column `wanted` says something, twice as in _Shown."""
    return (
        shown.frame.filter((pl.col("metric") == metric) & pl.col(wanted).is_not_null()),
        [row for row in shown.rows if row["metric"] == metric and row[wanted] is not None],
    )


@card("model_sizes")
def model_sizes(context: Context) -> Card:
    """Draw speed against the size of the models."""
    shown = _shown(context)
    if not shown.rows:
        return _none(context)
    host, metric = shown.host, _metric(context, shown.rows)
    table, rows = _of_metric(shown, metric, "size_gb")
    if not rows:
        return Card(empty=f"No model on {host} says how large it is.")
    unit = str(rows[0]["unit"] or "")
    largest = max(row["size_gb"] for row in rows)
    traces = [
        {
            "type": "scatter",
            "mode": "markers+text" if len(rows) <= 12 else "markers",
            "name": quant,
            "x": [round(float(row["size_gb"]), 3) for row in group],
            "y": [row["value"] for row in group],
            "error_y": _whiskers(group),
            "text": [_short(row["model"]) for row in group],
            "textposition": [_beside(row["size_gb"], largest) for row in group],
            "textfont": {"size": 11},
            "cliponaxis": False,
            "marker": {"size": 11, "color": colour(index), "symbol": symbol(index)},
            "hovertext": [_hover(row, unit) for row in group],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [f"/run/{row['result_id']}" for row in group],
        }
        for index, (quant, group) in enumerate(
            buckets(rows, lambda row: str(row["quant"] or "unknown")).items()
        )
    ]
    fastest = max(rows, key=lambda row: row["value"])
    return Card(
        summary=(
            f"{words.metric(metric)} of {words.count(len(rows), 'model')} on {host}; the "
            f"fastest is {fastest['model']} with {words.quantity(fastest['value'], unit)}."
        ),
        figure=figure(
            traces,
            380,
            showlegend=len(traces) > 1,
            xaxis=axis(
                "size of the model in GB",
                type="log",
                # Written out: on its own the axis would read 2, 5, 10, 2, 5.
                tickvals=list(_SIZES),
                ticktext=[f"{size:g}" for size in _SIZES],
            ),
            yaxis=axis(f"{words.metric(metric)} ({unit})", rangemode="tozero"),
        ),
        table=table.select(
            "model", "quant", "size_gb", "value", "unit", "ci_low", "ci_high", "result_id"
        ),
    )


@card("model_contexts")
def model_contexts(context: Context) -> Card:
    """Draw speed against the length of the context, a line a model."""
    shown = _shown(context)
    if not shown.rows:
        return _none(context)
    host, metric = shown.host, _metric(context, shown.rows)
    table, rows = _of_metric(shown, metric, "context")
    if not rows:
        return Card(empty=f"No result on {host} says how long its context was.")
    unit = str(rows[0]["unit"] or "")
    lines = buckets(
        sorted(rows, key=lambda row: row["context"]), lambda row: (row["model"], row["backend"])
    )
    several = {str(backend) for _, backend in lines}
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _short(str(model)) + (f", {backend}" if len(several) > 1 else ""),
            "x": [row["context"] for row in group],
            "y": [row["value"] for row in group],
            "error_y": _whiskers(group),
            "line": {"color": colour(index), "width": 2},
            "marker": {"size": 9, "color": colour(index), "symbol": symbol(index)},
            "hovertext": [_hover(row, unit) for row in group],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [f"/run/{row['result_id']}" for row in group],
        }
        for index, ((model, backend), group) in enumerate(list(lines.items())[:_SHOWN])
    ]
    contexts = sorted({row["context"] for row in rows})
    return Card(
        summary=(
            f"{words.metric(metric)} on {host} by tokens of context: "
            f"{words.count(len(lines), 'model')}, "
            + (
                f"{contexts[0]} to {contexts[-1]} tokens."
                if len(contexts) > 1
                else f"all at {contexts[0]} tokens."
            )
        ),
        figure=figure(
            traces,
            380,
            showlegend=len(traces) > 1,
            xaxis=axis(
                "tokens of context",
                type="log" if len(contexts) > 1 else "linear",
                tickvals=contexts[:12],
                ticktext=[str(value) for value in contexts[:12]],
            ),
            yaxis=axis(f"{words.metric(metric)} ({unit})", rangemode="tozero"),
        ),
        table=table.select(
            "model",
            "quant",
            "context",
            "backend",
            "value",
            "unit",
            "ci_low",
            "ci_high",
            "result_id",
        ),
    )


@card("models")
def models(context: Context) -> Card:
    """List all models of one machine with both speeds."""
    found = _shown(context)
    host = found.host
    if not found.rows:
        return _none(context)
    keys = ["workload", "model", "quant", "size_gb", "context", "backend"]
    wide = (
        found.frame.sort("started_at")
        .group_by(keys, maintain_order=True)
        .agg(
            pl.col("value").filter(pl.col("metric") == "prompt_tps").last().alias("prompt"),
            pl.col("value").filter(pl.col("metric") == "generation_tps").last().alias("generation"),
            pl.col("status", "started_at", "result_id").last(),
        )
    )
    table = (
        wide.with_columns((pl.col("generation") / pl.col("size_gb")).alias("generation per GB"))
        .sort("generation", descending=True, nulls_last=True)
        .select(
            "model",
            "quant",
            "size_gb",
            "context",
            "backend",
            pl.col("prompt").alias("prompt (tokens/s)"),
            pl.col("generation").alias("generation (tokens/s)"),
            pl.col("generation per GB").alias("generation per GB (tokens/s)"),
            "status",
            "started_at",
            "result_id",
        )
    )
    from vttbench.dashboard.pages.tables import table as shown

    others = _others(context, found)
    return Card(
        summary=f"{words.count(table.height, 'model')} on {host}",
        body=[
            element(
                "P",
                [
                    element("Strong", host),
                    f": {words.count(table.height, 'workload')}, newest values. ",
                    *others,
                ],
            ),
            shown(table, f"Models on {host}"),
        ],
        table=table,
    )


def _others(context: Context, shown: _Shown) -> list[Any]:
    """Return links to the same page for other machines."""
    parts: list[Any] = ["Other machines: "] if shown.others else []
    for name in shown.others[:_OTHERS]:
        parts += [link(name, context.view.choosing("host", name).url()), " "]
    return parts


def _none(context: Context) -> Card:
    if context.snapshot.results == 0:
        return nothing_fits(context)
    return Card(
        empty="No language model has been measured under these filters. "
        "`ansible-playbook benchmark.yml --tags llama` measures some."
    )


def _whiskers(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": [distance(row["value"], row["ci_high"]) for row in rows],
        "arrayminus": [distance(row["ci_low"], row["value"]) for row in rows],
        "thickness": 1.4,
        "width": 3,
    }


def _beside(size: float, largest: float) -> str:
    """Return where the name of a model is written: there is no room beyond the largest one."""
    return "top left" if size > largest / 2 else "top right"


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _hover(row: dict[str, Any], unit: str) -> str:
    parts = [
        f"<b>{row['model']}</b>",
        words.quantity(row["value"], unit),
        f"{row['size_gb']:.3g} GB" if row["size_gb"] else "",
        f"{row['context']} tokens of context" if row["context"] else "",
        f"{row['backend'] or ''}, {words.when(row['started_at'])}".strip(", "),
    ]
    return "<br>".join(part for part in parts if part)
