"""What somebody looks at: a page and its filters, as they stand in the address of the browser.

Everything that decides what is seen is in the URL, so that a view can be shared by copying it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlencode

import polars as pl

COLUMN_OF: Mapping[str, str] = {
    "fleet": "fleet",
    "host": "host",
    "os": "os_family",
    "benchmark": "benchmark",
    "model": "model",
    "quant": "quant",
    "backend": "backend",
    "status": "status",
}
"""Column by the name of its filter in the URL; each may be given several times."""

MANY = (*COLUMN_OF, "tag")
SINGLE = ("workload", "metric", "sort", "group", "from", "to", "show", "page", "mix")
_AGO = re.compile(r"(\d{1,5})([hdwmy])")
_WINDOW_S = 300.0
_UNITS = {"h": 1 / 24, "d": 1, "w": 7, "m": 30, "y": 365}


@dataclass(frozen=True)
class View:
    """A page and what of the results it shows.

    Attributes:
        path: of the URL, e.g. ``/trends``.
        many: chosen values by filter; a filter without any is absent.
        single: the other parameters, as texts.
    """

    path: str = "/"
    many: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    single: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, path: str | None, search: str | None) -> View:
        """Read a URL; what is unknown in it is ignored, what is empty is absent.

        Args:
            path: e.g. ``/trends``.
            search: what stands behind it, with or without its question mark.
        """
        given = parse_qs((search or "").lstrip("?"), max_num_fields=2000)
        many = {
            name: tuple(dict.fromkeys(value for value in given[name] if value))
            for name in MANY
            if any(given.get(name, ()))
        }
        single = {
            name: given[name][-1].strip() for name in SINGLE if given.get(name, [""])[-1].strip()
        }
        clean = "/" + (path or "/").strip("/")
        return cls(clean, many, single)

    def query(self) -> str:
        """Return the parameters as they stand in a URL, with a question mark if there are any."""
        pairs = [(name, value) for name in MANY for value in self.many.get(name, ())]
        pairs += [(name, self.single[name]) for name in SINGLE if name in self.single]
        return f"?{urlencode(pairs)}" if pairs else ""

    def url(self) -> str:
        """Return path and parameters."""
        return self.path + self.query()

    def on(self, path: str, *keep: str) -> View:
        """Return the same filters on another page; of the single ones only those to be kept."""
        kept = {name: value for name, value in self.single.items() if name in keep}
        return replace(self, path=path, single=kept)

    def having(self, **single: str | None) -> View:
        """Return the view with other single parameters; None takes one away."""
        values = {**self.single, **single}
        return replace(self, single={name: value for name, value in values.items() if value})

    def choosing(self, name: str, *values: str) -> View:
        """Return the view with one filter set to these values; none takes the filter away."""
        many = {**self.many, name: values}
        return replace(self, many={key: chosen for key, chosen in many.items() if chosen})

    def get(self, name: str, default: str = "") -> str:
        """Return a single parameter."""
        return self.single.get(name, default)

    @property
    def page_number(self) -> int:
        """Which part of a long list, from 1."""
        text = self.get("page")
        return max(1, int(text)) if text.isdigit() and len(text) < 7 else 1

    def period(self, now: datetime | None = None) -> tuple[datetime | None, datetime | None]:
        """Return the earliest and the latest start, UTC; None where there is no bound.

        ``from`` and ``to`` are dates, times, or how long ago: ``12h``, ``30d``, ``4w``, ``6m``.
        ``to`` a date includes that day. What can't be read bounds nothing; see :meth:`faults`.
        """
        now = now or datetime.now(UTC)
        return (
            moment(self.get("from"), now, end=False),
            moment(self.get("to"), now, end=True),
        )

    def faults(self) -> list[str]:
        """Return what in the URL can't be understood, a sentence each."""
        now = datetime.now(UTC)
        return [
            f"“{self.get(name)}” is no date: write 2026-11-25, or 30d for thirty days ago."
            for name in ("from", "to")
            if self.get(name) and moment(self.get(name), now, end=False) is None
        ]

    def condition(self, rows: pl.DataFrame, *, period: bool = True) -> pl.Expr | None:
        """Return what a row must meet; None where every row does.

        Args:
            rows: a table whose columns are Enums, of which those that exist are compared.
            period: whether ``from`` and ``to`` count.
        """
        parts: list[pl.Expr] = [
            pl.col(column).is_in(list(self.many[name]))
            for name, column in COLUMN_OF.items()
            if name in self.many and column in rows.columns
        ]
        if "tag" in self.many and "tags" in rows.columns:
            wanted = set(self.many["tag"])
            categories = rows["tags"].dtype.categories  # type: ignore[attr-defined]
            matching = [text for text in categories if wanted & set(text.split(","))]
            parts.append(pl.col("tags").is_in(matching))
        if period and "started_at" in rows.columns:
            since, until = self.period()
            if since is not None:
                parts.append(pl.col("started_at") >= since)
            if until is not None:
                parts.append(pl.col("started_at") < until)
        if not parts:
            return None
        both = parts[0]
        for part in parts[1:]:
            both &= part
        return both

    def of(self, rows: pl.DataFrame, *, period: bool = True, valued: bool = False) -> pl.DataFrame:
        """Return the rows that the filters let through.

        Args:
            rows: as for :meth:`condition`.
            period: as for :meth:`condition`.
            valued: whether only those with a value are wanted.
        """
        conditions = [self.condition(rows, period=period)]
        conditions += [pl.col("value").is_not_null()] if valued else []
        wanted = [one for one in conditions if one is not None]
        return rows.filter(*wanted) if wanted else rows


def window() -> int:
    """Return a number that becomes another every five minutes.

    What is remembered of a page holds ages ("2 h ago") and periods that end now ("30d").
    """
    return int(time.time() // _WINDOW_S)


def moment(text: str, now: datetime, *, end: bool) -> datetime | None:
    """Read a date, a time or how long ago; None for anything else.

    Args:
        text: what stands in the URL.
        now: with its UTC offset.
        end: whether a date alone means the end of that day.
    """
    try:
        if match := _AGO.fullmatch(text):
            return now - timedelta(days=int(match[1]) * _UNITS[match[2]])
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    if end and len(text) <= 10:
        found += timedelta(days=1)
    return found.astimezone(UTC)
