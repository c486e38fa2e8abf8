"""The results as columns in memory: a million of them in about 200 MB.

Columns are those of :data:`vttbench.analysis.columns.SCHEMA` that pages or analyses need. Text that
repeats is an Enum, so that a comparison is one of small numbers. Rows are sorted by workload,
metric, host and start: what a page asks for lies together.
"""

from __future__ import annotations

import hashlib

import polars as pl

from vttbench.analysis.columns import SCHEMA

ENUMS: tuple[str, ...] = (
    "workload", "metric", "host", "fleet", "os_family", "os", "benchmark", "variant",
    "comparability_key", "tool", "tool_version", "tool_build", "backend", "model", "quant",
    "status", "error_kind", "unit", "cpu", "gpu", "machine", "power_source", "power_profile",
    "driver", "bios", "kernel", "microcode", "preflight", "preflight_warnings", "profile",
    "vttbench_version", "git_commit", "tags",
)  # fmt: skip
_SHORT_NUMBERS: tuple[str, ...] = (
    "cv", "drift", "size_gb", "memory_gb", "temperature_mean_c", "temperature_max_c",
    "clock_mean_mhz", "clock_min_mhz", "power_mean_w", "energy_j", "clock_drop",
)  # fmt: skip
_AS_THEY_ARE: tuple[str, ...] = (
    "result_id", "started_at", "error", "context", "synthetic", "higher_is_better", "primary",
    "value", "median", "ci_low", "ci_high", "n_samples", "throttled",
)  # fmt: skip

ORDER = ("workload", "metric", "host", "started_at")
"""How the rows are sorted."""


def empty() -> pl.DataFrame:
    """Return the columns without a row."""
    return encode(pl.DataFrame(schema=SCHEMA))


def encode(table: pl.DataFrame) -> pl.DataFrame:
    """Turn rows of the table of results into the columns of the copy; not sorted.

    Args:
        table: columns of :data:`vttbench.analysis.columns.SCHEMA`.
    """
    return table.select(
        *(pl.col(name).cast(_categories(table[name])) for name in ENUMS),
        *(pl.col(name).cast(pl.Float32) for name in _SHORT_NUMBERS),
        *(pl.col(name) for name in _AS_THEY_ARE),
        # 8 bytes instead of 52: only whether two are the same is ever asked.
        pl.col("session_id").map_elements(_session_number, pl.UInt64).alias("session"),
    )


def joined(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Put two sets of rows together and sort them; categories of both are kept."""
    recoded = []
    for name in ENUMS:
        known = first[name].dtype.categories  # type: ignore[attr-defined]
        added = second[name].dtype.categories  # type: ignore[attr-defined]
        new = added.filter(~added.is_in(known.implode()))
        recoded.append((name, pl.Enum(pl.concat([known, new]))))
    both = [
        part.with_columns(pl.col(name).cast(dtype) for name, dtype in recoded)
        for part in (first, second)
    ]
    return pl.concat(both).sort(ORDER, nulls_last=True)


def decoded(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows with their text as text, for exports."""
    return rows.with_columns(pl.col(name).cast(pl.String) for name in ENUMS if name in rows.columns)


def as_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows as :mod:`vttbench.analysis` takes them: what is not kept is null."""
    whole = decoded(rows).with_columns(pl.col("session").cast(pl.String).alias("session_id"))
    return whole.select(
        (pl.col(name) if name in whole.columns else pl.lit(None)).cast(dtype).alias(name)
        for name, dtype in SCHEMA.items()
    )


def _categories(column: pl.Series) -> pl.Enum:
    return pl.Enum(column.drop_nulls().unique().sort())


def _session_number(session_id: str) -> int:
    return int.from_bytes(hashlib.blake2b(session_id.encode(), digest_size=8).digest(), "big")
