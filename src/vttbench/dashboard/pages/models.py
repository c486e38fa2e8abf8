"""Models: how fast is each language model on one machine?"""

from __future__ import annotations

from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.figures import axis, colour, figure, symbol
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import nothing_fits

_SIZES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
_SHOWN = 60
_METRIC = "generation_tps"


def _models(context: Context) -> tuple[str, pl.DataFrame]:
    """Return the machine that is shown, and its newest values, one row a workload and metric."""
    latest = context.view.of(
        context.snapshot.summaries.latest.filter(pl.col("model").is_not_null())
    )
    if latest.is_empty():
        return "", latest
    counts = (
        latest.group_by("host")
        .agg(pl.col("model").n_unique().alias("models"), pl.col("started_at").max())
        .sort(["models", "started_at"], descending=True)
    )
    chosen = [name for name in context.view.many.get("host", ()) if name in set(counts["host"])]
    host = chosen[0] if chosen else str(counts["host"][0])
    texts = [name for name, kind in latest.schema.items() if isinstance(kind, pl.Enum)]
    own = latest.filter(pl.col("host") == host)
    return host, own.with_columns(pl.col(name).cast(pl.String) for name in texts)


def _metric(context: Context, rows: pl.DataFrame) -> str:
    names = rows["metric"].unique().to_list()
    for wanted in (context.view.get("metric"), _METRIC):
        if wanted in names:
            return wanted
    return str(sorted(names)[0])


@card("model_sizes")
def model_sizes(context: Context) -> Card:
    """Draw speed against the size of the models."""
    host, rows = _models(context)
    if rows.is_empty():
        return _none(context)
    metric = _metric(context, rows)
    shown = rows.filter((pl.col("metric") == metric) & pl.col("size_gb").is_not_null())
    if shown.is_empty():
        return Card(empty=f"No model on {host} says how large it is.")
    unit = str(shown["unit"][0] or "")
    by_quant = shown.with_columns(pl.col("quant").fill_null("unknown")).group_by(
        "quant", maintain_order=True
    )
    traces = [
        {
            "type": "scatter",
            "mode": "markers+text" if shown.height <= 12 else "markers",
            "name": str(key[0]),
            "x": [round(float(size), 3) for size in group["size_gb"]],
            "y": group["value"].to_list(),
            "error_y": _whiskers(group),
            "text": [_short(name) for name in group["model"]],
            "textposition": "top center",
            "textfont": {"size": 11},
            "cliponaxis": False,
            "marker": {"size": 11, "color": colour(index), "symbol": symbol(index)},
            "hovertext": [_hover(row, unit) for row in group.iter_rows(named=True)],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [f"/run/{one}" for one in group["result_id"]],
        }
        for index, (key, group) in enumerate(by_quant)
    ]
    fastest = shown.sort("value", descending=True).row(0, named=True)
    return Card(
        summary=(
            f"{words.metric(metric)} of {words.count(shown.height, 'model')} on {host}; the "
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
        table=shown.select(
            "model", "quant", "size_gb", "value", "unit", "ci_low", "ci_high", "result_id"
        ),
    )


@card("model_contexts")
def model_contexts(context: Context) -> Card:
    """Draw speed against the length of the context, a line a model."""
    host, rows = _models(context)
    if rows.is_empty():
        return _none(context)
    metric = _metric(context, rows)
    shown = rows.filter((pl.col("metric") == metric) & pl.col("context").is_not_null())
    if shown.is_empty():
        return Card(empty=f"No result on {host} says how long its context was.")
    unit = str(shown["unit"][0] or "")
    lines = list(shown.sort("context").group_by("model", "backend", maintain_order=True))
    several = {str(backend) for (_, backend), _ in lines}
    traces = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _short(str(model)) + (f", {backend}" if len(several) > 1 else ""),
            "x": group["context"].to_list(),
            "y": group["value"].to_list(),
            "error_y": _whiskers(group),
            "line": {"color": colour(index), "width": 2},
            "marker": {"size": 9, "color": colour(index), "symbol": symbol(index)},
            "hovertext": [_hover(row, unit) for row in group.iter_rows(named=True)],
            "hovertemplate": "%{hovertext}<extra></extra>",
            "customdata": [f"/run/{one}" for one in group["result_id"]],
        }
        for index, ((model, backend), group) in enumerate(lines[:_SHOWN])
    ]
    contexts = sorted(set(shown["context"].to_list()))
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
        table=shown.select(
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
    host, rows = _models(context)
    if rows.is_empty():
        return _none(context)
    keys = ["workload", "model", "quant", "size_gb", "context", "backend"]
    wide = (
        rows.sort("started_at")
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

    others = _others(context, host)
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


def _others(context: Context, host: str) -> list[Any]:
    """Return links to the same page for other machines."""
    latest = context.snapshot.summaries.latest.filter(pl.col("model").is_not_null())
    names = sorted(str(name) for name in latest["host"].unique() if str(name) != host)[:12]
    parts: list[Any] = ["Other machines: "] if names else []
    for name in names:
        parts += [link(name, context.view.choosing("host", name).url()), " "]
    return parts


def _none(context: Context) -> Card:
    if context.snapshot.results == 0:
        return nothing_fits(context)
    return Card(
        empty="No language model has been measured under these filters. "
        "`ansible-playbook benchmark.yml --tags llama` measures some."
    )


def _whiskers(rows: pl.DataFrame) -> dict[str, Any]:
    return {
        "type": "data",
        "symmetric": False,
        "array": (rows["ci_high"] - rows["value"]).to_list(),
        "arrayminus": (rows["value"] - rows["ci_low"]).to_list(),
        "thickness": 1.4,
        "width": 3,
    }


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
