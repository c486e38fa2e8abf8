"""Which backups stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Retention:
    """For how many days, weeks and months the newest backup of each is kept.

    Only days, weeks and months that have a backup count: a server that was off for a month still
    has its seven dailies when it comes back.
    """

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


def kept(times: Iterable[datetime], rule: Retention) -> set[datetime]:
    """Return those of the times (UTC) whose backups stay. The newest always does."""
    newest_first = sorted(set(times), reverse=True)
    stay = set(newest_first[:1])
    for count, period in (
        (rule.daily, _day),
        (rule.weekly, _week),
        (rule.monthly, _month),
    ):
        stay |= set(_newest_of_each(newest_first, period)[:count])
    return stay


def _newest_of_each(
    newest_first: list[datetime], period: Callable[[datetime], tuple[int, ...]]
) -> list[datetime]:
    newest: dict[tuple[int, ...], datetime] = {}
    for time in newest_first:
        newest.setdefault(period(time), time)
    return list(newest.values())


def _day(time: datetime) -> tuple[int, ...]:
    return time.year, time.month, time.day


def _week(time: datetime) -> tuple[int, ...]:
    return tuple(time.isocalendar()[:2])


def _month(time: datetime) -> tuple[int, ...]:
    return time.year, time.month
