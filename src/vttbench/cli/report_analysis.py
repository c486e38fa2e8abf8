"""What ``vttbench report`` says of many results: regressions, lottery, comparison, assignment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vttbench import __version__
from vttbench.cli.errors import UserError
from vttbench.cli.report_views import Form
from vttbench.reporting.selection import Selection

if TYPE_CHECKING:
    from vttbench.analysis.reports.paper import Paper
    from vttbench.analysis.table import ResultTable

ALARMS = {"regression": "--regressions", "throttling": "--throttling"}
"""What ``--fail-on`` may look for, and the report that finds it."""


@dataclass(frozen=True)
class Wish:
    """Which analysis is asked for.

    Attributes:
        option: as the user wrote it, e.g. ``--lottery``.
        value: of the option, where it has one.
    """

    option: str
    value: str = ""

    @classmethod
    def of(
        cls,
        *,
        compare: str | None,
        lottery: bool,
        regressions: bool,
        throttling: bool,
        assign: Path | None,
        others: Mapping[str, bool],
    ) -> Wish | None:
        """Return the one thing that was asked for, or None.

        Raises:
            UserError: more than one.
        """
        wishes = {
            "--compare": compare,
            "--lottery": "" if lottery else None,
            "--regressions": "" if regressions else None,
            "--throttling": "" if throttling else None,
            "--assign": None if assign is None else str(assign),
        }
        asked = [option for option, value in wishes.items() if value is not None]
        both = [*(option for option, wish in others.items() if wish), *asked]
        if len(both) > 1:
            raise UserError(f"{' and '.join(both)} exclude each other")
        return cls(asked[0], wishes[asked[0]] or "") if asked else None


@dataclass(frozen=True)
class Options:
    """What narrows or widens an analysis; see ``vttbench report --help``."""

    all_metrics: bool = False
    force: bool = False
    across: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    prices: Path | None = None
    least_percent: float = 1.0
    fail_on: str | None = None


@dataclass(frozen=True)
class Answer:
    """What an analysis says.

    Attributes:
        paper: for people.
        data: for programs; the first key is the analysis' own.
        alarms: what ``--fail-on`` may look for, and whether it was found.
    """

    paper: Paper
    data: Mapping[str, Any]
    alarms: Mapping[str, bool]


def analysed(
    places: Sequence[Path], selection: Selection, wish: Wish, options: Options, form: Form
) -> tuple[str | None, bool]:
    """Make the report that was asked for.

    Returns:
        The text of every form but the terminal's, which is printed; and whether what
        ``options.fail_on`` names was found.

    Raises:
        UserError: wrong usage, or there is nothing to look at.
    """
    if options.fail_on is not None and ALARMS.get(options.fail_on) != wish.option:
        known = ", ".join(f"{alarm} ({option})" for alarm, option in ALARMS.items())
        raise UserError(f"--fail-on {options.fail_on} does not go with {wish.option}; {known}")
    if form in (Form.CSV, Form.HTML):
        raise UserError(f"{wish.option} has the forms terminal, --markdown and --json")
    from vttbench.cli import report_answers as answers

    # Steps are sought in all of the past, and shown from --since on.
    table = load(places, selection, whole_past=wish.option == "--regressions")
    analysis = {
        "--regressions": answers.regressions,
        "--lottery": answers.lottery,
        "--compare": answers.comparison,
        "--throttling": answers.throttling,
        "--assign": answers.assignment,
    }[wish.option]
    answer = analysis(table, selection, wish.value, options)
    found = options.fail_on is not None and answer.alarms.get(options.fail_on, False)
    return _written(answer, table, form), found


def load(places: Sequence[Path], selection: Selection, *, whole_past: bool) -> ResultTable:
    """Read what was asked for.

    Args:
        places: results directories.
        selection: host, benchmark and time; the rest does not apply here.
        whole_past: older results are needed too.
    """
    import polars as pl

    from vttbench.analysis.table import ResultTable, read_table

    if selection.suite_id or selection.play_id:
        raise UserError("--suite and --play choose single runs; this looks at many: use --since")
    table = read_table(places, since=None if whole_past else selection.since)
    frame = table.frame
    if selection.host is not None:
        frame = frame.filter(pl.col("host") == selection.host)
    if selection.benchmark is not None:
        frame = frame.filter(pl.col("benchmark") == selection.benchmark)
    if frame.is_empty():
        where = ", ".join(str(place) for place in places)
        unread = f"; {len(table.problems)} could not be read" if table.problems else ""
        raise UserError(f"no result in {where} is like that{unread}", status=1)
    return ResultTable(frame, table.conditions, table.problems)


def _written(answer: Answer, table: ResultTable, form: Form) -> str | None:
    from vttbench.analysis.reports.paper import print_paper, to_markdown
    from vttbench.reporting.terminal import make_console, print_problems

    if form is Form.JSON:
        data = {**answer.data, "problems": list(table.problems), "vttbench_version": __version__}
        return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    if form is Form.MARKDOWN:
        return to_markdown(answer.paper)
    console = make_console()
    print_paper(console, answer.paper)
    print_problems(console, table.problems)
    return None
