"""A copy of many made-up results, as if a dashboard had read them in."""

from __future__ import annotations

import time
from pathlib import Path

import polars as pl

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import frame, synchronising
from vttbench.dashboard.store.synchronising import State
from vttbench.demo.bulk import bulk_chunks


def settings_in(folder: Path) -> Settings:
    """Return settings of a dashboard whose results directory is empty so far."""
    (folder / "results").mkdir(parents=True, exist_ok=True)
    return Settings((folder / "results",), folder / "cache", folder / "notes.sqlite")


def make_copy(settings: Settings, results: int, hosts: int) -> float:
    """Publish so many results; return how long their analysis took, in seconds."""
    rows = frame.empty()
    for chunk in bulk_chunks(results, hosts):
        rows = frame.joined(rows, frame.encode(chunk))
    nothing = pl.DataFrame(schema=synchronising.DOCUMENTS)
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    synchronising.publish(settings, State(rows, nothing), results=results)
    began = time.perf_counter()
    synchronising.analyse(settings)
    return time.perf_counter() - began
