"""Nothing is averaged over samples that no machine can give."""

from vttbench.sampling.plausibility import implausible


def test_a_million_tokens_beside_five_is_named() -> None:
    reasons = implausible([4.75, 1_000_000.0, 4.81, 4.79])
    assert list(reasons) == [1]
    assert "1e+06" in reasons[1]


def test_with_two_samples_nobody_can_tell_which_is_wrong() -> None:
    assert set(implausible([4.75, 1_000_000.0])) == {0, 1}


def test_ordinary_outliers_stay() -> None:
    assert implausible([100.0, 60.0, 140.0, 98.0]) == {}


def test_zero_and_less_are_no_rates() -> None:
    assert set(implausible([0.0, 5.0, -1.0])) == {0, 2}
