"""Where a series of measurements changes its level, and whether that is more than chance.

The method, chosen by measurement (``benchmarks/change_points``):

1. Of all ways to cut the series in two, take the one with the largest Student's t (the maximum of
   a two-sample statistic over the unknown place: Hawkins 1977).
2. It counts if t, shrunk by what autocorrelation of the residuals is evident, is above
   :data:`THRESHOLD`; the threshold is simulated, since it is a maximum over many t.
3. And if the ranks agree (Mann and Whitney's z above :data:`RANK_GATE`), and the medians differ by
   at least half of what the means do: one wild point makes a large t, and neither of these. That
   is what keeps heavy tails from raising false alarms.
4. And if the levels differ by at least one standard deviation of the noise (and by what the caller
   asks): a slow wandering is no step.
5. Both parts are searched in the same way. Where the whole shows nothing, windows of it are
   searched with the higher :data:`WINDOW_THRESHOLD`, for a dip hides from a single cut (seeded
   binary segmentation: Kovács et al. 2023).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

LEAST_POINTS = 3
"""So many points must lie on both sides of a step."""
THRESHOLD = 3.9
_SHORT = ((7, 5.5), (8, 5.0), (10, 4.6), (12, 4.4), (15, 4.2), (20, 4.0), (25, THRESHOLD))
"""Points and threshold: in short series the deviation is known badly, and t has long tails."""
WINDOW_THRESHOLD = 5.5
RANK_GATE = 2.5
LEAST_DEVIATIONS = 1.0
LEAST_OF_MEDIANS = 0.5
_SHORTEST_WINDOW = 16
# Twice the logarithm of the likelihood ratio up to which another place is as good. Simulated: the
# true place of a step of three deviations lies within in 97 % of all cases.
_PLACE = 6.0


@dataclass(frozen=True)
class Step:
    """A change of level.

    Attributes:
        index: first point of the new level.
        earliest: first place where it may as well have happened.
        latest: last such place.
        before: mean level before, back to the step before it.
        after: mean level from then on, up to the next step.
        deviation: standard deviation around the two levels.
        t: Student's t of the difference.
        n_before: points of the level before.
        n_after: points of the level after.
    """

    index: int
    earliest: int
    latest: int
    before: float
    after: float
    deviation: float
    t: float
    n_before: int
    n_after: int

    @property
    def size(self) -> float:
        """New level less old one."""
        return self.after - self.before

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the size (Welch's t would need a deviation a side; this pools)."""
        from scipy.special import stdtrit

        freedom = max(1, self.n_before + self.n_after - 2)
        error = self.deviation * math.sqrt(1 / self.n_before + 1 / self.n_after)
        half = float(stdtrit(freedom, 0.975)) * error
        return (self.size - half, self.size + half)


def steps(values: Floats, *, least: float = 0.0) -> list[Step]:
    """Find the steps of a series.

    Args:
        values: finite, in order of time; on a scale on which noise is even, such as logarithms.
        least: size below which a step is of no interest, in units of the values.

    Returns:
        Steps in order of time.
    """
    series = np.asarray(values, dtype=np.float64)
    if not np.isfinite(series).all():
        raise ValueError("a series holds finite numbers only")
    found = sorted(_search(series, 0, len(series), least))
    return _described(series, _confirmed(series, found, least))


def _search(series: Floats, start: int, end: int, least: float) -> Iterator[int]:
    """Yield places of steps between two places, cutting again and again."""
    place = _best_place(series[start:end], THRESHOLD, least)
    if place is None:
        for low, high in _windows(start, end):
            place = _best_place(series[low:high], WINDOW_THRESHOLD, least)
            if place is not None:
                place += low - start
                break
    if place is None:
        return
    yield start + place
    yield from _search(series, start, start + place, least)
    yield from _search(series, start + place, end, least)


def _windows(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield overlapping windows, from halves of the whole downwards."""
    length = (end - start) // 2
    while length >= _SHORTEST_WINDOW:
        for low in range(start, end - length + 1, max(1, length // 2)):
            yield low, low + length
        length //= 2


def _best_place(part: Floats, threshold: float, least: float) -> int | None:
    """Return where to cut, or None where no cut stands the tests."""
    if len(part) < 2 * LEAST_POINTS + 1:
        return None
    profile = _profile(part)
    place = int(np.argmax(np.abs(profile))) + LEAST_POINTS
    return place if _stands(part, place, threshold, least) else None


def _stands(part: Floats, place: int, threshold: float, least: float) -> bool:
    left, right = part[:place], part[place:]
    size = float(right.mean() - left.mean())
    residuals = np.concatenate([left - left.mean(), right - right.mean()])
    deviation = _deviation(residuals)
    if abs(size) < max(least, LEAST_DEVIATIONS * deviation) or size == 0:
        return False
    if float(np.median(right) - np.median(left)) / size < LEAST_OF_MEDIANS:
        return False
    if deviation > 0:
        t = size / (deviation * math.sqrt(1 / len(left) + 1 / len(right)))
        if abs(t) * _shrinkage(residuals) < max(threshold, _least_t(len(part))):
            return False
    return abs(_rank_z(part, place)) >= RANK_GATE


def _least_t(count: int) -> float:
    """Return the threshold of t for a series of so many points."""
    points, levels = zip(*_SHORT, strict=True)
    return float(np.interp(count, points, levels))


def _profile(part: Floats) -> Floats:
    """Return Student's t for every cut that leaves enough points on both sides."""
    count = len(part)
    centred = part - part.mean()
    places = np.arange(LEAST_POINTS, count - LEAST_POINTS + 1)
    sums = np.cumsum(centred)[places - 1]
    size = -sums * count / (places * (count - places))
    between = size**2 * places * (count - places) / count
    within = np.maximum(float(centred @ centred) - between, 1e-300)
    return np.asarray(np.sign(size) * np.sqrt(between * (count - 2) / within))


def _shrinkage(residuals: Floats) -> float:
    """Return what is left of a t where neighbours are alike; 1 where they are not evidently.

    The variance of a mean grows by (1 + r) / (1 - r) with the autocorrelation r of an AR(1)
    process. One standard error of r is allowed for chance, so independent noise loses no power.
    """
    total = float(residuals @ residuals)
    if total == 0:
        return 1.0
    r = float(residuals[1:] @ residuals[:-1]) / total - 1.0 / math.sqrt(len(residuals))
    r = min(max(r, 0.0), 0.9)
    return math.sqrt((1.0 - r) / (1.0 + r))


def _rank_z(part: Floats, place: int) -> float:
    """Return Mann and Whitney's statistic as a normal score, corrected for ties."""
    _, inverse, counts = np.unique(part, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    count, left = len(part), place
    right = count - left
    ties = float((counts.astype(np.float64) ** 3 - counts).sum()) / (count * (count - 1))
    variance = left * right / 12.0 * (count + 1 - ties)
    if variance <= 0:
        return 0.0
    return (float(ranks[:place].sum()) - left * (count + 1) / 2.0) / math.sqrt(variance)


def _deviation(residuals: Floats) -> float:
    """Return the standard deviation around two means."""
    return math.sqrt(float(residuals @ residuals) / max(1, len(residuals) - 2))


def _confirmed(series: Floats, places: list[int], least: float) -> list[int]:
    """Keep steps that stand between their neighbours; the weakest that doesn't goes first."""
    kept = list(places)
    while True:
        bounds = [0, *kept, len(series)]
        weak: list[tuple[float, int]] = []
        for number, place in enumerate(kept):
            part, cut = series[bounds[number] : bounds[number + 2]], place - bounds[number]
            if not _stands(part, cut, THRESHOLD, least):
                size = abs(float(part[cut:].mean() - part[:cut].mean()))
                weak.append((size, place))
        if not weak:
            return kept
        kept.remove(min(weak)[1])


def _described(series: Floats, places: list[int]) -> list[Step]:
    bounds = [0, *places, len(series)]
    found = []
    for number, place in enumerate(places):
        start, end = bounds[number], bounds[number + 2]
        left, right = series[start:place], series[place:end]
        residuals = np.concatenate([left - left.mean(), right - right.mean()])
        deviation = _deviation(residuals)
        error = deviation * math.sqrt(1 / len(left) + 1 / len(right))
        size = float(right.mean() - left.mean())
        earliest, latest = _range(series[start:end], place - start)
        found.append(
            Step(
                index=place,
                earliest=start + earliest,
                latest=start + latest,
                before=float(left.mean()),
                after=float(right.mean()),
                deviation=deviation,
                t=size / error if error else math.copysign(math.inf, size),
                n_before=len(left),
                n_after=len(right),
            )
        )
    return found


def _range(part: Floats, place: int) -> tuple[int, int]:
    """Return the first and last place that explain the series about as well."""
    t = _profile(part)
    count = len(part)
    # RSS of a cut relative to that of none: 1 / (1 + t² / (n - 2)).
    score = -count * np.log1p(t**2 / (count - 2))
    as_good = np.flatnonzero(score <= score[place - LEAST_POINTS] + _PLACE) + LEAST_POINTS
    return min(int(as_good[0]), place), max(int(as_good[-1]), place)
