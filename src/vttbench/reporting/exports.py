"""Reports for programs and documents: JSON, CSV, Markdown, HTML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from vttbench import __version__
from vttbench.reporting.table import COLUMNS, HostTable, Row, label_of, shown_metrics
from vttbench.store import Stored

CSV_COLUMNS = (
    "host", "os_family", "suite_id", "session_id", "started_at", "benchmark", "variant", "metric",
    "unit", "higher_is_better", "value", "ci95_low", "ci95_high", "cv", "repeats", "status",
    "reason", "comparability_key", "result_id", "path",
)  # fmt: skip


def to_json(
    results: Sequence[Stored], problems: Sequence[str], *, all_metrics: bool = False
) -> str:
    """Return the results without their repeats and series, as one JSON object."""
    report = {
        "vttbench_version": __version__,
        "results": [_summary(stored, all_metrics) for stored in results],
        "problems": list(problems),
    }
    return json.dumps(report, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _summary(stored: Stored, all_metrics: bool) -> dict[str, Any]:
    data = stored.result.model_dump(mode="json", exclude_none=True)
    wanted = ("result_id", "suite_id", "session_id", "benchmark", "host", "started_at")
    summary = {name: data[name] for name in (*wanted, "finished_at", "status")}
    summary["error"] = data.get("error")
    shown = [metric.name for metric in shown_metrics(stored.result, all_metrics)]
    summary["metrics"] = [metric for metric in data["metrics"] if metric["name"] in shown]
    for name in ("absent", "notes", "comparability", "provenance"):
        summary[name] = data[name]
    summary["path"] = str(stored.path)
    return summary


def to_csv(tables: Sequence[HostTable]) -> str:
    """Return one line a metric; a result without metrics gets one line with its reason."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for table in tables:
        writer.writerows(_record(row) for row in table.rows)
    return text.getvalue()


def _record(row: Row) -> list[str | float | None]:
    result, metric = row.result, row.metric
    low, high = (metric.ci95 if metric else None) or (None, None)
    return [
        result.host.name,
        result.host.os_family,
        result.suite_id,
        result.session_id,
        result.started_at.isoformat(),
        result.benchmark.name,
        result.benchmark.variant,
        metric.name if metric else None,
        metric.unit if metric else None,
        str(metric.higher_is_better).lower() if metric else None,
        metric.value if metric else None,
        low,
        high,
        metric.cv if metric else None,
        len(metric.samples) if metric else 0,
        str(result.status),
        result.error.message if result.error else None,
        result.comparability.key,
        result.result_id,
        str(row.stored.path),
    ]


def to_markdown(tables: Sequence[HostTable], problems: Sequence[str]) -> str:
    """Return tables as GitHub and GitLab draw them."""
    lines: list[str] = []
    for table in tables:
        lines += [
            f"### {escape_markdown(table.heading)}",
            "",
            escape_markdown(table.subheading),
            "",
        ]
        lines += [
            f"| {' | '.join(COLUMNS)} |",
            "| --- | --- | ---: | ---: | ---: | ---: | --- |",
        ]
        for row in table.rows:
            *cells, verdict = (escape_markdown(cell) for cell in row.cells)
            shown = verdict if verdict == "ok" else f"**{verdict}**"
            lines.append(f"| {' | '.join([*cells, shown])} |")
        lines += ["", *(f"- {escape_markdown(remark)}" for _, remark in table.remarks)]
        lines += [""] if table.remarks else []
    if problems:
        lines += [
            "Could not be read:",
            "",
            *(f"- {escape_markdown(problem)}" for problem in problems),
        ]
    return "\n".join(lines).rstrip("\n") + "\n"


def escape_markdown(text: str) -> str:
    """Write text so that Markdown shows it as it is, on one line."""
    escaped = "".join(f"\\{char}" if char in "\\`*_[]<>|" else char for char in text)
    return " ".join(escaped.split("\n"))


def to_html(tables: Sequence[HostTable], problems: Sequence[str]) -> str:
    """Return one page that needs nothing else: no script, no picture, no request."""
    import jinja2

    source = resources.files("vttbench.reporting").joinpath("templates/report.html.j2")
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    return environment.from_string(source.read_text(encoding="utf-8")).render(
        tables=tables, problems=problems, columns=COLUMNS, version=__version__, label_of=label_of
    )
