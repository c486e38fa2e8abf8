"""Documents read into rows, on several processors where there are many."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from vttbench.analysis.columns import SCHEMA
from vttbench.analysis.rows import rows_of
from vttbench.result import ResultError, load

_CHUNK = 250
_WORTH_PROCESSES = 1_500  # documents; starting processes takes a second
_EXTRA = "tags.json"


@dataclass
class ReadResult:
    """What documents said.

    Attributes:
        table: rows of :data:`vttbench.analysis.columns.SCHEMA`, each result once.
        ids: result id by path.
        problems: one sentence by path of a document that can't be read.
        conditions: by comparability key, the fields that had to be equal.
    """

    table: pl.DataFrame
    ids: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)


def read(
    paths: Sequence[Path],
    on_progress: Callable[[int, int], None] | None = None,
    of: int | None = None,
) -> ReadResult:
    """Read documents; one that can't be read is a problem and not an error.

    Args:
        paths: documents.
        on_progress: told how many of how many have been read.
        of: how many there are altogether.
    """
    chunks = [paths[start : start + _CHUNK] for start in range(0, len(paths), _CHUNK)]
    whole = ReadResult(pl.DataFrame(schema=SCHEMA))
    tables = [whole.table]
    done = 0
    for part in _parts(chunks, len(paths)):
        tables.append(part.table)
        whole.ids |= part.ids
        whole.problems |= part.problems
        whole.conditions |= part.conditions
        done += len(part.ids) + len(part.problems)
        if on_progress is not None:
            on_progress(done, of or len(paths))
    whole.table = pl.concat(tables).unique(
        ["result_id", "metric"], keep="first", maintain_order=True
    )
    return whole


def _parts(chunks: Sequence[Sequence[Path]], count: int) -> Iterable[ReadResult]:
    workers = min(os.cpu_count() or 1, 8)
    if count < _WORTH_PROCESSES or workers == 1:
        yield from map(_read_chunk, chunks)
        return
    # polars runs threads, so a copy of this process by fork would hang.
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(_read_chunk, chunks)


def _read_chunk(paths: Sequence[Path]) -> ReadResult:
    rows: list[dict[str, Any]] = []
    ids, problems, conditions = {}, {}, {}
    for path in paths:
        try:
            result = load(path)
        except (ResultError, OSError) as error:
            problems[str(path)] = str(error) if str(path) in str(error) else f"{path}: {error}"
            continue
        ids[str(path)] = result.result_id
        conditions[result.comparability.key] = result.comparability.fields
        extra = _extra_tags(path)
        for row in rows_of(result, path):
            if extra:
                own = row["tags"].split(",") if row["tags"] else []
                row["tags"] = ",".join(sorted({*own, *extra}))
            rows.append(row)
    return ReadResult(pl.DataFrame(rows, schema=SCHEMA), ids, problems, conditions)


def _extra_tags(path: Path) -> list[str]:
    """Return tags that people gave a run in MLflow; they lie beside its document."""
    try:
        content = json.loads((path.with_suffix("") / _EXTRA).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [str(tag).replace(",", " ") for tag in content]
