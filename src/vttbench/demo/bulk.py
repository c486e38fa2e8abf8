"""A million results at once, as the table of results: to see how analysis and dashboard scale.

No documents are made on the way. Rows have the columns of :mod:`vttbench.analysis.columns` and the
benchmarks of :mod:`vttbench.demo.workloads`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vttbench import __version__
from vttbench.analysis.columns import SCHEMA
from vttbench.analysis.rows import DEMO_TAG
from vttbench.demo.machines import Machine, fleet
from vttbench.demo.workloads import WORKLOADS, DemoMetric, Workload
from vttbench.result import comparability_of

UNTIL = datetime(2026, 11, 25, tzinfo=UTC)
_DAY_US = 86_400_000_000
_STATUS = np.array(["ok", "unstable", "failed"], dtype=object)


def bulk_table(results: int, hosts: int, seed: int = 1, *, until: datetime = UNTIL) -> pl.DataFrame:
    """Return :func:`bulk_chunks` as one table; a million results take some GB as plain strings."""
    return pl.concat(list(bulk_chunks(results, hosts, seed, until=until)))


def bulk_chunks(
    results: int, hosts: int, seed: int = 1, *, until: datetime = UNTIL, chunk: int = 100_000
) -> Iterator[pl.DataFrame]:
    """Yield the table in pieces, oldest first: one row a result and its first metric.

    Args:
        results: how many in all.
        hosts: how many machines; at least four.
        seed: same seed, same table.
        until: end of the last day.
        chunk: rows a piece.

    Raises:
        ValueError: fewer than four hosts.
    """
    rng = np.random.default_rng(seed)
    machines = fleet(hosts, rng)
    choices = [(workload, workload.metrics[0]) for workload in WORKLOADS]
    speed = np.array(
        [
            [machine.lottery * machine.speed.get(load.area, 1.0) for load, _ in choices]
            for machine in machines
        ]
    )
    of_host = _hosts(machines)
    of_workload = pl.DataFrame([_workload(load, metric) for load, metric in choices])
    per_day = max(1, results // 730)
    for first in range(0, results, chunk):
        count = min(chunk, results - first)
        index = np.arange(first, first + count)
        host = rng.integers(hosts, size=count)
        load = rng.integers(len(choices), size=count)
        days_ago = (results - 1 - index) / per_day
        at = int(until.timestamp() * 1e6) - (days_ago * _DAY_US).astype(np.int64)
        yield _chunk(rng, host, load, at, speed, of_host, of_workload)


def _chunk(
    rng: np.random.Generator,
    host: NDArray[np.int64],
    load: NDArray[np.int64],
    at: NDArray[np.int64],
    speed: NDArray[np.float64],
    of_host: pl.DataFrame,
    of_workload: pl.DataFrame,
) -> pl.DataFrame:
    count = len(at)
    status = rng.choice(3, size=count, p=[0.965, 0.02, 0.015])
    measured = status != 2
    noise = rng.standard_t(4, count) * 0.006
    typical = of_workload["value"].to_numpy()[load]
    value = typical * speed[host, load] * (1.0 + noise)
    cv = rng.gamma(4.0, 0.0015, count)
    half = value * cv * 1.24  # Student's t for five repeats over their root
    day = at // _DAY_US
    heat = rng.normal(82.0, 6.0, count)
    started = pl.Series("started_at", at).cast(pl.Datetime("us", "UTC"))
    frame = pl.concat([of_host[host], of_workload.drop("value")[load]], how="horizontal")
    frame = frame.with_columns(
        started,
        pl.Series("finished_at", at + 240_000_000).cast(pl.Datetime("us", "UTC")),
        pl.Series("result_id", _ids(at, rng)),
        pl.Series("suite_id", [f"suite-{number}" for number in day]),
        pl.Series("session_id", [f"{a}-{b}" for a, b in zip(day, host, strict=True)]),
        pl.Series("status", _STATUS[status].tolist()),
        pl.Series("value", value),
        pl.Series("median", value),
        pl.Series("ci_low", value - half),
        pl.Series("ci_high", value + half),
        pl.Series("cv", cv),
        pl.Series("temperature_mean_c", heat - 7.0),
        pl.Series("temperature_max_c", heat),
        pl.Series("clock_mean_mhz", rng.normal(4_100.0, 90.0, count)),
        pl.Series("throttled", heat > 96.0),
        pl.Series("_measured", measured),
    )  # fmt: skip
    gone = (
        "metric",
        "unit",
        "higher_is_better",
        "primary",
        "value",
        "ci_low",
        "ci_high",
        "cv",
        "median",
    )
    kind = pl.lit("crashed")
    frame = frame.with_columns(
        *(pl.when("_measured").then(name).alias(name) for name in gone),
        pl.when("_measured").then(pl.lit(5)).otherwise(pl.lit(0)).alias("n_samples"),
        pl.when(~pl.col("_measured")).then(kind).alias("error_kind"),
        pl.when(~pl.col("_measured")).then(pl.lit("ended with signal 11")).alias("error"),
    )
    missing = [pl.lit(None).alias(name) for name in SCHEMA if name not in frame.columns]
    return frame.with_columns(missing).select(
        pl.col(name).cast(dtype) for name, dtype in SCHEMA.items()
    )


def _ids(at: NDArray[np.int64], rng: np.random.Generator) -> list[str]:
    """Return UUIDv7 whose random bits come from the generator."""
    high, low = rng.integers(1 << 12, size=len(at)), rng.integers(1 << 62, size=len(at))
    return [
        f"{text[:8]}-{text[8:]}-7{a:03x}-{0x8000 | b >> 48:04x}-{b & 0xFFFFFFFFFFFF:012x}"
        for text, a, b in zip(
            [f"{moment // 1000:012x}" for moment in at.tolist()],
            high.tolist(),
            low.tolist(),
            strict=True,
        )
    ]


def _hosts(machines: Sequence[Machine]) -> pl.DataFrame:
    names = ("os", "kernel", "cpu", "gpu", "bios", "power_profile", "driver", "memory_gb")
    rows = []
    for machine in machines:
        facts = machine.facts
        rows.append(
            {
                "host": machine.name,
                "fleet": machine.fleet,
                "os_family": machine.os_family,
                "machine": facts["model"],
                "power_source": "mains",
                **{name: facts[name] for name in names},
            }
        )
    return pl.DataFrame(rows, infer_schema_length=None)


def _workload(workload: Workload, metric: DemoMetric) -> dict[str, object]:
    fields = comparability_of(
        {"benchmark": workload.benchmark, "variant": workload.variant, **workload.parameters}
    )
    parameters = workload.parameters
    return {
        "benchmark": workload.benchmark,
        "variant": workload.variant,
        "workload": fields.key,
        "comparability_key": fields.key,
        "tool": workload.tool,
        "tool_version": workload.tool_version,
        "tool_build": workload.comparable.get("tool.build_commit"),
        "backend": workload.comparable.get("tool.backends"),
        "model": parameters.get("model"),
        "quant": parameters.get("quant"),
        "size_gb": parameters.get("size_gb"),
        "context": parameters.get("prompt"),
        "synthetic": False if "model" in parameters else None,
        "metric": metric.name,
        "unit": metric.unit,
        "higher_is_better": metric.higher_is_better,
        "primary": metric.primary,
        "value": metric.typical,
        "preflight": "ok",
        "profile": "standard",
        "vttbench_version": __version__,
        "tags": f"{DEMO_TAG},profile:standard",
    }
