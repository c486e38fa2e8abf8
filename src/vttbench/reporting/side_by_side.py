"""The comparison of two sets of results as text for a terminal, Markdown, JSON and CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, fields

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from vttbench.reporting.difference import Difference, Judgement
from vttbench.reporting.exports import escape_markdown
from vttbench.reporting.quantity import NOT_THERE, format_percent, format_quantity
from vttbench.reporting.table import DOUBT

_STYLES = {
    Judgement.BETTER: "bold green",
    Judgement.WORSE: "bold red",
    Judgement.NOISE: "dim",
    Judgement.UNKNOWN: "yellow",
    Judgement.NOT_COMPARABLE: "bold yellow",
}
_HEADINGS = ("benchmark", "metric", "A", "B", "B against A", "95 % interval", "judgement")
_RIGHT = frozenset(["A", "B", "B against A", "95 % interval"])


def cells_of(difference: Difference) -> tuple[str, ...]:
    """Return what stands in the columns of the comparison."""
    doubt = DOUBT if difference.doubtful else ""
    interval = difference.interval
    return (
        difference.label,
        difference.metric,
        *(
            NOT_THERE if value is None else doubt + format_quantity(value, difference.unit)
            for value in (difference.a, difference.b)
        ),
        NOT_THERE
        if difference.percent is None
        else format_percent(difference.percent, signed=True),
        NOT_THERE
        if interval is None
        else " – ".join(format_percent(bound, signed=True) for bound in interval),
        str(difference.judgement),
    )


def remarks_of(differences: Sequence[Difference]) -> list[str]:
    """Return what a reader must know to take the table rightly."""
    remarks = list(
        dict.fromkeys(
            f"{difference.label} {difference.metric}: {difference.reason}"
            for difference in differences
            if difference.reason
        )
    )
    judged = [difference for difference in differences if difference.interval is not None]
    if any("repeats" in difference.basis for difference in judged):
        remarks.append(
            "Intervals from the repeats of single sessions: what changes between sessions is not "
            "in them. Measure with -e sessions=3 or more to be sure."
        )
    if len(judged) >= 20:
        remarks.append(
            f"{len(judged)} comparisons at 95 %: about {round(len(judged) / 20)} would look "
            "different by chance alone."
        )
    return remarks


def print_differences(
    console: Console, differences: Sequence[Difference], name_a: str, name_b: str
) -> None:
    """Print the comparison for people."""
    console.print(Text(f"A: {name_a}", style="bold"), Text(f"B: {name_b}", style="bold"), sep="\n")
    grid = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for heading in _HEADINGS:
        right = heading in _RIGHT
        grid.add_column(heading, justify="right" if right else "left", no_wrap=right)
    for difference in differences:
        *cells, judgement = (Text(cell) for cell in cells_of(difference))
        judgement.stylize(_STYLES.get(difference.judgement, ""))
        grid.add_row(*cells, judgement)
    console.print(grid)
    for remark in remarks_of(differences):
        console.print(Text(f"  {remark}"), soft_wrap=True)


def differences_to_json(differences: Sequence[Difference], name_a: str, name_b: str) -> str:
    """Return the comparison as one JSON object."""
    report = {
        "a": name_a,
        "b": name_b,
        "differences": [asdict(difference) for difference in differences],
        "remarks": remarks_of(differences),
    }
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def differences_to_csv(differences: Sequence[Difference]) -> str:
    """Return one line a metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [field.name for field in fields(Difference) if field.name != "interval"]
    writer.writerow([*names, "interval_low", "interval_high"])
    for difference in differences:
        bounds = difference.interval or (None, None)
        writer.writerow([*(getattr(difference, name) for name in names), *bounds])
    return text.getvalue()


def differences_to_markdown(differences: Sequence[Difference], name_a: str, name_b: str) -> str:
    """Return the comparison as a table for GitHub and GitLab."""
    lines = [f"A: {escape_markdown(name_a)}  ", f"B: {escape_markdown(name_b)}", ""]
    lines += [f"| {' | '.join(_HEADINGS)} |", "| --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for difference in differences:
        cells = (escape_markdown(cell) for cell in cells_of(difference))
        lines.append(f"| {' | '.join(cells)} |")
    remarks = [f"- {escape_markdown(remark)}" for remark in remarks_of(differences)]
    return "\n".join([*lines, "", *remarks]).rstrip("\n") + "\n"
