"""One result in full: its document, wherever it lies."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import polars as pl

from vttbench.dashboard.store.snapshot import Snapshot
from vttbench.result import Result, ResultError, load


@lru_cache(maxsize=64)
def document_path(folder: Path, result_id: str) -> Path | None:
    """Return where the document of a result lies; None for an unknown result.

    Args:
        folder: of a generation.
        result_id: of the result.
    """
    found = (
        pl.scan_ipc(folder / "documents.arrow")
        .filter(pl.col("result_id") == result_id)
        .select("folder", "name")
        .collect()
    )
    for parent, name in found.iter_rows():
        path = Path(str(parent)) / str(name)
        if path.is_file():
            return path
    return None


def find(snapshot: Snapshot, result_id: str) -> tuple[Path, Result] | None:
    """Return a result and its document; None where it is unknown or can't be read."""
    if snapshot.folder is None or not result_id:
        return None
    path = document_path(snapshot.folder, result_id)
    if path is None:
        return None
    try:
        return path, _read(path, path.stat().st_mtime_ns)
    except (OSError, ResultError):
        return None


@lru_cache(maxsize=32)
def _read(path: Path, _changed_ns: int) -> Result:
    return load(path)
