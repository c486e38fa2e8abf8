from datetime import UTC, datetime, timedelta

from vttbench.result import (
    Benchmark,
    Error,
    ErrorKind,
    Host,
    Metric,
    Provenance,
    Result,
    Status,
    comparability_of,
)
from vttbench.suite.verdict import verdict_of

START = datetime(2026, 11, 25, tzinfo=UTC)


def result(name: str, status: Status, *, minute: int = 0, variant: str | None = None) -> Result:
    metric = Metric(name="speed", unit="MIPS", higher_is_better=True, samples=[1.0], value=1.0)
    return Result(
        suite_id="suite",
        session_id="session",
        benchmark=Benchmark(name=name, version="1", variant=variant, tool=name),
        host=Host(name="box", os_family="linux"),
        started_at=START + timedelta(minutes=minute),
        finished_at=START + timedelta(minutes=minute + 1),
        status=status,
        error=None
        if status is Status.OK
        else Error(kind=ErrorKind.CRASHED, message="it said Killed", retryable=True),
        metrics=[metric] if status is Status.OK else [],
        comparability=comparability_of({}),
        provenance=Provenance(vttbench_version="0"),
    )


def test_a_failed_and_a_partial_benchmark_are_named_with_what_went_wrong():
    verdict = verdict_of(
        [result("fio", Status.FAILED, variant="rand-read"), result("llama", Status.PARTIAL)]
    )
    assert verdict.failures == (
        "fio rand-read is failed (crashed)",
        "llama is partial (crashed)",
    )


def test_what_was_skipped_or_is_unstable_is_no_failure():
    verdict = verdict_of(
        [result("a", Status.OK), result("b", Status.SKIPPED), result("c", Status.UNSTABLE)]
    )
    assert verdict.failures == ()
    assert verdict.counts == {"ok": 1, "skipped": 1, "unstable": 1}


def test_only_the_last_attempt_at_the_same_thing_counts():
    attempts = [result("fio", Status.OK, minute=9), result("fio", Status.FAILED, minute=1)]
    assert verdict_of(attempts).failures == ()


def test_variants_are_judged_each_for_itself():
    both = [
        result("fio", Status.FAILED, variant="rand-read"),
        result("fio", Status.OK, minute=5, variant="seq-read"),
    ]
    assert len(verdict_of(both).failures) == 1


def test_nothing_measured_is_said_and_fails_nothing():
    verdict = verdict_of([])
    assert verdict.summary == "nothing was measured"
    assert verdict.failures == ()
