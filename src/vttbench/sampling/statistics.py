"""Summary statistics of the repeats of one session.

Repeats within a session are correlated: the interval says how well the mean of *this* session is
known, not how well the machine is. Comparing machines is a matter of several sessions.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Summary:
    """Mean and spread of n samples.

    Attributes:
        mean: arithmetic mean, in the unit of the samples.
        ci95: interval of the mean by Student's t with n - 1 degrees of freedom; None for n < 2.
        cv: sample standard deviation over the mean's magnitude; None for n < 2 or mean 0.
    """

    n: int
    mean: float
    ci95: tuple[float, float] | None
    cv: float | None

    @property
    def half_width_percent(self) -> float | None:
        """Relative half-width of the interval in percent of the mean; None if not defined."""
        if self.ci95 is None or self.mean == 0:
            return None
        return 100.0 * (self.ci95[1] - self.ci95[0]) / 2.0 / abs(self.mean)


def summarize(samples: Sequence[float]) -> Summary:
    """Summarise samples.

    Raises:
        ValueError: no sample, or one that is not finite.
    """
    if not samples:
        raise ValueError("no sample to summarise")
    if not all(math.isfinite(sample) for sample in samples):
        raise ValueError(f"samples must be finite: {list(samples)}")
    n = len(samples)
    mean = statistics.fmean(samples)
    if n < 2:
        return Summary(n=n, mean=mean, ci95=None, cv=None)
    # scipy.special alone: importing scipy.stats costs half a second a task on the controller.
    from scipy.special import stdtrit

    deviation = statistics.stdev(samples)
    half = float(stdtrit(n - 1, 0.975)) * deviation / math.sqrt(n)
    cv = deviation / abs(mean) if mean else None
    return Summary(n=n, mean=mean, ci95=(mean - half, mean + half), cv=cv)
