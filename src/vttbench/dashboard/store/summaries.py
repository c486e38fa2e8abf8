"""What pages need of all results at once, computed when results come and never in a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

FILTERS: tuple[str, ...] = (
    "fleet", "host", "os_family", "benchmark", "model", "quant", "backend", "status",
)  # fmt: skip
"""Columns that pages filter by; tags come besides, for a result has several."""


@dataclass(frozen=True)
class Summaries:
    """Small tables beside the large one.

    Attributes:
        blocks: one row a (workload, metric): where its rows lie (``offset``, ``length``), what it
            is (``benchmark``, ``variant``, ``model``, ``quant``, ``backend``, ``context``,
            ``unit``, ``higher_is_better``, ``primary``), on how many ``hosts``, ``newest``.
        latest: the newest row with a value of each host, workload and metric.
        hosts: one row a host: what it is and how its newest result went.
        options: by filter, the values that occur, sorted.
    """

    blocks: pl.DataFrame
    latest: pl.DataFrame
    hosts: pl.DataFrame
    options: dict[str, list[str]]


def summarise(frame: pl.DataFrame) -> Summaries:
    """Sum up sorted rows.

    Args:
        frame: as :mod:`vttbench.dashboard.store.frame` sorts them.
    """
    return Summaries(_blocks(frame), _latest(frame), _hosts(frame), _options(frame))


def _blocks(frame: pl.DataFrame) -> pl.DataFrame:
    same = ("benchmark", "variant", "model", "quant", "backend", "context", "size_gb", "synthetic")
    return (
        frame.with_row_index("offset")
        .group_by("workload", "metric", maintain_order=True)
        .agg(
            pl.col("offset").first(),
            pl.len().alias("length"),
            *(pl.col(name).last() for name in same),
            pl.col("unit", "higher_is_better").drop_nulls().last(),
            pl.col("primary").any(),
            pl.col("host").n_unique().alias("hosts"),
            pl.col("started_at").max().alias("newest"),
        )
    )


def _latest(frame: pl.DataFrame) -> pl.DataFrame:
    return (
        frame.filter(pl.col("value").is_not_null())
        .group_by("workload", "metric", "host", maintain_order=True)
        .tail(1)
    )


def _hosts(frame: pl.DataFrame) -> pl.DataFrame:
    what = (
        "fleet", "os_family", "os", "cpu", "gpu", "machine", "memory_gb", "bios", "driver",
        "power_source", "power_profile",
    )  # fmt: skip
    how = (
        "result_id", "status", "error_kind", "error", "throttled", "preflight",
        "preflight_warnings", "benchmark",
    )  # fmt: skip
    newest = pl.col("started_at").max().over("host")
    # The newest session tells how a host is; a single lucky result in it does not hide the others.
    last_day = frame.filter(pl.col("started_at") >= newest - pl.duration(hours=24))
    trouble = last_day.group_by("host").agg(
        pl.col("throttled").any().alias("throttled_lately"),
        pl.col("status").is_in(["failed", "partial"]).any().alias("failed_lately"),
        (pl.col("preflight") != "ok").any().alias("warned_lately"),
    )
    first_of_newest = (
        frame.filter(pl.col("started_at") == newest)
        .group_by("host")
        .agg(*(pl.col(name).last() for name in (*what, *how)), pl.col("started_at").last())
    )
    counts = (
        frame.group_by("host")
        .agg(pl.col("result_id").n_unique().alias("results"), pl.col("session").n_unique())
        .rename({"session": "sessions"})
    )
    return (
        first_of_newest.join(counts, on="host")
        .join(trouble, on="host")
        .sort(pl.col("host").cast(pl.String))
    )


def _options(frame: pl.DataFrame) -> dict[str, list[str]]:
    options: dict[str, list[str]] = {
        name: sorted(frame[name].drop_nulls().unique().cast(pl.String)) for name in FILTERS
    }
    combinations = frame["tags"].drop_nulls().unique().cast(pl.String)
    options["tag"] = sorted({tag for text in combinations for tag in text.split(",")})
    return options


def to_plain(summaries: Summaries) -> dict[str, Any]:
    """Return what of it is not a table, as JSON has it."""
    return {"options": summaries.options}
