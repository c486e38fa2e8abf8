"""Results as a suite meets them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from vttbench.result import (
    Benchmark,
    Error,
    ErrorKind,
    Host,
    Metric,
    Provenance,
    Repeat,
    Result,
    Status,
    comparability_of,
)

START = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.fixture
def make_result() -> Callable[..., Result]:
    def make(
        benchmark: str = "stream",
        status: Status = Status.OK,
        *,
        variant: str | None = None,
        session_id: str = "s1",
        host: str = "box",
        profile: str = "quick",
        minute: int = 0,
        span_s: float = 60,
        repeats_s: tuple[float, ...] = (),
    ) -> Result:
        begun = START + timedelta(minutes=minute)
        metric = Metric(name="speed", unit="1/s", higher_is_better=True, samples=[1.0], value=1.0)
        return Result(
            suite_id="suite",
            session_id=session_id,
            benchmark=Benchmark(name=benchmark, version="1", variant=variant, tool=benchmark),
            host=Host(name=host, os_family="linux"),
            started_at=begun,
            finished_at=begun + timedelta(seconds=span_s),
            status=status,
            error=None
            if status is Status.OK
            else Error(kind=ErrorKind.CRASHED, message="it crashed", retryable=True),
            metrics=[metric] if status is Status.OK else [],
            repeats=[
                Repeat(index=n, kind="measured", status="ok", started_at=begun, duration_s=duration)
                for n, duration in enumerate(repeats_s)
            ],
            comparability=comparability_of({}),
            provenance=Provenance(vttbench_version="0", profile=profile),
        )

    return make
