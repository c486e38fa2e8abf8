"""Realistic result documents for tests. Plain functions; every field may be given by keyword."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import uuid6

from vttbench.result import (
    Benchmark,
    Check,
    Error,
    ErrorKind,
    Host,
    Metric,
    Provenance,
    Repeat,
    Result,
    Series,
    SeriesSummary,
    Status,
    Telemetry,
    comparability_of,
)
from vttbench.store.results import ResultStore, Stored

START = datetime(2026, 11, 25, 7, 45, 12, 123000, tzinfo=UTC)
SUITE = "019d3c5a-0000-7000-8000-000000000001"
SESSION = "019d3c5a-0000-7000-8000-000000000002"


def metric(
    name: str = "total_rating",
    samples: tuple[float, ...] = (11900.0, 12010.0, 11950.0),
    unit: str = "MIPS",
    **fields: Any,
) -> Metric:
    """Return a metric whose value is the mean of its samples, with an interval where n > 1."""
    mean = sum(samples) / len(samples)
    known: dict[str, Any] = {"higher_is_better": True, "value": mean}
    if len(samples) > 1:
        known |= {"ci95": (mean * 0.99, mean * 1.01), "cv": 0.004}
    return Metric(name=name, unit=unit, samples=list(samples), **(known | fields))


def host(name: str = "zbook-01", **fields: Any) -> Host:
    """Return one of the team's laptops."""
    known: dict[str, Any] = {
        "fleet": "zbooks",
        "os_family": "linux",
        "os": "Debian GNU/Linux 12",
        "kernel": "6.12.5",
        "cpu": "AMD Ryzen AI Max+ 395",
        "cores": 16,
        "threads": 32,
        "memory_gb": 125.4,
        "model": "HP ZBook Ultra G1a",
        "power_source": "mains",
    }
    return Host(name=name, **(known | fields))


def telemetry(seconds: int = 30) -> Telemetry:
    """Return temperature and clock once a second."""
    t = [float(second) for second in range(seconds)]
    temperature = [50.0 + second / 2 for second in range(seconds)]
    clock = [4900.0 - 10 * (second % 5) for second in range(seconds)]
    return Telemetry(
        interval_s=1.0,
        series={
            "temperature_c": Series(unit="°C", t=t, v=temperature),
            "clock_mhz": Series(unit="MHz", t=t, v=clock),
        },
        summary={
            "temperature_c": SeriesSummary(unit="°C", minimum=50.0, mean=57.25, maximum=64.5),
            "clock_mhz": SeriesSummary(unit="MHz", minimum=4860.0, mean=4880.0, maximum=4900.0),
        },
        throttled=False,
    )


def repeats(count: int, start: datetime = START, duration_s: float = 9.0) -> list[Repeat]:
    """Return measured repeats, one after the other."""
    return [
        Repeat(
            index=index,
            kind="measured",
            status="ok",
            started_at=start + timedelta(seconds=index * (duration_s + 1)),
            duration_s=duration_s,
            returncode=0,
        )
        for index in range(count)
    ]


def result(**fields: Any) -> Result:
    """Return an ok result of 7-Zip on a laptop; ``start`` moves it in time."""
    start = fields.pop("start", START)
    metrics = fields.pop("metrics", [metric()])
    known: dict[str, Any] = {
        "result_id": str(uuid6.uuid7()),
        "suite_id": SUITE,
        "session_id": SESSION,
        "benchmark": Benchmark(
            name="sevenzip",
            version="1",
            tool="7zz",
            tool_version="24.09",
            command=["/usr/bin/7zz", "b", "1", "-md22"],
            parameters={"dictionary": 22, "passes": 1},
        ),
        "host": host(),
        "started_at": start,
        "finished_at": start + timedelta(seconds=31),
        "status": Status.OK,
        "metrics": metrics,
        "repeats": repeats(len(metrics[0].samples) if metrics else 0, start),
        "preflight": [Check(name="mains", status="ok")],
        "comparability": comparability_of({"benchmark": "sevenzip", "tool_version": "24.09"}),
        "provenance": Provenance(
            vttbench_version="0.1.0",
            git_commit="0123456789abcdef0123456789abcdef01234567",
            git_dirty=False,
            controller="ms01",
            user="bench",
            ansible_version="2.19.14",
            profile="standard",
        ),
    }
    return Result(**(known | fields))


def llama_result(**fields: Any) -> Result:
    """Return an ok result of llama-bench."""
    known: dict[str, Any] = {
        "benchmark": Benchmark(
            name="llama",
            version="1",
            variant="synthetic-llama-3.2-1b-Q4_0 512/128",
            tool="llama-bench",
            tool_version="b7154",
            parameters={
                "model": "synthetic-llama-3.2-1b-Q4_0",
                "size_gb": 0.703,
                "n_prompt": 512,
                "n_gen": 128,
            },
        ),
        "metrics": [
            metric("prompt_tps", (331.2, 329.8, 333.0), "t/s"),
            metric("generation_tps", (81.0, 80.2, 80.9), "t/s"),
        ],
    }
    return result(**(known | fields))


def failed_result(kind: ErrorKind = ErrorKind.CRASHED, **fields: Any) -> Result:
    """Return a result without numbers that says why."""
    error = Error(kind=kind, message="zbook-01: 7zz ended with exit status 139", retryable=False)
    return result(**({"status": Status.FAILED, "error": error, "metrics": []} | fields))


def many(count: int, **fields: Any) -> list[Result]:
    """Return ok results of one suite, a minute apart."""
    return [result(start=START + timedelta(minutes=index), **fields) for index in range(count)]


def stored(folder: Path, one: Result, raw: dict[str, bytes] | None = None) -> Stored:
    """Write a result, and raw files, below a results directory.

    Args:
        folder: the results directory.
        one: the result.
        raw: content by file name.
    """
    if raw is None:
        return ResultStore(folder).write(one)
    raw_dir = folder.parent / f"raw-{one.result_id}"
    for name, content in raw.items():
        (raw_dir / name).parent.mkdir(parents=True, exist_ok=True)
        (raw_dir / name).write_bytes(content)
    return ResultStore(folder).write(one, raw_dir)
