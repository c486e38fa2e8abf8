"""Which results a report is about, out of one or several results directories."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from vttbench.result import ResultError, loads
from vttbench.store import ResultStore, Stored
from vttbench.store.results import OnError


@dataclass(frozen=True)
class Selection:
    """What the user asked for. With none of suite, play and since: each host's latest suite.

    Attributes:
        host: name in the inventory.
        benchmark: name of a benchmark.
        suite_id: suite, whole.
        play_id: run of ansible-playbook.
        since: earliest start, with its UTC offset.
    """

    host: str | None = None
    benchmark: str | None = None
    suite_id: str | None = None
    play_id: str | None = None
    since: datetime | None = None

    @property
    def latest(self) -> bool:
        """Whether only the latest suite of each host is wanted."""
        return self.suite_id is None and self.play_id is None and self.since is None


@dataclass
class Gathered:
    """What was found.

    Attributes:
        results: oldest first, each result id once.
        problems: one sentence a document that could not be read.
    """

    results: list[Stored] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def gather(directories: Sequence[Path], selection: Selection) -> Gathered:
    """Read what was asked for from all directories together."""
    gathered = Gathered()

    def note(path: Path, error: Exception) -> None:
        problem = str(error) if str(path) in str(error) else f"{path}: {error}"
        if problem not in gathered.problems:
            gathered.problems.append(problem)

    stores = [ResultStore(directory) for directory in directories]
    if selection.latest:
        found = _latest_suites(stores, selection, note)
    else:
        found = (
            stored
            for store in stores
            for stored in store.results(
                host=selection.host,
                benchmark=selection.benchmark,
                suite_id=selection.suite_id,
                play_id=selection.play_id,
                since=selection.since,
                on_error=note,
            )
        )
    gathered.results = _once_each(found)
    return gathered


def find_run(directories: Sequence[Path], result_id: str) -> Gathered:
    """Find results by the beginning of their id; more than one when it is ambiguous."""
    gathered = Gathered()
    mark = json.dumps(result_id, ensure_ascii=False)[:-1].encode()
    for directory in directories:
        for path in ResultStore(directory).paths():
            try:
                text = path.read_bytes()
                if mark not in text:
                    continue
                result = loads(text, source=path)
            except (OSError, ResultError) as error:
                gathered.problems.append(str(error))
                continue
            if result.result_id.startswith(result_id):
                gathered.results.append(Stored(path, result))
    gathered.results = _once_each(gathered.results)
    return gathered


def _latest_suites(
    stores: Sequence[ResultStore], selection: Selection, note: OnError
) -> Iterator[Stored]:
    """Yield each host's latest suite, reading little of what is older."""
    newest: dict[str, Stored] = {}
    for store in stores:
        for _, paths in groupby(_by_folder(store, selection.host), key=lambda path: path.parent):
            for candidate in _newest_of_folder(store, list(paths), selection, note):
                name = candidate.result.host.name
                known = newest.get(name)
                if known is None or candidate.result.started_at > known.result.started_at:
                    newest[name] = candidate
    for name, latest in newest.items():
        for store in stores:
            yield from store.results(
                host=name,
                benchmark=selection.benchmark,
                suite_id=latest.result.suite_id,
                on_error=note,
            )


def _by_folder(store: ResultStore, host: str | None) -> list[Path]:
    return sorted(store.paths(host), key=lambda path: (path.parent, path.name), reverse=True)


def _newest_of_folder(
    store: ResultStore, paths: Sequence[Path], selection: Selection, note: OnError
) -> Iterator[Stored]:
    """Yield the newest result of each host in a folder; two hosts in one are rare, not impossible.

    A name like ``a/b`` shares the folder of ``a-b``, so documents are opened until each host was
    seen, where "seen" is decided by the bytes of the document.
    """
    seen: list[bytes] = []
    for path in paths:
        try:
            text = path.read_bytes()
        except OSError as error:
            note(path, error)
            continue
        if any(name in text for name in seen):
            continue
        try:
            result = loads(text, source=path)
        except ResultError as error:
            note(path, error)
            continue
        if selection.host not in {None, result.host.name}:
            continue
        if selection.benchmark not in {None, result.benchmark.name}:
            continue
        seen.append(b'"name": ' + json.dumps(result.host.name, ensure_ascii=False).encode())
        yield Stored(path, result)


def _once_each(found: Iterable[Stored]) -> list[Stored]:
    """Keep each result id once, oldest start first."""
    unique: dict[str, Stored] = {}
    for stored in found:
        unique.setdefault(stored.result.result_id, stored)
    return sorted(
        unique.values(), key=lambda stored: (stored.result.started_at, stored.result.result_id)
    )
