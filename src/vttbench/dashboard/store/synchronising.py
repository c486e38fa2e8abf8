"""One look for what is new: read it, put it with the rest, sum up, analyse, publish.

Nothing that is published changes unless everything went well.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from filelock import FileLock

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import documents, frame, generation
from vttbench.dashboard.store.findings import find
from vttbench.dashboard.store.reading import ReadResult, read
from vttbench.dashboard.store.summaries import summarise

# What is read at most before it is shown: the first look at many results shows the newest early.
_FIRST_BATCH = 2_000
_BATCH = 50_000

DOCUMENTS = pl.Schema(
    {
        "folder": pl.String(),
        "name": pl.String(),
        "mtime_ns": pl.Int64(),
        "size": pl.Int64(),
        "result_id": pl.String(),  # null: it could not be read
        "problem": pl.String(),
    }
)
"""Columns of the list of documents that were read."""


@dataclass
class State:
    """What is known when a look begins.

    Attributes:
        rows: sorted, as in :mod:`vttbench.dashboard.store.frame`.
        documents: one row a document.
        stamps: when each folder had changed last when it was listed.
        conditions: by comparability key, the fields that had to be equal.
        findings: what analysis said of earlier results.
        meta: what was noted when it was published; empty where nothing was.
    """

    rows: pl.DataFrame
    documents: pl.DataFrame
    stamps: dict[str, int] = field(default_factory=dict)
    conditions: dict[str, Any] = field(default_factory=dict)
    findings: dict[str, Any] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What one look did.

    Attributes:
        published: whether there is a new generation.
        added: documents that were read.
        removed: documents that are gone or were read again.
        unread: documents that are known of and still to be read.
    """

    published: bool
    added: int = 0
    removed: int = 0
    unread: int = 0


def synchronise(
    settings: Settings, *, full: bool = False, on_progress: Callable[[int, int], None] | None = None
) -> Outcome:
    """Bring the copy up to date, several generations if there is much to read.

    Args:
        settings: where things are.
        full: compare every document's time and size, not only folders that changed.
        on_progress: told how many of how many new documents have been read.

    Raises:
        OSError: the copy can't be written; what was published stays.
    """
    settings.cache_dir.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.cache_dir / "writer.lock"):
        total = Outcome(published=False)
        limit = _FIRST_BATCH
        while True:
            step = _once(settings, full=full, limit=limit, on_progress=on_progress)
            total = Outcome(
                total.published or step.published,
                total.added + step.added,
                total.removed + step.removed,
                step.unread,
            )
            if step.unread == 0 or step.added == 0:
                break
            limit = _BATCH
        # New results are on screen already; what they mean takes longer.
        if total.published or full:
            analyse(settings)
        return total


def _once(
    settings: Settings, *, full: bool, limit: int, on_progress: Callable[[int, int], None] | None
) -> Outcome:
    state = _load(settings.cache_dir)
    now_ns = time.time_ns()
    after = documents.stamps(settings.roots)
    changed = documents.changed_folders({} if full else state.stamps, after)
    changed |= set(state.stamps) - set(after)
    listed = [(folder, entry) for folder in changed for entry in documents.entries(folder)]
    known, fresh, gone = _compare(state.documents, changed, listed)
    fresh.sort(key=lambda entry: Path(entry.path).name, reverse=True)  # newest first
    batch, later = fresh[:limit], fresh[limit:]
    first = not state.meta
    if not batch and gone.is_empty() and not first:
        return Outcome(published=False)
    found = read([Path(entry.path) for entry in batch], on_progress, len(fresh))
    rows, listing = _merge(state, known, gone, batch, found)
    waiting = {str(Path(entry.path).parent) for entry in later}
    # What is still to be read leaves its folder to be listed again.
    stamps = documents.settled(after, now_ns) | dict.fromkeys(waiting, 0)
    conditions = {**state.conditions, **found.conditions}
    publish(settings, State(rows, listing, stamps, conditions, state.findings))
    return Outcome(True, len(batch), gone.height, len(later))


def _compare(
    before: pl.DataFrame, changed: set[str], listed: Iterable[tuple[str, documents.Entry]]
) -> tuple[pl.DataFrame, list[documents.Entry], pl.DataFrame]:
    """Split what was known into what stays and what is gone, and find what is new."""
    touched = (
        before["folder"].is_in(list(changed)) if before.height else pl.Series([], dtype=pl.Boolean)
    )
    untouched, looked_at = before.filter(~touched), before.filter(touched)
    old = {
        (row["folder"], row["name"]): (row["mtime_ns"], row["size"])
        for row in looked_at.iter_rows(named=True)
    }
    fresh: list[documents.Entry] = []
    kept: set[tuple[str, str]] = set()
    for folder, entry in listed:
        key = (folder, entry.path.rpartition("/")[2])
        if old.get(key) == (entry.mtime_ns, entry.size):
            kept.add(key)
        else:
            fresh.append(entry)
    stays = pl.Series(
        [(row[0], row[1]) in kept for row in looked_at.select("folder", "name").iter_rows()],
        dtype=pl.Boolean,
    )
    return (
        pl.concat([untouched, looked_at.filter(stays)]),
        fresh,
        looked_at.filter(~stays),
    )


def _merge(
    state: State,
    known: pl.DataFrame,
    gone: pl.DataFrame,
    batch: list[documents.Entry],
    found: ReadResult,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows and listing with what is gone taken out and what is new put in."""
    lost = gone["result_id"].drop_nulls()
    # The same result may lie in two directories; it is gone with the last of them.
    lost = lost.filter(~lost.is_in(known["result_id"].drop_nulls().implode()))
    rows = state.rows
    if not lost.is_empty():
        rows = rows.filter(~pl.col("result_id").is_in(lost.implode()))
    if not found.table.is_empty():
        there = known["result_id"].drop_nulls()
        added = found.table.filter(~pl.col("result_id").is_in(there.implode()))
        rows = frame.joined(rows, frame.encode(added))
    listing = pl.DataFrame(
        [
            {
                "folder": entry.path.rpartition("/")[0],
                "name": entry.path.rpartition("/")[2],
                "mtime_ns": entry.mtime_ns,
                "size": entry.size,
                "result_id": found.ids.get(entry.path),
                "problem": found.problems.get(entry.path),
            }
            for entry in batch
        ],
        schema=DOCUMENTS,
    )
    return rows, pl.concat([known, listing])


def publish(settings: Settings, state: State, *, results: int | None = None) -> None:
    """Make a generation of it, with all that pages need of it at once.

    Args:
        settings: where things are.
        state: what there is.
        results: how many results that is; by default, those of its documents.

    Raises:
        OSError: the copy can't be written; what was published stays.
    """
    summaries = summarise(state.rows)

    def write(folder: Path) -> dict[str, Any]:
        state.rows.write_ipc(folder / "rows.arrow")
        state.documents.write_ipc(folder / "documents.arrow")
        summaries.blocks.write_ipc(folder / "blocks.arrow")
        summaries.latest.write_ipc(folder / "latest.arrow")
        summaries.hosts.write_ipc(folder / "hosts.arrow")
        for name, content in (
            ("options", summaries.options),
            ("stamps", state.stamps),
            ("conditions", state.conditions),
            ("findings", state.findings),
        ):
            (folder / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
        return {
            "rows": state.rows.height,
            "results": state.documents["result_id"].drop_nulls().n_unique()
            if results is None
            else results,
            "made_at": time.time(),
            "roots": [str(root) for root in settings.roots],
        }

    generation.publish(settings.cache_dir, write)


def analyse(settings: Settings) -> None:
    """Publish the same results again with what analysis says of them."""
    published = generation.current(settings.cache_dir)
    if published is None:
        return
    rows = pl.read_ipc(published.folder / "rows.arrow")
    before = _json(published.folder / "findings.json")
    findings = find(rows, _json(published.folder / "conditions.json"), before)
    if findings == before:
        return

    def write(folder: Path) -> dict[str, Any]:
        for file in published.folder.iterdir():
            if file.name not in ("findings.json", generation.META):
                os.link(file, folder / file.name)
        (folder / "findings.json").write_text(json.dumps(findings), encoding="utf-8")
        return published.meta

    generation.publish(settings.cache_dir, write)


def _load(cache_dir: Path) -> State:
    """Return what was published last, or nothing where it can't be read."""
    published = generation.current(cache_dir)
    if published is not None:
        try:
            return State(
                rows=pl.read_ipc(published.folder / "rows.arrow"),
                documents=pl.read_ipc(published.folder / "documents.arrow"),
                stamps=_json(published.folder / "stamps.json"),
                conditions=_json(published.folder / "conditions.json"),
                findings=_json(published.folder / "findings.json"),
                meta=published.meta,
            )
        except (OSError, ValueError, pl.exceptions.PolarsError):
            pass  # made anew from the documents
    return State(frame.empty(), pl.DataFrame(schema=DOCUMENTS))


def _json(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
