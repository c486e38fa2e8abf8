"""Results of hosts whose truth is known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import fmean

import pytest

from vttbench.analysis.table import table_of
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
from vttbench.store import Stored

START = datetime(2026, 9, 1, 20, tzinfo=UTC)


@pytest.fixture(scope="session")
def make_result():
    def make(
        value=1000.0,
        *,
        host="zbook-01",
        fleet="zbooks",
        session=0,
        benchmark="sevenzip",
        variant=None,
        metric="total_mips",
        higher=True,
        samples=None,
        status=Status.OK,
        parameters=None,
        tool_version="26.02",
        conditions=None,
        telemetry=None,
        suite=None,
        **facts,
    ):
        at = START + timedelta(days=session)
        samples = samples or [value]
        details = {"gpu_driver": facts.pop("driver")} if "driver" in facts else {}
        failed = status is Status.FAILED
        fields = {"tool_version": tool_version, "power_source": facts.get("power_source")}
        return Result(
            suite_id=suite or f"suite-{session}",
            session_id=f"{host}-{session}",
            benchmark=Benchmark(
                name=benchmark,
                version="1",
                variant=variant,
                tool="7zz",
                tool_version=tool_version,
                parameters=parameters or {},
            ),
            host=Host(name=host, fleet=fleet, os_family="linux", details=details, **facts),
            started_at=at,
            finished_at=at + timedelta(seconds=60),
            status=status,
            error=None
            if status is Status.OK
            else Error(kind=ErrorKind.CRASHED, message="why not", retryable=True),
            metrics=[]
            if failed
            else [
                Metric(
                    name=metric,
                    unit="MIPS",
                    higher_is_better=higher,
                    samples=samples,
                    value=fmean(samples),
                )
            ],
            telemetry=telemetry,
            comparability=comparability_of(conditions or {"benchmark": benchmark, **fields}),
            provenance=Provenance(vttbench_version="0.1.0", profile="quick"),
        )

    return make


@pytest.fixture(scope="session")
def make_table():
    def make(results):
        return table_of(Stored(Path(f"{n}.json"), result) for n, result in enumerate(results))

    return make


@pytest.fixture(scope="session")
def make_series(make_result):
    """Return the results of one host, a value a session; facts may depend on the session."""

    def make(values, facts=None, **same):
        return [
            make_result(float(value), session=n, **same, **(facts(n) if facts else {}))
            for n, value in enumerate(values)
        ]

    return make
