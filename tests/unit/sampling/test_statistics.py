"""Intervals as the textbook has them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vttbench.sampling.statistics import summarize


def test_interval_equals_scipys_t_interval() -> None:
    samples = [10.1, 9.8, 10.4, 10.0, 9.9]
    summary = summarize(samples)
    low, high = stats.t.interval(0.95, 4, loc=summary.mean, scale=stats.sem(samples))
    assert summary.ci95 == pytest.approx((low, high))
    assert summary.cv == pytest.approx(stats.variation(samples, ddof=1))


def test_one_sample_has_no_interval_and_no_spread() -> None:
    summary = summarize([5.0])
    assert summary.mean == 5.0
    assert summary.ci95 is None
    assert summary.cv is None
    assert summary.half_width_percent is None


def test_equal_samples_have_an_interval_of_width_zero() -> None:
    assert summarize([3.0, 3.0, 3.0]).half_width_percent == 0.0


@pytest.mark.parametrize("samples", [[], [1.0, math.nan], [math.inf]])
def test_what_cannot_be_summarised_is_refused(samples: list[float]) -> None:
    with pytest.raises(ValueError, match="sample"):
        summarize(samples)


@given(st.lists(st.floats(min_value=1e-6, max_value=1e9), min_size=2, max_size=20))
def test_nothing_summarised_is_nan(samples: list[float]) -> None:
    summary = summarize(samples)
    assert summary.ci95 is not None
    assert all(math.isfinite(end) for end in summary.ci95)
    assert summary.cv is not None
    assert math.isfinite(summary.cv)
