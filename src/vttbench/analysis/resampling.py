"""Bootstrap over sessions: how well the mean of each host is known.

Hosts of a fleet are alike, and sessions are few. So up to :data:`OWN_SESSIONS` sessions the
scatter is pooled: a host's mean is moved by resampled distances of all sessions from the mean of
their own host (residual bootstrap: Efron and Tibshirani 1993, section 9.4). The distances are
widened by √(n/(n-1)) for the mean they were taken from, and by Student's t over the normal quantile
for the few sessions they come from; without both, intervals from three sessions are too short.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

DRAWS = 2000
OWN_SESSIONS = 8
"""From so many sessions on, a host's own scatter is used and not that of the fleet."""


def means(sessions: Sequence[Floats]) -> Floats:
    """Return the mean of each host and variable; NaN where a host was not measured.

    Args:
        sessions: a host each, sessions x variables with NaN.

    Returns:
        Hosts x variables.
    """
    return np.array([_mean(part) for part in sessions])


def resampled_means(
    sessions: Sequence[Floats], *, draws: int = DRAWS, seed: int = 20261125
) -> Floats:
    """Return bootstrap replicates of :func:`means`.

    All variables of a session are drawn together, for they share its luck.

    Args:
        sessions: a host each, sessions x variables with NaN.
        draws: how many replicates.
        seed: of the draw; the same data gives the same intervals.

    Returns:
        Draws x hosts x variables. Where nothing tells the scatter (one session a host), all
        replicates equal the mean: ask :func:`freedom` first.
    """
    rng = np.random.default_rng(seed)
    centred = [_residuals(part) for part in sessions]
    several = [part for part in centred if len(part) > 1]
    pool = np.concatenate(several) if several else np.zeros((1, sessions[0].shape[1]))
    pooled_freedom = sum(len(part) - 1 for part in several)
    found = np.empty((draws, len(sessions), sessions[0].shape[1]))
    for number, (part, own) in enumerate(zip(sessions, centred, strict=True)):
        alone = len(part) >= OWN_SESSIONS
        source = own if alone else pool
        widened = source * _widening(len(part) - 1 if alone else pooled_freedom)
        found[:, number, :] = _mean(part) + _drawn(widened, part, draws, rng)
    return found


def freedom(columns: Sequence[Floats]) -> int:
    """Return the degrees of freedom of the scatter within hosts; 0 where it can't be known.

    Args:
        columns: known values of one variable, a host each.
    """
    return sum(max(0, len(column) - 1) for column in columns)


def interval(draws: Floats, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of replicates."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(draws, [tail, 1.0 - tail])
    return float(low), float(high)


def _drawn(source: Floats, part: Floats, draws: int, rng: np.random.Generator) -> Floats:
    """Return mean resampled distances, draws x variables, for the sessions that are there."""
    count, pool = len(part), len(source)
    picks = rng.integers(pool, size=(draws, count))
    weights = np.zeros((draws, pool))
    np.add.at(weights, (np.repeat(np.arange(draws), count), picks.ravel()), 1.0)
    known = np.isfinite(source)
    total = weights @ np.where(known, source, 0.0)
    drawn = weights @ known
    # A variable that is missing in some sessions is known from fewer: its mean moves more.
    there = np.maximum(np.isfinite(part).sum(axis=0), 1)
    scale = np.sqrt(count / there)
    return np.asarray(scale * total / np.maximum(drawn, 1.0))


def _residuals(part: Floats) -> Floats:
    there = np.isfinite(part).sum(axis=0)
    scale = np.where(there > 1, np.sqrt(there / np.maximum(there - 1.0, 1.0)), np.nan)
    return np.asarray((part - _mean(part)) * scale)


def _mean(part: Floats) -> Floats:
    known = np.isfinite(part)
    there = known.sum(axis=0)
    total = np.where(known, part, 0.0).sum(axis=0)
    return np.asarray(np.where(there > 0, total / np.maximum(there, 1), np.nan))


def _widening(degrees: int) -> float:
    if degrees < 1:
        return 1.0
    from scipy.special import ndtri, stdtrit

    return min(float(stdtrit(degrees, 0.975)) / float(ndtri(0.975)), math.sqrt(10.0))
