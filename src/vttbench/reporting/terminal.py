"""Reports for a terminal, or for a log that was one."""

from __future__ import annotations

import os
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from vttbench.reporting.quantity import format_half_width
from vttbench.reporting.table import COLUMNS, HostTable
from vttbench.result import Status

STYLES = {
    Status.OK: "green",
    Status.UNSTABLE: "bold yellow",
    Status.FAILED: "bold red",
    Status.PARTIAL: "bold magenta",
    Status.SKIPPED: "dim",
}
_WIDTH_OF_A_FILE = 160
_WIDTH_WITHOUT_LIMIT = 10_000


def make_console(*, stderr: bool = False) -> Console:
    """Return a console that is as wide as the terminal, or wide enough where there is none."""
    console = Console(stderr=stderr, highlight=False, soft_wrap=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console = Console(stderr=stderr, highlight=False, width=_WIDTH_OF_A_FILE)
    return console


def print_tables(console: Console, tables: Sequence[HostTable]) -> None:
    """Print one table a host and suite, and below it what is not as it should be."""
    for number, table in enumerate(tables):
        if number:
            console.print()
        console.print(Text(table.heading, style="bold"))
        console.print(Text(table.subheading, style="dim"))
        grid = _grid(table)
        wide = console.options.update(width=_WIDTH_WITHOUT_LIMIT)
        if console.measure(grid, options=wide).maximum > console.width:
            grid = _grid(table, narrow=True)
        console.print(grid)
        for status, remark in table.remarks:
            console.print(Text(f"  {remark}", style=STYLES[status]), soft_wrap=True)
        if table.superseded:
            attempts = (
                "1 earlier attempt"
                if table.superseded == 1
                else (f"{table.superseded} earlier attempts")
            )
            console.print(Text(f"  {attempts} not shown (--all-attempts)", style="dim"))


def print_problems(console: Console, problems: Sequence[str]) -> None:
    """Name the documents that could not be read."""
    if not problems:
        return
    count = "1 document" if len(problems) == 1 else f"{len(problems)} documents"
    console.print(f"\n[bold red]{count} could not be read:[/]")
    for problem in problems:
        console.print(f"  {escape(problem)}", soft_wrap=True)


def _grid(table: HostTable, *, narrow: bool = False) -> Table:
    """Draw the table; a narrow one says the interval in percent and packs its columns."""
    grid = Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold",
        collapse_padding=True,
        padding=(0, 1, 0, 0) if narrow else (0, 1),
    )
    longest = {
        name: max([len(name), *(len(row.cells[index]) for row in table.rows)])
        for index, name in enumerate(COLUMNS)
    }
    for name in COLUMNS:
        grid.add_column(
            "95 %" if narrow and name == "95 % interval" else name,
            justify="right" if name in {"value", "95 % interval", "spread", "repeats"} else "left",
            no_wrap=name not in {"benchmark", "metric"},
            min_width=min(5, longest[name]) if name in {"benchmark", "metric"} else None,
            overflow="fold",
        )
    previous = None
    for row in table.rows:
        label, metric, value, interval, *middle, verdict = row.cells
        if narrow and row.metric is not None:
            interval = format_half_width(row.metric.value, row.metric.ci95)
        style = STYLES[row.result.status]
        quiet = "" if row.result.status is Status.OK else style
        shown = "" if row.stored is previous else label
        cells = (shown, metric, value, interval, *middle)
        grid.add_row(*(Text(cell, style=quiet) for cell in cells), Text(verdict, style=style))
        previous = row.stored
    return grid
