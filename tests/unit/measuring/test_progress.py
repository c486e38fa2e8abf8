"""Progress lines read well in a terminal and in a log."""

from __future__ import annotations

from datetime import UTC, datetime

from vttbench.benchmarks.output import Parsed, RawOutput, Reading
from vttbench.measuring.progress import Progress
from vttbench.measuring.runner import Attempt
from vttbench.measuring.tally import Failure, Tally
from vttbench.result import ErrorKind
from vttbench.sampling.limits import Limits

LIMITS = Limits(warmup=1, min_repeats=3, max_repeats=10)


def tally_of(*values: float) -> Tally:
    tally = Tally()
    for value in values:
        attempt = Attempt(RawOutput(), started_at=datetime(2026, 11, 25, tzinfo=UTC), duration_s=60)
        parsed = Parsed((Reading("random_read_iops", "1/s", True, value),))
        tally.add(attempt, parsed, None, warmup=False)
    return tally


def line(tally: Tally) -> str:
    return str(
        Progress.of(
            host="zbook-01", title="fio random-read", tally=tally, limits=LIMITS, usual_repeat_s=60
        )
    )


def test_a_line_says_host_step_repeats_value_spread_and_time_left() -> None:
    assert line(tally_of(86000.0, 86500.0)) == (
        "zbook-01  fio random-read  2/10  random_read_iops 86 250 1/s ±3.7 %  eta 60 s"
    )


def test_small_values_keep_their_digits() -> None:
    assert "random_read_iops 12.35 1/s" in line(tally_of(12.345678))


def test_a_repeat_that_does_not_count_says_why() -> None:
    tally = Tally()
    attempt = Attempt(RawOutput(), started_at=datetime(2026, 11, 25, tzinfo=UTC), duration_s=1)
    tally.add(attempt, None, Failure(ErrorKind.CRASHED, "out of memory"), warmup=False)
    assert line(tally).startswith("zbook-01  fio random-read  0/10  failed: out of memory")
