"""Which rows of the table count as measurements, and how they are written for people."""

from __future__ import annotations

import polars as pl

USABLE = ("ok", "unstable")
"""Statuses whose numbers count. A partial result stopped in the middle, a failed one has none."""

_STEP = ("host", "suite_id", "session_id", "benchmark", "variant", "workload", "metric")


def measurements(frame: pl.DataFrame, *, all_metrics: bool = False) -> pl.DataFrame:
    """Return one row a session and metric: usable values, of several attempts the newest.

    Args:
        frame: the table of results.
        all_metrics: not only those that repeats aimed at.

    Returns:
        Rows of the table, oldest first.
    """
    wanted = frame.filter(
        pl.col("status").cast(pl.String).is_in(USABLE),
        pl.col("metric").is_not_null(),
        pl.col("median").is_finite(),
    )
    if not all_metrics:
        wanted = wanted.filter("primary")
    return wanted.sort("started_at", maintain_order=True).unique(
        _STEP, keep="last", maintain_order=True
    )


def label_of(benchmark: str, variant: str | None, metric: str | None = None) -> str:
    """Return benchmark, variant and metric as people read them."""
    return " ".join(word for word in (benchmark, variant, metric) if word)
