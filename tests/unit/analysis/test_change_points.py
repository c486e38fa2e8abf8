"""Steps in a series: found where planted, and not where there are none."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vttbench.analysis.change_points import steps

SERIES = 400


def noise(rng, kind, count, length):
    if kind == "gaussian":
        return rng.normal(size=(count, length))
    if kind == "skewed":
        return rng.exponential(size=(count, length)) - 1.0
    if kind == "wild":
        wild = (rng.random((count, length)) < 0.03) * rng.exponential(8, size=(count, length))
        return rng.normal(size=(count, length)) - wild
    if kind.startswith("autocorrelated"):
        r = float(kind.partition(" ")[2])
        shocks = rng.normal(size=(count, length)) * np.sqrt(1 - r**2)
        found = np.empty((count, length))
        found[:, 0] = rng.normal(size=count)
        for i in range(1, length):
            found[:, i] = r * found[:, i - 1] + shocks[:, i]
        return found
    return rng.standard_t(3, size=(count, length)) / np.sqrt(3)


# Rates of many more series stand in docs/analysis.md; these limits are what 400 series can hold.
@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("gaussian", 0.01),
        ("t3", 0.02),
        ("skewed", 0.04),
        ("wild", 0.0025),
        ("autocorrelated 0.2", 0.05),
        ("autocorrelated 0.4", 0.085),
    ],
)
@pytest.mark.parametrize("cv", [0.01, 0.02])
def test_noise_alone_raises_hardly_any_alarm_upwards_or_downwards(kind, most, cv):
    series = cv * noise(np.random.default_rng(11), kind, SERIES, 100)
    alarms = sum(bool(steps(line, least=0.01)) for line in series)
    assert alarms <= most * SERIES


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("before", [20, 95])
def test_a_step_of_three_percent_at_one_percent_noise_is_found_from_five_points(before, sign):
    series = 0.01 * noise(np.random.default_rng(12), "gaussian", SERIES, before + 5)
    series[:, before:] += sign * 0.03
    found = [steps(line, least=0.01) for line in series]
    right = [any(step.size * sign > 0 for step in each) for each in found]
    near = [any(abs(step.index - before) <= 2 for step in each) for each in found]
    assert np.mean(right) >= 0.95
    assert np.mean(near) >= 0.94


def test_the_place_of_a_step_lies_in_the_range_that_is_named():
    series = 0.01 * noise(np.random.default_rng(13), "gaussian", SERIES, 40)
    series[:, 20:] -= 0.03
    found = [steps(line)[0] for line in series]
    assert np.mean([step.earliest <= 20 <= step.latest for step in found]) >= 0.95
    assert np.mean([step.latest - step.earliest for step in found]) < 3


def test_one_wild_point_is_no_step():
    series = 0.01 * noise(np.random.default_rng(14), "gaussian", SERIES, 60)
    series[:, 57] -= 0.4
    assert sum(bool(steps(line)) for line in series) <= 0.02 * SERIES


def test_a_dip_that_went_away_is_two_steps():
    series = 0.01 * noise(np.random.default_rng(15), "gaussian", 50, 100)
    series[:, 40:60] -= 0.03
    found = [steps(line) for line in series]
    assert np.mean([len(each) == 2 for each in found]) > 0.9


def test_two_steps_down_are_told_apart():
    series = 0.01 * noise(np.random.default_rng(16), "gaussian", 50, 90)
    series[:, 30:] -= 0.03
    series[:, 60:] -= 0.03
    sizes = [sorted(step.index for step in steps(line)) for line in series]
    assert np.mean([len(s) == 2 and abs(s[0] - 30) < 4 and abs(s[1] - 60) < 4 for s in sizes]) > 0.9


def test_a_step_below_the_least_size_is_left_out():
    series = 0.001 * np.random.default_rng(17).normal(size=60)
    series[30:] -= 0.008
    assert steps(series)
    assert steps(series, least=0.01) == []


def test_a_step_without_any_noise_is_a_step():
    assert [step.index for step in steps(np.array([5.0] * 10 + [4.0] * 6))] == [10]


@given(st.lists(st.sampled_from([1.0]), max_size=40))
def test_a_constant_series_has_no_step(values):
    assert steps(np.array(values)) == []


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.floats(-1e6, 1e6, allow_nan=False), max_size=60),
    st.floats(-1e3, 1e3),
    st.floats(0.01, 1e3),
)
def test_units_and_zero_do_not_decide(values, shift, scale):
    series = np.round(np.array(values), 3)
    assert [s.index for s in steps(series)] == [s.index for s in steps(series * 2.0)]
    for step in steps(series * scale + shift):
        assert step.earliest <= step.index <= step.latest
        assert step.n_before >= 3
        assert step.n_after >= 3


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_upside_down_the_same_steps_are_found(seed):
    rng = np.random.default_rng(seed)
    series = rng.normal(size=50)
    series[rng.integers(5, 45) :] += rng.choice([-4.0, 0.0, 4.0])
    assert [s.index for s in steps(series)] == [s.index for s in steps(-series)]


def test_a_gap_is_no_number():
    with pytest.raises(ValueError, match="finite"):
        steps(np.array([1.0, np.nan, 2.0]))
