"""Pieces that several cards use."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from vttbench.dashboard import words
from vttbench.dashboard.elements import Element, element, link
from vttbench.dashboard.figures import BAD
from vttbench.dashboard.notes import Threshold
from vttbench.dashboard.pages.card import Card, Context
from vttbench.dashboard.selecting import Subject
from vttbench.dashboard.view import View

K = TypeVar("K")


def nothing_fits(context: Context) -> Card:
    """Say why a card is empty and what to do about it."""
    if context.snapshot.results == 0:
        return Card(
            empty=(
                "There are no results yet. `make benchmark` measures this machine; "
                "`vttbench demo-data --results-dir demo` makes up a fleet to look around in."
            )
        )
    return Card(empty="No result fits these filters. Take one away above, or widen the period.")


def pager(view: View, page: int, count: int, size: int, thing: str) -> list[Any]:
    """Return links to the other parts of a long list; nothing when it is short."""
    if count <= size:
        return []
    first, last = (page - 1) * size + 1, min(page * size, count)
    links: list[Any] = []
    if page > 1:
        links.append(link("‹ before", href=view.having(page=str(page - 1)).url()))
    if last < count:
        links.append(link("next ›", href=view.having(page=str(page + 1)).url()))
    return [
        element(
            "Nav",
            [element("Span", f"{first}–{last} of {words.count(count, thing)} "), *links],
            className="pager",
            aria_label=f"Parts of the list of {thing}s",
        )
    ]


def threshold_lines(
    bound: Threshold | None, median: float | None, about: Subject
) -> list[dict[str, Any]]:
    """Return upright lines at the bounds of a metric, in percent from the median."""
    if bound is None or not median:
        return []
    sign = 1 if about.higher_is_better else -1
    return [
        {
            "type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1,
            "x0": 100 * sign * (value / median - 1), "x1": 100 * sign * (value / median - 1),
            "line": {"color": BAD, "width": 1.5, "dash": "dash"},
        }
        for value in (bound.low, bound.high)
        if value is not None
    ]  # fmt: skip


def badge(text: str, level: str, title: str | None = None) -> Element:
    """Return a word on coloured ground: ``good``, ``warn``, ``bad`` or ``none``."""
    return element("Span", text, className=f"badge {level}", title=title)


def status_badge(status: str | None) -> Element:
    """Return the status of a result."""
    levels = {"ok": "good", "unstable": "warn", "partial": "warn", "failed": "bad"}
    return badge(status or "unknown", levels.get(status or "", "none"))


def buckets(
    rows: Iterable[dict[str, Any]], key: Callable[[dict[str, Any]], K]
) -> dict[K, list[dict[str, Any]]]:
    """Return rows by their key, in the order in which keys come.

    In Python, since there are few: a call of polars takes as long as dozens of rows.
    """
    found: dict[K, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(key(row), []).append(row)
    return found


def distance(low: float | None, high: float | None) -> float | None:
    """Return how far two values are apart; None where one isn't there."""
    return None if low is None or high is None else high - low
