"""Results directories to report on."""

from datetime import UTC, datetime, timedelta
from statistics import fmean, stdev

import pytest

from vttbench.result import (
    AbsentMetric,
    Benchmark,
    Check,
    Error,
    ErrorKind,
    Host,
    Metric,
    Provenance,
    Repeat,
    Result,
    SeriesSummary,
    Status,
    Telemetry,
    comparability_of,
)
from vttbench.store import ResultStore

START = datetime(2026, 11, 25, 7, 45, 12, 123456, tzinfo=UTC)


@pytest.fixture(scope="session")
def make_metric():
    def make(name, samples, unit="MIPS", higher=True, primary=True):
        spread = stdev(samples) if len(samples) > 1 else None
        value = fmean(samples)
        return Metric(
            name=name,
            unit=unit,
            higher_is_better=higher,
            primary=primary,
            samples=samples,
            value=value,
            ci95=None if spread is None else (value - spread, value + spread),
            cv=spread / value if spread and value else None,
        )

    return make


@pytest.fixture(scope="session")
def make_result(make_metric):
    def make(
        samples=(5990.0, 6010.0, 6005.0),
        *,
        host="bench-1",
        benchmark="sevenzip",
        variant=None,
        suite="suite-1",
        session="session-1",
        after_s=0.0,
        status=Status.OK,
        message="why not",
        kind=ErrorKind.NOT_CONVERGED,
        metrics=None,
        key=None,
        higher=True,
        play="play-1",
    ):
        begin = START + timedelta(seconds=after_s)
        if metrics is None:
            name = "total_rating" if higher else "latency_p99"
            metrics = [make_metric(name, list(samples), higher=higher)] if samples else []
        return Result(
            suite_id=suite,
            session_id=session,
            benchmark=Benchmark(
                name=benchmark,
                version="1",
                tool="7zz",
                tool_version="26.02",
                variant=variant,
                command=["7zz", "b", "[bold]"],
            ),
            host=Host(
                name=host,
                os_family="linux",
                os="Debian GNU/Linux 12",
                cpu="AMD EPYC [x]",
                cores=1,
                threads=2,
                memory_gb=23.5,
                power_source="mains",
            ),
            started_at=begin,
            finished_at=begin + timedelta(seconds=61),
            status=status,
            error=None
            if status is Status.OK
            else Error(kind=kind, message=message, retryable=False),
            metrics=metrics,
            absent=[AbsentMetric(name="energy", reason="no power sensor")],
            repeats=[
                Repeat(
                    index=1,
                    kind="measured",
                    status="ok",
                    started_at=begin,
                    duration_s=20.5,
                    returncode=0,
                    values={"total_rating": 6000.0},
                    disturbance={"steal_percent": 0.4},
                )
            ],
            telemetry=Telemetry(
                interval_s=1,
                summary={"clock": SeriesSummary(unit="MHz", minimum=1, mean=2, maximum=3)},
            ),
            preflight=[Check(name="mains_power", status="warn", message="can't be known")],
            notes=["a note [of] brackets"],
            comparability=comparability_of(key or {"tool_version": "26.02"}),
            provenance=Provenance(vttbench_version="0.1.0", play_id=play, profile="quick"),
        )

    return make


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "results")


@pytest.fixture
def mixed_store(store, make_result, make_metric, tmp_path):
    """A suite with every status on one host, and a good one on another."""
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "stdout").write_text("Tot: 1 2 3")
    store.write(
        make_result(
            metrics=[
                make_metric("total_rating", [12341.0, 12355.0, 12349.0]),
                make_metric("usage", [184.0, 185.0, 183.0], "%", primary=False),
            ]
        ),
        raw,
    )
    store.write(
        make_result(
            [36.0, 18.0, 54.0],
            benchmark="llama",
            variant="gpt-oss-20b",
            after_s=70,
            status=Status.UNSTABLE,
            message="after 20 repeats the 95 % interval is ±40 %, asked for ±2 %",
        )
    )
    store.write(
        make_result(
            [],
            benchmark="fio",
            variant="randread",
            after_s=140,
            status=Status.SKIPPED,
            kind=ErrorKind.INSTALL,
            message="fio is not installed; install it with: apt-get install fio",
        )
    )
    store.write(
        make_result(
            [],
            benchmark="stream",
            after_s=150,
            status=Status.FAILED,
            kind=ErrorKind.CRASHED,
            message="stream ended with signal 11 on bench-1",
        )
    )
    store.write(
        make_result(
            [7.0],
            benchmark="sysbench",
            after_s=160,
            status=Status.PARTIAL,
            kind=ErrorKind.INTERRUPTED,
            message="interrupted after 1 repeat",
        )
    )
    store.write(make_result(host="zbook-01", after_s=20))
    return store
