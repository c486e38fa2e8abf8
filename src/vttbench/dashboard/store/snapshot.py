"""The copy as the server holds it in memory: one state, replaced when another is published."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import polars as pl
import pyarrow as pa

from vttbench.dashboard.store import frame, generation
from vttbench.dashboard.store.summaries import Summaries, summarise

_LOOK_S = 0.5
_REMEMBERED = 64
_KEEPING = threading.Lock()
T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot:
    """One state of all results; never changed.

    Attributes:
        version: name of the generation; empty before there is any.
        made_at: when it was made, in seconds since 1970.
        results: how many results it holds.
        rows: sorted, as in :mod:`vttbench.dashboard.store.frame`.
        summaries: what pages need of all results at once.
        findings: what analysis says.
        conditions: by comparability key, the fields that had to be equal.
        folder: where it lies on disk; None before there is any.
    """

    version: str
    made_at: float
    results: int
    rows: pl.DataFrame
    summaries: Summaries
    findings: dict[str, Any] = field(default_factory=dict)
    conditions: dict[str, dict[str, Any]] = field(default_factory=dict)
    folder: Path | None = None
    _known: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def remembered(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return what was made of these results under that key before, or make it now.

        Several cards of a page need the same; it is forgotten with these results.
        """
        found: T | None = self._known.get(key)
        if found is None:
            found = make()
            # Another thread may be making room for its own at the same moment.
            with _KEEPING:
                if len(self._known) >= _REMEMBERED:
                    del self._known[next(iter(self._known))]
                self._known[key] = found
        return found

    def block(self, workload: str, metric: str) -> pl.DataFrame:
        """Return the rows of one metric of one workload, by host and start; none if unknown."""
        found = self.summaries.blocks.filter(
            (pl.col("workload") == workload) & (pl.col("metric") == metric)
        )
        if found.is_empty():
            return self.rows.clear()
        offset, length = found.select("offset", "length").row(0)
        return self.rows.slice(offset, length)


def nothing() -> Snapshot:
    """Return the state before anything was published."""
    rows = frame.empty()
    return Snapshot("", 0.0, 0, rows, summarise(rows))


def load(published: generation.Generation) -> Snapshot:
    """Read a generation.

    Raises:
        OSError: it was removed meanwhile.
        ValueError, polars.exceptions.PolarsError: its files are damaged.
    """
    folder = published.folder

    def decoded(name: str) -> Any:  # noqa: ANN401  # JSON
        return json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))

    return Snapshot(
        version=published.version,
        made_at=float(published.meta["made_at"]),
        results=int(published.meta["results"]),
        rows=_mapped(folder / "rows.arrow"),
        summaries=Summaries(
            pl.read_ipc(folder / "blocks.arrow"),
            pl.read_ipc(folder / "latest.arrow"),
            pl.read_ipc(folder / "hosts.arrow"),
            decoded("options"),
        ),
        findings=decoded("findings"),
        conditions=decoded("conditions"),
        folder=folder,
    )


def _mapped(path: Path) -> pl.DataFrame:
    """Return a table whose columns stay in its file, of which all processes share the pages.

    polars reads such a file into memory of its own. It is never written again, and its pages stay
    when its name goes.
    """
    with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
        made = pl.from_arrow(reader.read_all(), rechunk=False)
    assert isinstance(made, pl.DataFrame)  # of a table, not of a column
    return made


class Current:
    """The newest state; whoever asks does not wait for the disk once there is any.

    Args:
        cache_dir: where generations are published.
        on_change: called with each new state, from the thread that loads.
    """

    def __init__(
        self, cache_dir: Path, on_change: Callable[[Snapshot], None] = lambda _: None
    ) -> None:
        self._cache_dir = cache_dir
        self._on_change = on_change
        self._snapshot = nothing()
        self._loading = threading.Lock()
        self._load_if_new()
        threading.Thread(target=self._watch, name="snapshot", daemon=True).start()

    def get(self) -> Snapshot:
        """Return the newest state."""
        if not self._snapshot.version:
            # Another worker process may have said already that there are results.
            self._look()
        return self._snapshot

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_S):
            self._look()

    def _look(self) -> None:
        try:
            with self._loading:
                self._load_if_new()
        except Exception as error:  # the old state stays, and the next look may do better
            sys.stderr.write(f"dashboard: can't load the newest results: {error}\n")

    def _load_if_new(self) -> None:
        try:
            name = (self._cache_dir / "current").read_text(encoding="utf-8").strip()
        except OSError:
            return
        if name == self._snapshot.version:
            return
        published = generation.current(self._cache_dir)
        if published is None or published.version == self._snapshot.version:
            return
        try:
            self._snapshot = load(published)
        except (OSError, ValueError, KeyError, pl.exceptions.PolarsError) as error:
            sys.stderr.write(f"dashboard: {published.folder} can't be read: {error}\n")
            return
        self._on_change(self._snapshot)
