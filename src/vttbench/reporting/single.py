"""One result in full, for a terminal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vttbench.reporting.quantity import (
    NOT_THERE,
    format_bytes,
    format_duration,
    format_interval,
    format_quantity,
    format_spread,
)
from vttbench.reporting.table import VERDICTS, host_line, label_of
from vttbench.reporting.terminal import STYLES
from vttbench.result import File, Metric, Result, Scalar, Status
from vttbench.store import Stored


def print_single(console: Console, stored: Stored) -> None:
    """Print everything that explains one result."""
    result = stored.result
    console.print(Text(f"{label_of(result)} on {result.host.name}", style="bold"))
    console.print(Text(VERDICTS[result.status], style=STYLES[result.status]), end="")
    console.print(Text(f"  {result.error.message}" if result.error else ""), soft_wrap=True)
    duration = (result.finished_at - result.started_at).total_seconds()
    _facts(
        console,
        {
            "result": result.result_id,
            "suite": result.suite_id,
            "session": result.session_id,
            "started": f"{result.started_at.astimezone():%Y-%m-%d %H:%M:%S %z}",
            "took": format_duration(duration),
            "tool": f"{result.benchmark.tool} {result.benchmark.tool_version or ''}".strip(),
            "command": " ".join(result.benchmark.command) or None,
            "host": host_line(result),
            "power": _joined(result.host.power_source, result.host.power_profile),
            "document": str(stored.path),
        },
    )
    _metrics(console, result)
    _repeats(console, result)
    _telemetry(console, result)
    _preflight(console, result)
    if result.notes:
        _section(console, "Notes")
        for note in result.notes:
            console.print(Text(f"  {note}"), soft_wrap=True)
    _section(console, f"What must be equal to compare (key {result.comparability.key})")
    _facts(console, result.comparability.fields, unknown="?")
    _section(console, "Provenance")
    _facts(console, result.provenance.model_dump(mode="json", exclude_none=True))
    _files(console, stored)


def _metrics(console: Console, result: Result) -> None:
    if result.metrics:
        _section(console, "Metrics")
        grid = _grid("metric", "value>", "95 % interval>", "spread>", "samples")
        for metric in result.metrics:
            _add(
                grid,
                metric.name if metric.primary else f"({metric.name})",
                format_quantity(metric.value, metric.unit, interval=metric.ci95),
                format_interval(metric.value, metric.ci95),
                format_spread(metric.cv),
                "  ".join(_sample(sample, metric) for sample in metric.samples),
            )
        console.print(grid)
    for metric in result.metrics:
        for rejected in metric.rejected:
            value = format_quantity(rejected.value, metric.unit)
            console.print(Text(f"  left out of {metric.name}: {value}: {rejected.reason}"))
        if metric.warmup:
            warm = "  ".join(format_quantity(value) for value in metric.warmup)
            console.print(Text(f"  warm-up of {metric.name}, thrown away: {warm}", style="dim"))
    for absent in result.absent:
        console.print(Text(f"  no {absent.name}: {absent.reason}", style="yellow"))


def _sample(sample: float, metric: Metric) -> str:
    # A wide interval hides how far the samples lie apart; four digits show it.
    return max(format_quantity(sample), format_quantity(sample, interval=metric.ci95), key=len)


def _repeats(console: Console, result: Result) -> None:
    if not result.repeats:
        return
    _section(console, "Repeats")
    grid = _grid("#>", "kind", "status", "took>", "exit>", "disturbance", "reason")
    for repeat in result.repeats:
        _add(
            grid,
            str(repeat.index),
            repeat.kind,
            repeat.status,
            format_duration(repeat.duration_s),
            NOT_THERE if repeat.returncode is None else str(repeat.returncode),
            "  ".join(
                f"{name} {format_quantity(value)}" for name, value in repeat.disturbance.items()
            ),
            repeat.reason or "",
        )
    console.print(grid)


def _telemetry(console: Console, result: Result) -> None:
    telemetry = result.telemetry
    if telemetry is None:
        return
    throttled = {True: "THROTTLED", False: "no throttling", None: "throttling can't be known"}
    _section(console, f"Telemetry ({throttled[telemetry.throttled]})")
    if telemetry.summary:
        grid = _grid("series", "lowest>", "mean>", "highest>")
        for name, summary in telemetry.summary.items():
            values = (summary.minimum, summary.mean, summary.maximum)
            _add(grid, name, *(format_quantity(value, summary.unit) for value in values))
        console.print(grid)
    for absent in telemetry.absent:
        console.print(Text(f"  no {absent.name}: {absent.reason}", style="dim"))


def _preflight(console: Console, result: Result) -> None:
    if not result.preflight:
        return
    _section(console, "Preflight")
    styles = {"ok": "green", "warn": "yellow", "fail": "bold red", "absent": "dim"}
    grid = _grid("check", "status", "value", "message")
    for check in result.preflight:
        value = NOT_THERE if check.value is None else str(check.value)
        status = Text(check.status, style=styles[check.status])
        _add(grid, check.name, status, value, check.message)
    console.print(grid)


def _files(console: Console, stored: Stored) -> None:
    if not stored.result.files:
        return
    _section(console, "Files")
    grid = _grid("file", "size>", "state")
    for file in stored.result.files:
        state = state_of(stored.path.parent, file)
        style = STYLES[Status.OK if state == "ok" else Status.FAILED]
        _add(grid, file.path, format_bytes(file.size), Text(state, style=style))
    console.print(grid)


def state_of(folder: Path, file: File) -> str:
    """Say whether a file beside a document is what the document says: ok, missing or changed."""
    path = folder / file.path
    if not path.resolve().is_relative_to(folder.resolve()):
        return "outside the results"
    try:
        content = path.read_bytes()
    except OSError:
        return "missing"
    return "ok" if hashlib.sha256(content).hexdigest() == file.sha256 else "changed"


def _section(console: Console, title: str) -> None:
    console.print()
    console.print(Text(title, style="bold"))


def _facts(console: Console, facts: Mapping[str, Scalar], *, unknown: str | None = None) -> None:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts.items():
        shown = unknown if value is None else str(value)
        if shown:
            _add(grid, f"  {name}", Text(shown))
    console.print(grid)


def _grid(*headings: str) -> Table:
    """Return an empty table; a heading that ends in ``>`` is of a column of numbers."""
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for heading in headings:
        right = heading.endswith(">")
        grid.add_column(heading.rstrip(">"), justify="right" if right else "left", overflow="fold")
    return grid


def _add(grid: Table, *cells: str | Text) -> None:
    # As Text: what tools print may look like rich's markup.
    grid.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in cells))


def _joined(*parts: str | None) -> str | None:
    return ", ".join(part for part in parts if part) or None
