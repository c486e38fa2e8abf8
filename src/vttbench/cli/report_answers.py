"""One function an analysis: from the table to its report. Imported when one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from vttbench.analysis.assignment import assign
from vttbench.analysis.comparison import NoSuchHostsError, compare
from vttbench.analysis.lottery import lotteries
from vttbench.analysis.regressions import find_shifts
from vttbench.analysis.reports import regressions as regressions_report
from vttbench.analysis.reports.assignment import assignment_data, assignment_paper
from vttbench.analysis.reports.lottery import comparison_paper, lottery_paper
from vttbench.analysis.reports.ranking_data import comparison_data, lottery_data
from vttbench.analysis.reports.throttling import throttling_data, throttling_paper
from vttbench.analysis.reports.words import demo_remark
from vttbench.analysis.table import ResultTable
from vttbench.analysis.team import TeamError, read_team
from vttbench.analysis.throttling import find_throttling
from vttbench.cli.errors import UserError
from vttbench.cli.report_analysis import Answer, Options
from vttbench.reporting.selection import Selection


def regressions(table: ResultTable, selection: Selection, _: str, options: Options) -> Answer:
    """Say what got worse and better."""
    trends = find_shifts(
        table.frame,
        all_metrics=options.all_metrics,
        least_percent=options.least_percent,
        since=selection.since,
    )
    remarks = demo_remark(table.frame)
    least = options.least_percent
    return Answer(
        regressions_report.to_paper(trends, least_percent=least, remarks=remarks),
        regressions_report.to_data(trends, least_percent=least, remarks=remarks),
        {"regression": any(shift.lasting for shift in trends.regressions)},
    )


def lottery(table: ResultTable, _: Selection, __: str, options: Options) -> Answer:
    """Say which machine of each fleet is best."""
    try:
        found = lotteries(
            table.frame,
            table.conditions,
            all_metrics=options.all_metrics,
            across=options.across,
            force=options.force,
            weights=_weights(options.weights),
            prices=_prices(options.prices),
        )
    except ValueError as error:
        raise UserError(f"--weight: {error}") from error
    if not found:
        raise UserError(
            "no fleet of two or more machines whose results may be compared: say in the inventory "
            "which machines are meant to be identical (`fleet`), or use --compare",
            status=1,
        )
    remarks = [*_moved(table, options), *demo_remark(table.frame)]
    return Answer(lottery_paper(found, remarks), lottery_data(found, remarks), {})


def comparison(table: ResultTable, _: Selection, group: str, options: Options) -> Answer:
    """Put hosts side by side."""
    try:
        found = compare(
            table.frame,
            table.conditions,
            group,
            all_metrics=options.all_metrics,
            across=options.across,
            force=options.force,
        )
    except NoSuchHostsError as error:
        raise UserError(f"--compare: {error}", status=1) from error
    remarks = demo_remark(table.frame)
    return Answer(comparison_paper(found, remarks), comparison_data(found, remarks), {})


def throttling(table: ResultTable, _: Selection, __: str, ___: Options) -> Answer:
    """Say what heat costs."""
    found = find_throttling(table.frame)
    remarks = demo_remark(table.frame)
    return Answer(
        throttling_paper(found, remarks),
        throttling_data(found, remarks),
        {"throttling": bool(found.hosts)},
    )


def assignment(table: ResultTable, _: Selection, file: str, options: Options) -> Answer:
    """Give machines to people."""
    try:
        found = assign(
            table.frame,
            table.conditions,
            read_team(Path(file)),
            across=options.across,
            force=options.force,
        )
    except (TeamError, NoSuchHostsError) as error:
        raise UserError(f"--assign: {error}", status=1) from error
    remarks = demo_remark(table.frame)
    return Answer(assignment_paper(found, remarks), assignment_data(found, remarks), {})


def _moved(table: ResultTable, options: Options) -> list[str]:
    """Name hosts whose numbers mix two levels: a mean over a step is neither."""
    trends = find_shifts(table.frame, all_metrics=options.all_metrics)
    said = []
    for event in regressions_report.events(trends.shifts):
        first = event[0]
        if first.fleet is not None:
            said.append(
                f"{first.host} changed its level on {first.at:%Y-%m-%d} "
                f"({len(event)} metrics, up to {max((s.percent for s in event), key=abs):+.1f} %): "
                f"its numbers mix before and after. --since {first.at:%Y-%m-%d} looks at now only."
            )
    return said


def _weights(words: Sequence[str]) -> dict[str, float]:
    weights = {}
    for word in words:
        name, _, number = word.rpartition("=")
        try:
            weights[name] = float(number)
        except ValueError:
            raise UserError(f"--weight {word}: write NAME=NUMBER, e.g. ai=2") from None
        if not name or not 0 <= weights[name] < float("inf"):
            raise UserError(f"--weight {word}: write NAME=NUMBER, e.g. ai=2")
    return weights


def _prices(path: Path | None) -> dict[str, float]:
    if path is None:
        return {}
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        listed = data.get("prices", data)
        return {str(host): float(price) for host, price in listed.items()}
    except (OSError, yaml.YAMLError, AttributeError, TypeError, ValueError) as error:
        raise UserError(f"--prices {path}: not host and price a line: {error}") from error
