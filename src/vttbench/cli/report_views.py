"""The three things that ``vttbench report`` shows: tables, one result, two side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from vttbench.cli.errors import UserError
from vttbench.reporting.selection import Gathered, Selection, find_run, gather
from vttbench.store import ResultStore, Stored


class Form(StrEnum):
    """How a report is written."""

    TERMINAL = "terminal"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    HTML = "html"


def listed(
    places: list[Path], selection: Selection, form: Form, *, all_metrics: bool, all_attempts: bool
) -> str | None:
    """Show results as tables; return the text of every form but the terminal's."""
    from vttbench.reporting.table import newest_attempts, tables

    gathered = gather(places, selection)
    if not gathered.results:
        _nothing(places, gathered)
    if form is Form.JSON:
        from vttbench.reporting.exports import to_json

        shown = gathered.results if all_attempts else newest_attempts(gathered.results)
        return to_json(shown, gathered.problems, all_metrics=all_metrics)
    grouped = tables(gathered.results, all_metrics=all_metrics, all_attempts=all_attempts)
    if form is Form.TERMINAL:
        from vttbench.reporting.terminal import make_console, print_problems, print_tables

        console = make_console()
        print_tables(console, grouped)
        print_problems(console, gathered.problems)
        return None
    from vttbench.reporting import exports

    if form is Form.CSV:
        _warn(gathered)
        return exports.to_csv(grouped)
    if form is Form.MARKDOWN:
        return exports.to_markdown(grouped, gathered.problems)
    return exports.to_html(grouped, gathered.problems)


def single(places: list[Path], result_id: str, form: Form) -> str | None:
    """Show one result in full; return its text as JSON."""
    gathered = find_run(places, result_id)
    if not gathered.results:
        _nothing(places, gathered)
    if len(gathered.results) > 1:
        ids = ", ".join(stored.result.result_id for stored in gathered.results[:5])
        raise UserError(f"--run {result_id} fits {len(gathered.results)} results: {ids}")
    stored = gathered.results[0]
    if form is Form.JSON:
        from vttbench.result import dumps

        return dumps(stored.result)
    if form is not Form.TERMINAL:
        raise UserError("--run prints to the terminal or as --json")
    from vttbench.reporting.single import print_single
    from vttbench.reporting.terminal import make_console

    print_single(make_console(), stored)
    return None


def compared(
    places: list[Path],
    names: tuple[str, str],
    selection: Selection,
    form: Form,
    *,
    all_metrics: bool,
    force: bool,
) -> str | None:
    """Show two sets of results side by side; return the text of every form but the terminal's."""
    from vttbench.reporting import side_by_side
    from vttbench.reporting.difference import differences

    sides = [_side(places, name, selection) for name in names]
    found = differences(*sides, all_metrics=all_metrics, force=force)
    if not found:
        raise UserError("neither A nor B has a measured value", status=1)
    if form is Form.JSON:
        return side_by_side.differences_to_json(found, *names)
    if form is Form.CSV:
        return side_by_side.differences_to_csv(found)
    if form is Form.MARKDOWN:
        return side_by_side.differences_to_markdown(found, *names)
    if form is Form.HTML:
        raise UserError("--diff has no --html form; take --markdown")
    from vttbench.reporting.terminal import make_console

    side_by_side.print_differences(make_console(), found, *names)
    return None


def _side(places: list[Path], name: str, selection: Selection) -> list[Stored]:
    """Find what A or B is: a directory, a document, a host, a suite or the start of a result id."""
    path = Path(name)
    if path.is_file():
        return [ResultStore(path.parent).read(path)]
    if path.is_dir():
        found = gather([path], selection).results
    else:
        found = (
            gather(places, replace(selection, host=name)).results
            or gather(places, replace(selection, suite_id=name)).results
        )
        if not found and len(name) >= 6:
            found = find_run(places, name).results
    if not found:
        raise UserError(
            f"--diff {name}: no host, suite, result id, document or results directory of that name",
            status=1,
        )
    return found


def _nothing(places: Sequence[Path], gathered: Gathered) -> None:
    _warn(gathered)
    where = ", ".join(str(place) for place in places)
    raise UserError(
        f"no such results in {where}. `vttbench report` shows the latest, `make benchmark` "
        "measures this machine",
        status=1,
    )


def _warn(gathered: Gathered) -> None:
    from vttbench.reporting.terminal import make_console, print_problems

    print_problems(make_console(stderr=True), gathered.problems)
