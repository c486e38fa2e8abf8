"""Samples that a physical machine can't give.

A run with a near-zero duration recorded 1,000,000 tokens/s beside 4.75, and the mean of both went
into a public data set (AlexsJones/llmfit 1038). Such samples are named and kept out of every mean;
ordinary outliers are not touched, since they are what the spread is there to show.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

# The clocks we read resolve 1 ms on every system (Windows' coarse clock steps by 15.6 ms, but
# tools there use the performance counter). A run shorter than that was not measured at all.
SHORTEST_RUN_S = 0.001

# Same tool, same parameters, same machine, minutes apart: an order of magnitude is not noise.
ABSURD_RATIO = 10.0


def implausible(samples: Sequence[float]) -> dict[int, str]:
    """Find samples that differ absurdly from the median of their series.

    Args:
        samples: values of one metric over the repeats, in order.

    Returns:
        Index to reason. With two samples an absurd ratio condemns both: nothing says which errs.
    """
    reasons: dict[int, str] = {}
    positive = [sample for sample in samples if sample > 0]
    for index, sample in enumerate(samples):
        if sample <= 0:
            reasons[index] = f"{sample:g} is not a rate or a time that a machine can have"
    if len(positive) == 2 and max(positive) > ABSURD_RATIO * min(positive):
        low, high = sorted(positive)
        both = f"{low:g} and {high:g} can't both be true"
        return reasons | {i: both for i, sample in enumerate(samples) if sample > 0}
    if len(positive) >= 3:
        median = statistics.median(positive)
        for index, sample in enumerate(samples):
            if sample > 0 and max(sample / median, median / sample) > ABSURD_RATIO:
                reasons[index] = f"{sample:g} beside a median of {median:g} is no measurement"
    return reasons
