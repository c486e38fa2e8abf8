"""How long something will take, from how long it took before."""

from __future__ import annotations

from vttbench.result import Status
from vttbench.suite.estimate import alike, estimate_s, estimate_step_s, usual_repeat_s


def test_what_was_never_measured_has_no_duration(make_result) -> None:
    assert estimate_s([]) is None
    assert usual_repeat_s([]) is None
    assert estimate_step_s([], host="box", benchmark="stream", profile="quick") is None
    failed = [make_result(status=Status.FAILED, span_s=1, repeats_s=(1.0,))]
    assert estimate_s(failed) is None
    assert usual_repeat_s(failed) is None


def test_one_slow_day_does_not_change_what_is_usual(make_result) -> None:
    results = [make_result(span_s=span, repeats_s=(span / 10,)) for span in (50, 60, 6000)]
    assert estimate_s(results) == 60
    assert usual_repeat_s(results) == 6


def test_all_repeats_of_all_results_count_alike(make_result) -> None:
    results = [make_result(repeats_s=(1.0, 2.0, 3.0)), make_result(repeats_s=(100.0, 100.0))]
    assert usual_repeat_s(results) == 3.0


def test_only_the_same_measurement_says_something(make_result) -> None:
    wanted = make_result("llama", variant="a")
    others = [
        make_result("llama", variant="b"),
        make_result("fio", variant="a"),
        make_result("llama", variant="a", host="other"),
        make_result("llama", variant="a", profile="full"),
    ]
    assert alike(
        [*others, wanted], host="box", benchmark="llama", variant="a", profile="quick"
    ) == [wanted]


def test_a_step_takes_as_long_as_all_variants_of_its_latest_session(make_result) -> None:
    results = [
        make_result("llama", variant="gone", session_id="s1", span_s=1000),
        make_result("llama", variant="a", session_id="s1", span_s=10),
        make_result("llama", variant="a", session_id="s2", span_s=20, minute=60),
        make_result("llama", variant="b", session_id="s2", span_s=7, minute=61),
        make_result("llama", variant="b", session_id="s2", span_s=999, profile="full", minute=99),
    ]
    wanted = {"host": "box", "benchmark": "llama", "profile": "quick"}
    assert estimate_step_s(results, **wanted) == 15 + 7
