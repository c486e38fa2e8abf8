"""Two hosts: how much they differ, whether that is chance, and what it would take to know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from vttbench.analysis.resampling import OWN_SESSIONS, Floats, interval

LEVEL = 0.05
"""Chance of telling any two hosts of a metric apart that are equal (Holm 1979)."""
POWER = 0.8
MOST_SESSIONS = 200
"""More sessions than this is no advice."""
ALL_PAIRS = 40
"""In larger fleets only the best host is compared with each other."""


@dataclass(frozen=True)
class Pair:
    """Two hosts, the faster one first.

    Attributes:
        faster: name.
        slower: name.
        percent: how much faster.
        interval: 95 % interval of ``percent``; None where no scatter is known.
        superiority: probability that a session of the faster one beats one of the slower.
        p: two-sided, of the difference alone; None where no scatter is known.
        p_holm: adjusted for all pairs of this metric.
        sessions_needed: how many more sessions a host would tell them apart with a chance of 80 %
            if the difference is as it looks; None where they are apart, or it would be too many.
    """

    faster: str
    slower: str
    percent: float
    interval: tuple[float, float] | None
    superiority: float
    p: float | None
    p_holm: float | None
    sessions_needed: int | None

    @property
    def apart(self) -> bool:
        """Whether the two can be told apart."""
        return self.p_holm is not None and self.p_holm < LEVEL


def pairs_of(hosts: Sequence[str], columns: Sequence[Floats], draws: Floats) -> list[Pair]:
    """Compare hosts two by two.

    Args:
        hosts: names.
        columns: log speed of the sessions of each host; at least one each.
        draws: bootstrap replicates of the hosts' means, draws x hosts.

    Returns:
        The pairs, fastest first.
    """
    order = sorted(range(len(hosts)), key=lambda i: -float(columns[i].mean()))
    chosen = list(combinations(order, 2))
    if len(order) > ALL_PAIRS:
        chosen = [(order[0], other) for other in order[1:]]
    pooled = _pooled(columns)
    chances = [_p(columns[a], columns[b], pooled) for a, b in chosen]
    adjusted = holm([p for p in chances if p is not None])
    found = []
    for (a, b), p in zip(chosen, chances, strict=True):
        size = float(columns[a].mean() - columns[b].mean())
        p_holm = None if p is None else adjusted.pop(0)
        known = p is not None
        low, high = interval(draws[:, a] - draws[:, b])
        found.append(
            Pair(
                faster=hosts[a],
                slower=hosts[b],
                percent=100.0 * math.expm1(size),
                interval=(100.0 * math.expm1(low), 100.0 * math.expm1(high)) if known else None,
                superiority=superiority(columns[a], columns[b]),
                p=p,
                p_holm=p_holm,
                sessions_needed=_needed(size, columns[a], columns[b], pooled, len(chosen))
                if p_holm is not None and p_holm >= LEVEL
                else None,
            )
        )
    return found


def superiority(one: Floats, other: Floats) -> float:
    """Return the probability that a value of one is larger than one of the other; ties are half.

    This is Mann and Whitney's U over the number of pairs (Vargha and Delaney 2000).
    """
    difference = one[:, None] - other[None, :]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def holm(chances: Sequence[float]) -> list[float]:
    """Adjust p values so that the chance of any false one is kept (Holm 1979).

    Args:
        chances: p values of all tests, in any order.

    Returns:
        Adjusted p values in the same order.
    """
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    adjusted = [0.0] * len(chances)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(chances) - rank) * chances[index]))
        adjusted[index] = highest
    return adjusted


def _pooled(columns: Sequence[Floats]) -> tuple[float, int]:
    """Return the variance within hosts and its degrees of freedom."""
    degrees = sum(len(column) - 1 for column in columns)
    if degrees < 1:
        return 0.0, 0
    squares = sum(float(((column - column.mean()) ** 2).sum()) for column in columns)
    return squares / degrees, degrees


def _p(one: Floats, other: Floats, pooled: tuple[float, int]) -> float | None:
    """Return the two-sided p of a difference of means: Welch's t, or pooled where sessions are few.

    A fleet is of one kind, so with few sessions the scatter of all hosts is the better guess.
    """
    from scipy.special import stdtr

    size = float(one.mean() - other.mean())
    if min(len(one), len(other)) >= OWN_SESSIONS:
        parts = [float(side.var(ddof=1)) / len(side) for side in (one, other)]
        variance = sum(parts)
        if variance == 0:
            return 1.0 if size == 0 else 0.0
        shares = (part**2 / (len(side) - 1) for part, side in zip(parts, (one, other), strict=True))
        degrees = variance**2 / sum(shares)
    else:
        scatter, whole = pooled
        if whole < 1:
            return None
        variance, degrees = scatter * (1 / len(one) + 1 / len(other)), float(whole)
        if variance == 0:
            return 1.0 if size == 0 else 0.0
    return float(min(1.0, 2.0 * stdtr(degrees, -abs(size) / math.sqrt(variance))))


def _needed(
    size: float, one: Floats, other: Floats, pooled: tuple[float, int], tests: int
) -> int | None:
    """Return how many more sessions a host would decide, or None for too many."""
    from scipy.special import ndtri

    variance = pooled[0]
    if min(len(one), len(other)) >= OWN_SESSIONS:
        variance = float(one.var(ddof=1) + other.var(ddof=1)) / 2.0
    if size == 0 or variance == 0:
        return None
    quantiles = float(ndtri(1.0 - LEVEL / (2.0 * tests)) + ndtri(POWER))
    wanted = math.ceil(2.0 * variance * (quantiles / size) ** 2)
    more = max(1, wanted - min(len(one), len(other)))
    return more if more <= MOST_SESSIONS else None


def between_share(columns: Sequence[Floats]) -> tuple[float, tuple[float, float]] | None:
    """Return the share of variance that lies between hosts (ICC), with its 95 % interval.

    One-way random effects, ICC(1) of Shrout and Fleiss 1979, with the effective number of sessions
    of Donner 1986 where hosts have different numbers; the interval is that of the F ratio.

    Args:
        columns: values of the sessions of each host.

    Returns:
        None for fewer than two hosts or no scatter within them.
    """
    columns = [column for column in columns if len(column)]
    hosts, total = len(columns), sum(len(column) for column in columns)
    if hosts < 2 or total <= hosts:
        return None
    from scipy.special import fdtri

    grand = float(np.concatenate(columns).mean())
    within = sum(float(((column - column.mean()) ** 2).sum()) for column in columns)
    between = sum(len(column) * (float(column.mean()) - grand) ** 2 for column in columns)
    within /= total - hosts
    between /= hosts - 1
    if within == 0:
        return None
    size = (total - sum(len(column) ** 2 for column in columns) / total) / (hosts - 1)
    ratio = between / within

    def share(f: float) -> float:
        return max(0.0, (f - 1.0) / (f + size - 1.0))

    low = ratio / float(fdtri(hosts - 1, total - hosts, 0.975))
    high = ratio / float(fdtri(hosts - 1, total - hosts, 0.025))
    return share(ratio), (share(low), share(high))
