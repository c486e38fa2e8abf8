"""Run: one result in full."""

from __future__ import annotations

import shlex
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import Element, element, link
from vttbench.dashboard.figures import BAD, QUIET, axis, colour, figure, symbol
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import badge, status_badge
from vttbench.dashboard.pages.tables import table
from vttbench.dashboard.still import still
from vttbench.dashboard.store import lookup
from vttbench.dashboard.view import View
from vttbench.reporting.quantity import (
    format_bytes,
    format_duration,
    format_interval,
    format_quantity,
    format_spread,
)
from vttbench.result import Result

_PANES = 5
_FIRST_SERIES = ("temperature_c", "clock_mhz", "power_w", "cpu_busy_percent", "gpu_busy_percent")


def result_id(view: View) -> str:
    """Return which result the URL names."""
    return view.path.removeprefix("/run").strip("/")


def _found(context: Context) -> Result | None:
    both = lookup.find(context.snapshot, result_id(context.view))
    return both[1] if both else None


def _unknown(context: Context) -> Card:
    wanted = result_id(context.view)
    if not wanted:
        return Card(empty="Which result? Choose a point in any picture, or “open” in any table.")
    return Card(
        empty=f"There is no result {wanted} here. It may be on another server, or not read yet."
    )


@card("run_summary")
def run_summary(context: Context) -> Card:
    """Say what was measured, on what, and what came out."""
    result = _found(context)
    if result is None:
        return _unknown(context)
    host, benchmark = result.host, result.benchmark
    trends = View("/trends", {"host": (host.name,)}, {})
    name = " · ".join(part for part in (benchmark.name, benchmark.variant) if part)
    throttled = result.telemetry.throttled if result.telemetry else None
    lines: list[tuple[str, Any]] = [
        ("machine", link(host.name, trends.url())),
        ("benchmark", name),
        (
            "status",
            [
                status_badge(result.status.value),
                " ",
                badge("throttled", "warn") if throttled else "",
            ],
        ),
        ("started", f"{words.when(result.started_at)}, {words.age(result.started_at)}"),
        ("took", format_duration((result.finished_at - result.started_at).total_seconds())),
        ("fleet", host.fleet),
        ("model", host.model),
        ("processor", host.cpu),
        ("graphics", host.gpu),
        ("system", host.os),
        ("power", ", ".join(part for part in (host.power_source, host.power_profile) if part)),
        ("session", element("Code", result.session_id)),
        ("result", element("Code", result.result_id)),
    ]
    warnings = []
    if result.error is not None:
        text = f"{result.error.kind.value}: {result.error.message}"
        warnings.append(element("P", text, className="warning"))
    warnings += [element("P", note, className="quiet") for note in result.notes]
    before = _before(context, result)
    rows = pl.DataFrame(
        [
            {
                "metric": words.metric(metric.name),
                "value": format_quantity(metric.value, metric.unit, interval=metric.ci95),
                "95 % interval": format_interval(metric.value, metric.ci95),
                "spread": format_spread(metric.cv),
                "repeats": len(metric.samples),
                "against what this machine did before": words.signed_percent(
                    metric.value / before[metric.name] - 1 if before.get(metric.name) else None
                ),
                "better is": "more" if metric.higher_is_better else "less",
            }
            for metric in result.metrics
        ]
    )
    absent = [
        element("P", f"{one.name} is absent: {one.reason}", className="quiet")
        for one in result.absent
    ]
    body = [*warnings, _list(lines)]
    if not rows.is_empty():
        body.append(table(rows, "Metrics"))
    return Card(summary=name, body=body + absent, table=rows if not rows.is_empty() else None)


def _before(context: Context, result: Result) -> dict[str, float]:
    """Return the median of what this machine did in the same way before, by metric."""
    rows = context.snapshot.rows
    own = rows.filter(pl.col("result_id") == result.result_id).select("workload", "metric")
    found: dict[str, float] = {}
    for workload, metric in own.iter_rows():
        block = context.snapshot.block(str(workload), str(metric)).filter(
            (pl.col("host") == result.host.name) & (pl.col("started_at") < result.started_at)
        )
        median = block["value"].median()
        if isinstance(median, float):
            found[str(metric)] = median
    return found


@card("run_repeats")
def run_repeats(context: Context) -> Card:
    """Draw each repeat in per cent of the value."""
    result = _found(context)
    if result is None:
        return _unknown(context)
    shown = [one for one in result.metrics if one.primary and one.value] or result.metrics
    if not shown:
        return Card(empty="Nothing was measured, so there is no repeat to show.")
    traces: list[dict[str, Any]] = []
    for index, metric in enumerate(shown[:6]):
        if not metric.value:
            continue
        first = -len(metric.warmup)
        for kind, values, start in (
            ("warm-up", metric.warmup, first + 1),
            ("", metric.samples, 1),
        ):
            if not values:
                continue
            traces.append(
                {
                    "type": "scatter",
                    "mode": "markers" if kind else "lines+markers",
                    "name": f"{words.metric(metric.name)} {kind}".strip(),
                    "showlegend": not kind,
                    "x": list(range(start, start + len(values))),
                    "y": [round(100 * (value / metric.value - 1), 4) for value in values],
                    "line": {"color": colour(index), "width": 1},
                    "marker": {
                        "size": 9,
                        "color": colour(index),
                        "symbol": symbol(index) + ("-open" if kind else ""),
                    },
                    "hovertext": [format_quantity(value, metric.unit) for value in values],
                    "hovertemplate": f"{words.metric(metric.name)} {kind}<br>"
                    "repeat %{x}: %{hovertext}<extra></extra>",
                }
            )
    rejected = [(one, metric) for metric in shown for one in metric.rejected]
    notice = [
        element(
            "P",
            f"Not counted: {format_quantity(one.value, metric.unit)} ({one.cause}: {one.reason})",
            className="quiet",
        )
        for one, metric in rejected[:8]
    ]
    table_rows = pl.DataFrame(
        [
            {"metric": metric.name, "repeat": number, "value": value, "unit": metric.unit}
            for metric in result.metrics
            for number, value in enumerate(metric.samples, 1)
        ]
    )
    return Card(
        summary=f"{words.count(len(shown[0].samples), 'repeat')}, in per cent from the value.",
        figure=figure(
            traces,
            340,
            showlegend=True,
            xaxis=axis("repeat", dtick=1 if len(shown[0].samples) < 15 else None),
            yaxis=axis("% from the value", zeroline=True, zerolinecolor=QUIET),
        ),
        table=table_rows,
        notice=notice,
    )


@card("run_telemetry")
def run_telemetry(context: Context) -> Card:
    """Draw temperature, clock and power during the run."""
    result = _found(context)
    if result is None:
        return _unknown(context)
    if result.telemetry is None or not result.telemetry.series:
        return Card(empty="This result has no telemetry.")
    series = result.telemetry.series
    names = [name for name in _FIRST_SERIES if name in series]
    names = [*names, *(name for name in series if name not in names)][:_PANES]
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    step = 1 / len(names)
    for index, name in enumerate(names):
        suffix = "" if index == 0 else str(index + 1)
        one = series[name]
        title = f"{words.metric(name.rsplit('_', 1)[0])} ({one.unit})"
        low = 1 - (index + 1) * step
        layout[f"yaxis{suffix}"] = axis(title, domain=[low + 0.02, low + step - 0.03], nticks=4)
        traces.append(
            {
                "type": "scatter",
                "mode": "lines",
                "name": title,
                "x": one.t,
                "y": one.v,
                "yaxis": f"y{suffix}",
                "line": {"color": colour(index), "width": 1.6},
                "hovertemplate": f"{title}: %{{y}}<extra></extra>",
            }
        )
    layout["shapes"] = _repeat_bands(result)
    last = "y" if len(names) == 1 else f"y{len(names)}"
    verdict = {True: "It throttled.", False: "It did not throttle.", None: ""}
    table_rows = pl.DataFrame(
        [
            {
                "series": name,
                "unit": one.unit,
                "minimum": one.minimum,
                "mean": one.mean,
                "maximum": one.maximum,
            }
            for name, one in result.telemetry.summary.items()
        ],
        schema={
            "series": pl.String,
            "unit": pl.String,
            "minimum": pl.Float64,
            "mean": pl.Float64,
            "maximum": pl.Float64,
        },
    )
    return Card(
        summary=f"{words.count(len(series), 'series', 'series')} over the run; grey: the repeats. "
        f"{verdict[result.telemetry.throttled]}".strip(),
        figure=figure(traces, 110 + 110 * len(names), xaxis=axis("seconds", anchor=last), **layout),
        table=table_rows,
    )


def _repeat_bands(result: Result) -> list[dict[str, Any]]:
    if not result.repeats:
        return []
    start = result.repeats[0].started_at
    return [
        {
            "type": "rect",
            "yref": "paper",
            "y0": 0,
            "y1": 1,
            "layer": "below",
            "line": {"width": 0},
            "x0": (one.started_at - start).total_seconds(),
            "x1": (one.started_at - start).total_seconds() + one.duration_s,
            "fillcolor": "rgba(128,140,160,0.16)" if one.status == "ok" else BAD,
            "opacity": 1 if one.status == "ok" else 0.15,
        }
        for one in result.repeats[:200]
    ]


@card("run_preflight")
def run_preflight(context: Context) -> Card:
    """List what was asked of the machine before the run."""
    result = _found(context)
    if result is None:
        return _unknown(context)
    if not result.preflight:
        return Card(empty="Nothing was asked of this machine before the run.")
    levels = {"ok": "good", "warn": "warn", "fail": "bad"}
    order = {"fail": 0, "warn": 1, "absent": 2, "ok": 3}
    rows = [
        element(
            "Tr",
            [
                element("Th", check.name.replace("_", " "), scope="row"),
                element("Td", badge(check.status, levels.get(check.status, "none"))),
                element("Td", "" if check.value is None else str(check.value)),
                element("Td", check.message),
            ],
        )
        for check in sorted(result.preflight, key=lambda one: order[one.status])
    ]
    bad = sum(check.status in ("warn", "fail") for check in result.preflight)
    text = f"{words.count(bad, 'check')} not ok" if bad else "All checks were ok"
    parts = [element("Caption", "Checks before the run"), element("Tbody", rows)]
    return Card(
        summary=text,
        body=[
            element("P", f"{text}, of {len(result.preflight)}."),
            still(element("Table", parts), className="scroll", tabIndex=0),
        ],
    )


@card("run_provenance")
def run_provenance(context: Context) -> Card:
    """Say with what, by whom and under which conditions it was measured."""
    result = _found(context)
    if result is None:
        return _unknown(context)
    made, benchmark = result.provenance, result.benchmark
    lines: list[tuple[str, Any]] = [
        ("tool", " ".join(part for part in (benchmark.tool, benchmark.tool_version) if part)),
        ("command", element("Pre", shlex.join(benchmark.command)) if benchmark.command else None),
        (
            "parameters",
            ", ".join(f"{name} {value}" for name, value in benchmark.parameters.items()),
        ),
        ("vttbench", made.vttbench_version),
        ("commit", (made.git_commit or "") + (" (with changes)" if made.git_dirty else "")),
        ("controller", made.controller),
        ("by", made.user),
        ("ansible", made.ansible_version),
        ("profile", made.profile),
        ("AWX job", made.awx_job_id),
        ("BIOS", result.host.bios),
        ("kernel", result.host.kernel),
        ("comparable with", [element("Code", result.comparability.key), " and nothing else"]),
    ]
    conditions = pl.DataFrame(
        [
            {"must be equal": name, "here": "unknown" if value is None else str(value)}
            for name, value in result.comparability.fields.items()
        ],
        schema={"must be equal": pl.String, "here": pl.String},
    )
    return Card(
        summary="How it was made",
        body=[
            _list(lines),
            element(
                "Details",
                [
                    element("Summary", "What must be equal to compare"),
                    table(conditions, "Conditions"),
                ],
            ),
        ],
        table=conditions,
    )


@card("run_files")
def run_files(context: Context) -> Card:
    """Link to the document, the raw output and the run in MLflow."""
    both = lookup.find(context.snapshot, result_id(context.view))
    if both is None:
        return _unknown(context)
    path, result = both
    base = f"/files/{result.result_id}"
    items = [
        element(
            "Li", [element("A", path.name, href=f"{base}/result.json"), " – the whole document"]
        )
    ]
    for number, file in enumerate(result.files):
        there = (path.parent / file.path).is_file()
        name = file.path.partition("/")[2] or file.path
        items.append(
            element(
                "Li",
                [
                    element("A", name, href=f"{base}/{number}") if there else name,
                    f" – {format_bytes(file.size)}" + ("" if there else ", in MLflow’s artifacts"),
                ],
            )
        )
    if context.mlflow:
        search = (
            f"{context.mlflow}/#/experiments?searchFilter=tags.result_id%3D%27{result.result_id}%27"
        )
        items.append(
            element(
                "Li",
                element("A", "this result in MLflow", href=search, target="_blank", rel="noopener"),
            )
        )
    return Card(summary="Files", body=[element("Ul", items)])


def _list(lines: list[tuple[str, Any]]) -> Element:
    parts: list[Element] = []
    for term, content in lines:
        if content in (None, "", []):
            continue
        parts += [element("Dt", term), element("Dd", content)]
    return element("Dl", parts)
