"""What heat had to do with it: temperature and clock of two stretches of sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

WARMER_C = 3.0
SLOWER_CLOCK = 0.01


@dataclass(frozen=True)
class HeatShift:
    """Temperature and clock before and after a step; None where the host doesn't tell.

    Attributes:
        temperature_c: mean of the sessions' hottest moments, before and after.
        clock_mhz: mean clock, before and after.
        throttled: share of sessions that throttled, before and after.
    """

    temperature_c: tuple[float, float] | None = None
    clock_mhz: tuple[float, float] | None = None
    throttled: tuple[float, float] | None = None

    @property
    def verdict(self) -> str:
        """Whether heat explains that a machine got slower: ``likely``, ``no`` or ``unknown``."""
        throttles_more = self.throttled is not None and self.throttled[1] > self.throttled[0] + 0.2
        if throttles_more:
            return "likely"
        if self.clock_mhz is None or self.temperature_c is None:
            return "unknown"
        before, after = self.clock_mhz
        slower = after < (1.0 - SLOWER_CLOCK) * before
        warmer = self.temperature_c[1] > self.temperature_c[0] + WARMER_C
        return "likely" if slower and warmer else "no"


def heat_shift(before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> HeatShift:
    """Compare two stretches of rows of the table."""
    return HeatShift(
        temperature_c=_means(before, after, "temperature_max_c"),
        clock_mhz=_means(before, after, "clock_mean_mhz"),
        throttled=_means(before, after, "throttled"),
    )


def _means(
    before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]], name: str
) -> tuple[float, float] | None:
    sides = [
        [float(row[name]) for row in rows if row[name] is not None] for rows in (before, after)
    ]
    return (fmean(sides[0]), fmean(sides[1])) if all(sides) else None
