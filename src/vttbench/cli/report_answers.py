"""One function an analysis: from the table to its report. Imported when one is asked for."""

from __future__ import annotations

from vttbench.analysis.regressions import find_shifts
from vttbench.analysis.reports import regressions as regressions_report
from vttbench.analysis.reports.words import demo_remark
from vttbench.analysis.table import ResultTable
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
