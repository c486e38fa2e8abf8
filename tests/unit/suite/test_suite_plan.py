"""The steps of a run."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.suite.plan import plan
from vttbench.suite.tags import UnknownTagError

BENCHMARKS = ["sevenzip", "stream", "fio", "llama"]


def order(planned, session: int = 1) -> list[str]:
    return [step.benchmark for step in planned.steps if step.session == session]


def test_every_session_holds_every_benchmark_once() -> None:
    planned = plan(BENCHMARKS, 3, seed=7)
    assert [step.session for step in planned.steps] == [1] * 4 + [2] * 4 + [3] * 4
    for session in (1, 2, 3):
        assert sorted(order(planned, session)) == sorted(BENCHMARKS)


def test_each_session_has_an_id_of_its_own_that_sorts_by_time() -> None:
    ids = list(dict.fromkeys(step.session_id for step in plan(BENCHMARKS, 3, seed=7).steps))
    assert len(ids) == 3
    assert all(UUID(session_id).version == 7 for session_id in ids)
    assert ids == sorted(ids)


def test_given_ids_are_kept() -> None:
    planned = plan(["stream"], ["a", "b"], seed=7)
    assert [step.session_id for step in planned.steps] == ["a", "b"]


def test_the_same_seed_gives_the_same_order_as_ever() -> None:
    planned = plan(BENCHMARKS, 2, seed=1)
    # Recorded once: a suite must resume in its order with every version of Python.
    assert order(planned, 1) == ["sevenzip", "fio", "llama", "stream"]
    assert order(planned, 2) == ["stream", "sevenzip", "llama", "fio"]


def test_orders_differ_between_sessions_and_seeds() -> None:
    orders = {tuple(order(plan(BENCHMARKS, 1, seed=seed))) for seed in range(200)}
    assert len(orders) == 24
    sessions = {tuple(order(plan(BENCHMARKS, 20, seed=1), number)) for number in range(1, 21)}
    assert len(sessions) > 5


@given(seed=st.integers(0, 2**31), kept=st.sets(st.sampled_from(BENCHMARKS), min_size=1))
def test_the_order_does_not_depend_on_what_else_is_measured(seed: int, kept: set[str]) -> None:
    everything = order(plan(BENCHMARKS, 1, seed=seed))
    tagged = order(plan(BENCHMARKS[::-1], 1, seed=seed, run_tags=sorted(kept)))
    assert tagged == [name for name in everything if name in kept]


def test_a_host_rests_before_each_session_but_the_first() -> None:
    planned = plan(["stream", "fio"], 3, seed=7)
    assert [step.rest for step in planned.steps] == [False, False, True, False, True, False]


def test_a_benchmark_tag_plans_that_benchmark_in_all_stages() -> None:
    planned = plan(BENCHMARKS, 2, seed=7, run_tags=["llama"])
    assert planned.stages == ("install", "preflight", "run", "collect")
    assert planned.benchmarks == planned.roles == ("llama",)
    assert len(planned.steps) == 2


def test_without_the_stage_run_nothing_is_measured() -> None:
    planned = plan(BENCHMARKS, 2, seed=7, run_tags=["install", "llama"])
    assert planned.stages == ("install",)
    assert planned.roles == ("llama",)
    assert planned.steps == ()


def test_benchmarks_of_users_share_a_role_and_a_tag() -> None:
    planned = plan(BENCHMARKS, 1, seed=7, run_tags=["custom"], custom=["sysbench", "openssl"])
    assert planned.benchmarks == ("sysbench", "openssl")
    assert planned.roles == ("custom",)
    assert {step.role for step in planned.steps} == {"custom"}
    named = plan(BENCHMARKS, 1, seed=7, run_tags=["openssl"], custom=["sysbench", "openssl"])
    assert named.benchmarks == ("openssl",)
    skipped = plan(BENCHMARKS, 1, seed=7, skip_tags=["custom"], custom=["sysbench"])
    assert skipped.benchmarks == tuple(BENCHMARKS)


def test_the_tag_custom_is_known_where_nobody_has_defined_a_benchmark() -> None:
    assert plan(BENCHMARKS, 1, seed=7, run_tags=["custom"]).steps == ()


def test_a_typing_error_in_a_tag_is_told() -> None:
    with pytest.raises(UnknownTagError, match="llma"):
        plan(BENCHMARKS, 1, seed=7, run_tags=["llma"])


def test_a_plan_is_plain_data_for_ansible() -> None:
    facts = plan(["stream"], ["a"], seed=7).as_facts()
    assert json.loads(json.dumps(facts)) == facts
    assert facts["steps"] == [
        {
            "session": 1, "session_id": "a", "benchmark": "stream", "role": "stream",
            "rest": False, "done": [],
        }
    ]  # fmt: skip
