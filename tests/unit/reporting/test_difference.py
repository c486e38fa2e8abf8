"""Two sets of results: what may be said about their difference."""

import numpy as np
import pytest
from scipy import stats

from vttbench.reporting.difference import Judgement, differences, welch_interval
from vttbench.reporting.side_by_side import cells_of, remarks_of
from vttbench.result import ErrorKind, Status
from vttbench.store import Stored


@pytest.fixture
def stored(make_result, tmp_path):
    def make(*args, **kwargs):
        return Stored(tmp_path, make_result(*args, **kwargs))

    return make


def only(found):
    assert len(found) == 1
    return found[0]


def test_welch_interval_is_scipys():
    a, b = [10.0, 11.0, 12.5, 9.0], [13.0, 12.0, 15.0]
    expected = stats.ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert welch_interval(a, b) == pytest.approx((expected.low, expected.high))


def test_welch_interval_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(2000):
        low, high = welch_interval(rng.normal(10, 1, 4), rng.normal(12, 3, 6))
        covered += low <= 2 <= high
    assert 0.93 <= covered / 2000 <= 0.97


def test_difference_larger_than_noise_is_judged_by_direction(stored):
    low, high = [100.0, 101.0, 102.0], [110.0, 111.0, 112.0]
    assert only(differences([stored(low)], [stored(high)])).judgement is Judgement.BETTER
    assert only(differences([stored(high)], [stored(low)])).judgement is Judgement.WORSE
    slow = only(differences([stored(low, higher=False)], [stored(high, higher=False)]))
    assert slow.judgement is Judgement.WORSE
    assert slow.percent == pytest.approx(100 * 10 / 101)
    assert slow.interval[0] < slow.percent < slow.interval[1]


def test_difference_smaller_than_noise_is_noise(stored):
    found = only(differences([stored([100.0, 110.0, 90.0])], [stored([103.0, 95.0, 112.0])]))
    assert found.judgement is Judgement.NOISE


def test_single_repeat_tells_nothing_about_noise(stored):
    found = only(differences([stored([100.0])], [stored([200.0, 201.0])]))
    assert found.judgement is Judgement.UNKNOWN
    assert found.interval is None
    assert found.percent == pytest.approx(100.5)
    assert "one repeat" in found.reason


def test_sessions_are_the_samples_where_both_sides_have_several(stored):
    """Tight repeats in sessions that lie far apart must not look like certainty."""
    a = [stored([100.0, 100.1], session="1"), stored([120.0, 120.1], session="2", after_s=9)]
    b = [stored([115.0, 115.1], session="1"), stored([130.0, 130.1], session="2", after_s=9)]
    found = only(differences(a, b))
    assert found.basis == "2 and 2 sessions"
    assert found.judgement is Judgement.NOISE
    assert not any("single sessions" in remark for remark in remarks_of([found]))


def test_what_must_be_equal_and_is_not_is_named_unless_forced(stored):
    a = stored([100.0, 101.0], key={"tool_version": "26.02", "driver": None, "threads": 2})
    b = stored([200.0, 201.0], key={"tool_version": "21.07", "driver": "x", "threads": 2})
    found = only(differences([a], [b]))
    assert found.judgement is Judgement.NOT_COMPARABLE
    assert found.percent is None
    assert "tool_version (26.02 / 21.07)" in found.reason
    assert "driver (? / x)" in found.reason
    assert "threads" not in found.reason
    forced = only(differences([a], [b], force=True))
    assert forced.judgement is Judgement.BETTER
    assert "tool_version" in forced.reason, "the reader still sees what differs"


def test_step_of_one_side_only_is_shown_as_such(stored):
    a = [stored([1.0, 2.0], benchmark="fio", variant="randread")]
    b = [stored([1.0, 2.0], benchmark="fio", variant="randwrite")]
    judgements = {found.variant: found.judgement for found in differences(a, b)}
    assert judgements == {"randread": Judgement.ONLY_A, "randwrite": Judgement.ONLY_B}


def test_two_suites_of_a_fleet_are_compared_host_by_host(stored):
    old = [stored([100.0, 101.0], host="z1"), stored([200.0, 201.0], host="z2", after_s=1)]
    new = [stored([100.0, 101.0], host="z1"), stored([150.0, 151.0], host="z2", after_s=1)]
    found = {entry.label: entry.judgement for entry in differences(old, new)}
    assert found == {"z1 sevenzip": Judgement.NOISE, "z2 sevenzip": Judgement.WORSE}
    assert only(differences(old[:1], new[1:])).label == "sevenzip"


def test_failed_side_has_no_value_and_unstable_side_is_marked(stored):
    good = stored([100.0, 101.0])
    failed = stored([], status=Status.FAILED, kind=ErrorKind.CRASHED)
    assert only(differences([good], [failed])).judgement is Judgement.ONLY_A
    unstable = stored([100.0, 150.0], status=Status.UNSTABLE)
    found = only(differences([good], [unstable]))
    assert found.doubtful
    assert cells_of(found)[3].startswith("≈ ")


def test_retried_step_counts_once(stored):
    a = [stored([100.0, 101.0])]
    b = [
        stored([50.0, 51.0], status=Status.PARTIAL, kind=ErrorKind.INTERRUPTED),
        stored([100.0, 101.0], after_s=60),
    ]
    assert only(differences(a, b)).b == pytest.approx(100.5)


def test_zero_base_has_no_percentage(stored):
    found = only(differences([stored([0.0, 0.0], metrics=None)], [stored([1.0, 1.0])]))
    assert found.percent is None
    assert "no percentage" in found.reason


def test_different_units_are_not_comparable(stored, make_metric):
    a = stored(metrics=[make_metric("triad", [1.0, 2.0], "GB/s")])
    b = stored(metrics=[make_metric("triad", [1.0, 2.0], "MB/s")])
    found = only(differences([a], [b]))
    assert found.judgement is Judgement.NOT_COMPARABLE
    assert "GB/s, MB/s" in found.reason


def test_equal_values_without_any_spread_are_the_same(stored):
    found = only(differences([stored([5.0, 5.0])], [stored([5.0, 5.0])]))
    assert found.judgement is Judgement.NOISE


def test_reader_of_many_comparisons_is_warned_of_chance(stored, make_metric):
    metrics = [make_metric(f"m{number}", [1.0, 2.0]) for number in range(40)]
    found = differences([stored(metrics=metrics)], [stored(metrics=metrics)])
    assert any("about 2 would look different" in remark for remark in remarks_of(found))
