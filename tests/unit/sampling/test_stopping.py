"""Repeating ends when the numbers are stable, or at a hard limit."""

from vttbench.sampling.limits import Limits
from vttbench.sampling.stopping import Verdict, decide, settled

LIMITS = Limits(
    warmup=1, min_repeats=3, max_repeats=6, target_half_width_percent=2.0, budget_s=100.0
)


def verdict(samples: dict[str, list[float]], **known: float) -> Verdict:
    facts = {"attempts": 3, "elapsed_s": 10.0, "usual_repeat_s": 1.0} | known
    return decide(
        samples,
        LIMITS,
        attempts=int(facts["attempts"]),
        elapsed_s=facts["elapsed_s"],
        usual_repeat_s=facts["usual_repeat_s"],
    ).verdict


def test_stable_samples_end_the_repeating() -> None:
    assert verdict({"a": [100.0, 100.1, 99.9]}) is Verdict.CONVERGED


def test_every_primary_metric_must_be_stable() -> None:
    assert verdict({"a": [100.0, 100.1, 99.9], "b": [100.0, 120.0, 90.0]}) is Verdict.GO_ON


def test_fewer_than_the_minimum_is_never_enough() -> None:
    assert verdict({"a": [100.0, 100.0]}) is Verdict.GO_ON


def test_the_maximum_is_a_hard_limit() -> None:
    assert verdict({"a": [100.0, 120.0, 90.0, 110.0, 80.0, 100.0]}) is Verdict.GIVE_UP


def test_runs_that_give_nothing_are_limited_too() -> None:
    assert verdict({}, attempts=LIMITS.max_attempts) is Verdict.GIVE_UP


def test_the_budget_ends_it_when_the_next_repeat_would_not_fit() -> None:
    wide = {"a": [100.0, 120.0, 90.0]}
    assert verdict(wide, elapsed_s=95.0, usual_repeat_s=10.0) is Verdict.GIVE_UP
    assert verdict(wide, elapsed_s=80.0, usual_repeat_s=10.0) is Verdict.GO_ON


def test_below_the_minimum_the_budget_may_be_overdrawn_once() -> None:
    few = {"a": [100.0]}
    assert verdict(few, elapsed_s=120.0) is Verdict.GO_ON
    assert verdict(few, elapsed_s=200.0) is Verdict.GIVE_UP


def test_giving_up_says_the_spread() -> None:
    decision = decide(
        {"a": [100.0, 120.0, 90.0, 110.0, 80.0, 100.0]},
        LIMITS,
        attempts=6,
        elapsed_s=1.0,
        usual_repeat_s=1.0,
    )
    assert "did not converge in 6 repeats: ±14" in decision.reason


def test_one_repeat_is_enough_where_one_is_all_that_was_asked_for() -> None:
    once = Limits(min_repeats=1, max_repeats=1)
    decision = decide({"a": [1.0]}, once, attempts=1, elapsed_s=1.0, usual_repeat_s=1.0)
    assert decision.verdict is Verdict.CONVERGED


def test_warm_up_is_over_when_two_repeats_agree() -> None:
    assert settled({"a": 100.0}, {"a": 103.0})
    assert not settled({"a": 100.0}, {"a": 170.0})
    assert not settled({"a": 100.0, "b": 1.0}, {"a": 100.0, "b": 2.0})
    assert not settled({}, {"a": 1.0})
