"""The table of all results: one row a result and metric, as a polars data frame."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import polars as pl

from vttbench.analysis.columns import COLUMNS, SCHEMA, empty
from vttbench.analysis.rows import rows_of
from vttbench.result import Scalar
from vttbench.store import ResultStore, Stored

__all__ = ["COLUMNS", "SCHEMA", "ResultTable", "empty", "frame_of", "read_table", "table_of"]

Fields = Mapping[str, Scalar]


@dataclass(frozen=True)
class ResultTable:
    """All results of one or several results directories.

    Attributes:
        frame: one row a (result, metric), oldest first; columns as in
            :data:`vttbench.analysis.columns.COLUMNS`.
        conditions: by comparability key, what had to be equal: to say why two values can't be
            compared.
        problems: one sentence a document that could not be read.
    """

    frame: pl.DataFrame
    conditions: Mapping[str, Fields] = field(default_factory=dict)
    problems: Sequence[str] = ()


def read_table(directories: Sequence[Path], *, since: datetime | None = None) -> ResultTable:
    """Read the results of all directories together, each result id once.

    Args:
        directories: results directories.
        since: earliest start, with its UTC offset.
    """
    problems: list[str] = []

    def note(path: Path, error: Exception) -> None:
        problem = str(error) if str(path) in str(error) else f"{path}: {error}"
        if problem not in problems:
            problems.append(problem)

    found = (
        stored
        for directory in directories
        for stored in ResultStore(directory).results(since=since, on_error=note)
    )
    table = table_of(found)
    return ResultTable(table.frame, table.conditions, problems)


def table_of(results: Iterable[Stored]) -> ResultTable:
    """Return the table of some results, each result id once, oldest first."""
    seen: set[str] = set()
    conditions: dict[str, Fields] = {}
    rows: list[dict[str, object]] = []
    for stored in results:
        if stored.result.result_id in seen:
            continue
        seen.add(stored.result.result_id)
        comparability = stored.result.comparability
        conditions.setdefault(comparability.key, comparability.fields)
        rows += rows_of(stored.result, stored.path)
    frame = pl.DataFrame(rows, schema=SCHEMA) if rows else empty()
    return ResultTable(frame.sort("started_at", "result_id", maintain_order=True), conditions)


def frame_of(results: Iterable[Stored]) -> pl.DataFrame:
    """Return :func:`table_of` without its conditions, e.g. to append what is new."""
    return table_of(results).frame
