"""A data frame as a table for people: units, sensible digits, links to results."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import Element, link
from vttbench.dashboard.still import html_of, still_html
from vttbench.reporting.quantity import NOT_THERE

ROWS = 50
"""Rows that are shown; exports have all."""

_SHARES = {"against_median", "cv", "drift", "change", "change_low", "change_high", "share"}
_IN_UNIT = {"value", "ci_low", "ci_high", "before", "after", "minimum", "mean", "maximum"}
_HEADINGS = {
    "ci_low": "95 % from",
    "ci_high": "to",
    "against_median": "against the median",
    "result_id": "result",
    "size_gb": "size (GB)",
    "temperature_mean_c": "temperature (°C)",
    "clock_mean_mhz": "clock (MHz)",
    "power_mean_w": "power (W)",
    "memory_gb": "memory (GiB)",
}


def table(frame: pl.DataFrame, caption: str) -> Element:
    """Return the first rows of a data frame as a table.

    Args:
        frame: columns ``value``, ``ci_low``, ... are written in the unit of its column ``unit``.
        caption: what it is, for screen readers.
    """
    shown = [name for name in frame.columns if name != "unit"]
    numeric = {name for name in shown if frame[name].dtype.is_numeric() or name in _IN_UNIT}
    times = {name for name in shown if frame[name].dtype.is_temporal()}
    style = {
        name: ' class="number"' if name in numeric else ' class="time"' if name in times else ""
        for name in shown
    }
    head = "".join(
        f'<th scope="col"{style[name]}>{escape(_HEADINGS.get(name, name.replace("_", " ")))}</th>'
        for name in shown
    )
    # Written out here: elements for five hundred cells take three times as long.
    opening = [f"<td{style[name]}>" for name in shown]
    opening[0] = f'<th scope="row"{style[shown[0]]}>'
    closing = ["</th>", *["</td>"] * (len(shown) - 1)]
    body = []
    for row in frame.head(ROWS).to_dicts():
        unit = str(row.get("unit") or "")
        cells = (_written(name, row[name], unit) for name in shown)
        written = map("".join, zip(opening, cells, closing, strict=True))
        body.append(f"<tr>{''.join(written)}</tr>")
    return still_html(
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table>",
        className="scroll",
        tabIndex=0,
    )


def _written(name: str, value: Any, unit: str) -> str:  # noqa: ANN401  # whatever a column holds
    said = cell(name, value, unit)
    return escape(said) if isinstance(said, str) else html_of(said)


def cell(name: str, value: Any, unit: str = "") -> Any:  # noqa: ANN401  # whatever a column holds
    """Return one value as it is shown."""
    if value is None or value != value:
        return NOT_THERE
    if name == "result_id":
        return link("open", f"/run/{value}", title=str(value))
    if name in _SHARES:
        return words.signed_percent(value)
    if isinstance(value, datetime):
        return words.when(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return words.quantity(value, unit if name in _IN_UNIT else "")
    return str(value)
