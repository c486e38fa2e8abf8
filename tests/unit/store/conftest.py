"""Results to store."""

from datetime import UTC, datetime, timedelta

import pytest

from vttbench.result import (
    Benchmark,
    Host,
    Metric,
    Provenance,
    Result,
    Status,
    comparability_of,
)

START = datetime(2026, 11, 25, 7, 45, 12, 123456, tzinfo=UTC)


@pytest.fixture
def make_result():
    def make(*, host="bench-1", benchmark="sevenzip", variant=None, suite="suite-1", after_s=0.0):
        begin = START + timedelta(seconds=after_s)
        return Result(
            suite_id=suite,
            session_id="session-1",
            benchmark=Benchmark(name=benchmark, version="1", tool="7zz", variant=variant),
            host=Host(name=host, os_family="linux"),
            started_at=begin,
            finished_at=begin + timedelta(seconds=60),
            status=Status.OK,
            metrics=[
                Metric(
                    name="total_rating",
                    unit="MIPS",
                    higher_is_better=True,
                    samples=[1.0, 3.0],
                    value=2.0,
                )
            ],
            comparability=comparability_of({"tool": "7zz"}),
            provenance=Provenance(vttbench_version="0.1.0"),
        )

    return make


@pytest.fixture
def raw_dir(tmp_path):
    folder = tmp_path / "raw"
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "stdout").write_bytes(b"Tot: 100 2 3\n")
    (folder / "1" / "stderr").write_bytes(b"")
    (folder / "telemetry.csv").write_bytes(b"t,v\n0,1\n")
    return folder
