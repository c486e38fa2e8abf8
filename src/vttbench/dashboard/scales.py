"""Axes: where on them a value lies, and which values are written beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

_MARGIN = 0.05
"""Of the span, left free at both ends as Plotly does."""
_DAY_S = 86_400.0
_STEPS_S = (3600.0, 3 * 3600.0, 6 * 3600.0, 12 * 3600.0, *(_DAY_S * days for days in (1, 2, 7, 14)))
_MONTHS = (1, 2, 3, 6, 12, 24, 60, 120)


@dataclass(frozen=True)
class Tick:
    """A value that is written beside an axis.

    Attributes:
        share: where it lies, 0 at the low end and 1 at the high one.
        text: how it is written.
    """

    share: float
    text: str


@dataclass(frozen=True)
class Scale:
    """From values to their place on one axis.

    Attributes:
        kind: ``linear``, ``log``, ``date`` or ``category``, as Plotly calls them.
        low: what lies at the low end, as a number; of a logarithm its logarithm, of a date seconds
            since 1970, of a category its place in the order.
        high: what lies at the high end.
        categories: in their order.
    """

    kind: str
    low: float
    high: float
    categories: Mapping[str, int]

    @classmethod
    def of(cls, axis: Mapping[str, Any], values: Iterable[Any]) -> Scale:
        """Return the scale of an axis of Plotly that shows these values.

        Args:
            axis: its layout; what it doesn't say is chosen so that every value has its place.
            values: None is left out.
        """
        kind = str(axis.get("type", "linear"))
        order = {str(name): place for place, name in enumerate(axis.get("categoryarray", ()))}
        within = cls(kind, 0.0, 1.0, order)
        if "range" in axis:
            low, high = (float(bound) for bound in axis["range"])
            return cls(kind, low, high, order)
        found = [number for value in values if (number := within.number(value)) is not None]
        if axis.get("rangemode") == "tozero":
            found.append(0.0)
        if not found:
            return within
        low, high = min(found), max(found)
        margin = _MARGIN * (high - low) or _MARGIN * abs(high) or 1.0
        at_zero = axis.get("rangemode") == "tozero" and low == 0
        return cls(kind, low if at_zero else low - margin, high + margin, order)

    def number(self, value: Any) -> float | None:  # noqa: ANN401  # whatever a figure holds
        """Return a value as the number that the axis is divided by; None where it has no place."""
        if value is None:
            return None
        if self.kind == "category":
            place = self.categories.get(str(value))
            return None if place is None else float(place)
        if self.kind == "date":
            return _seconds(value)
        number = float(value)
        if not math.isfinite(number) or (self.kind == "log" and number <= 0):
            return None
        return math.log10(number) if self.kind == "log" else number

    def share(self, value: Any) -> float | None:  # noqa: ANN401  # whatever a figure holds
        """Return where a value lies, 0 at the low end and 1 at the high one; None for nowhere."""
        number = self.number(value)
        return None if number is None else (number - self.low) / ((self.high - self.low) or 1.0)

    def ticks(self, axis: Mapping[str, Any], most: int) -> list[Tick]:
        """Return what is written beside the axis, at most so many or a few more."""
        if "tickvals" in axis:
            written = list(zip(axis["tickvals"], axis["ticktext"], strict=True))
        elif self.kind == "category":
            written = [(name, name) for name in self.categories]
        elif self.kind == "date":
            written = _dates(self.low, self.high, most)
        else:
            suffix = str(axis.get("ticksuffix", ""))
            values = _round_values(self.low, self.high, axis.get("dtick"), most)
            if self.kind == "log":
                values = [10**value for value in values]
            written = [(value, f"{value:.10g}".replace("-", "−") + suffix) for value in values]
        ticks = [Tick(share, str(text)) for value, text in written
                 if (share := self.share(value)) is not None]  # fmt: skip
        return [tick for tick in ticks if -0.001 <= tick.share <= 1.001]


def _seconds(value: Any) -> float:  # noqa: ANN401  # a time, or a text with one
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _round_values(low: float, high: float, step: float | None, most: int) -> Sequence[float]:
    span = (high - low) or 1.0
    if not step:
        power = 10.0 ** math.floor(math.log10(span / most))
        step = next(power * times for times in (1, 2, 5, 10) if span / (power * times) <= most)
    first = math.ceil(low / step - 1e-9)
    return [round(step * (first + n), 12) for n in range(int((high - first * step) / step) + 1)]


def _dates(low: float, high: float, most: int) -> list[tuple[datetime, str]]:
    span = high - low
    for step in _STEPS_S:
        if span / step <= most:
            first = math.ceil(low / step) * step
            count = int((high - first) / step) + 1
            form = "%H:%M" if step < _DAY_S else "%b %-d"
            moments = [_EPOCH + timedelta(seconds=first + n * step) for n in range(count)]
            return [(moment, f"{moment:{form}}") for moment in moments]
    months = next((n for n in _MONTHS if span / (30.4 * _DAY_S * n) <= most), _MONTHS[-1])
    start, end = (_EPOCH + timedelta(seconds=bound) for bound in (low, high))
    numbers = range(start.year * 12, end.year * 12 + end.month, months)
    firsts = [datetime(number // 12, number % 12 + 1, 1, tzinfo=UTC) for number in numbers]
    return [(first, f"{first:%b %Y}") for first in firsts if first >= start]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
