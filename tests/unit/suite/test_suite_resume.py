"""What a suite still lacks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.result import Status
from vttbench.suite.plan import plan
from vttbench.suite.resume import done, remaining

PLAN = plan(["stream", "llama"], ["s1", "s2"], seed=1)


def lacking(*results, variants=None) -> list[tuple[int, str]]:
    return [(step.session, step.benchmark) for step in remaining(PLAN, results, variants)]


def test_without_results_everything_remains() -> None:
    assert remaining(PLAN, []) == PLAN.steps


@pytest.mark.parametrize("status", [Status.OK, Status.UNSTABLE])
def test_what_is_settled_is_not_done_again(make_result, status: Status) -> None:
    assert (1, "stream") not in lacking(make_result("stream", status))
    assert len(lacking(make_result("stream", status))) == 3


@pytest.mark.parametrize("status", [Status.FAILED, Status.PARTIAL, Status.SKIPPED])
def test_what_failed_or_was_skipped_is_tried_again(make_result, status: Status) -> None:
    assert len(lacking(make_result("stream", status))) == 4


def test_a_second_attempt_that_succeeded_settles_it(make_result) -> None:
    attempts = [make_result(status=Status.FAILED), make_result(status=Status.OK, minute=1)]
    assert (1, "stream") not in lacking(*attempts)
    assert (1, "stream") not in lacking(*reversed(attempts))


def test_a_session_counts_for_itself_alone(make_result) -> None:
    assert (1, "stream") in lacking(make_result("stream", session_id="s2"))
    assert len(lacking(make_result("stream", session_id="another suite's"))) == 4


def test_a_step_remains_until_all_its_known_variants_are_settled(make_result) -> None:
    variants = {"llama": ["a", "b"]}
    one = make_result("llama", variant="a")
    assert (1, "llama") in lacking(one, variants=variants)
    left = remaining(PLAN, [one], variants)
    [step] = [step for step in left if (step.session, step.benchmark) == (1, "llama")]
    assert step.done == ("a",)
    both = [one, make_result("llama", Status.UNSTABLE, variant="b")]
    assert (1, "llama") not in lacking(*both, variants=variants)


def test_a_step_of_unknown_variants_remains_and_says_which_are_settled(make_result) -> None:
    results = [make_result("llama", variant="b"), make_result("llama", variant="a")]
    [step] = [
        step for step in remaining(PLAN, results) if (step.session, step.benchmark) == (1, "llama")
    ]
    assert step.done == ("a", "b")


def test_the_host_does_not_rest_before_the_first_step_that_remains(make_result) -> None:
    results = [make_result("stream"), make_result("llama")]
    assert [step.rest for step in remaining(PLAN, results)] == [False, False]


statuses = st.sampled_from(list(Status))


@given(
    attempts=st.lists(
        st.tuples(st.sampled_from(["stream", "llama"]), st.sampled_from(["s1", "s2"]), statuses)
    )
)
def test_resuming_ends_once_everything_is_settled(attempts) -> None:
    from types import SimpleNamespace as Some

    results = [
        Some(session_id=session, benchmark=Some(name=name, variant=None), status=status)
        for name, session, status in attempts
    ]
    left = remaining(PLAN, results)
    settled = {
        (session, name)
        for name, session, status in attempts
        if status in (Status.OK, Status.UNSTABLE)
    }
    assert {(step.session_id, step.benchmark) for step in left}.isdisjoint(settled)
    assert len(left) == 4 - len(settled)
    assert done(results) == {(session, name, None) for session, name in settled}
