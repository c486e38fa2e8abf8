"""From the spool to one destination: batches, plays, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from filelock import FileLock, Timeout

from vttbench.result import ResultError, loads
from vttbench.tracking.backend import Backend, Patience, connect
from vttbench.tracking.destination import display_uri
from vttbench.tracking.errors import RejectedError, TrackingError, UnavailableError
from vttbench.tracking.exactly_once import Document, ExactlyOnce
from vttbench.tracking.parents import Parents
from vttbench.tracking.spool import Entry, Spool

BATCH = 100


@dataclass
class Tally:
    """What became of the entries so far.

    Attributes:
        shipped: result ids, with their run ids.
        refused: result ids that this destination won't take or that can't be read, with the reason.
        left: how many entries of the last call are neither shipped nor done by somebody else.
        problem: why the rest could not be shipped; None when all went well.
    """

    shipped: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    left: int = 0
    problem: str | None = None


@dataclass
class _Opened:
    """An experiment that has been found, and what writes to it."""

    results: ExactlyOnce
    parents: Parents


class Shipping:
    """Ships to one destination. Used by one thread.

    Args:
        spool: the outbox.
        uri: where to.
        patience: how long to wait.
        on_progress: called whenever the destination has taken or answered something.
        lock_wait_s: how long to wait for another process of this machine that ships there.
        all_plays: whether plays that were meant for another destination go here too.
    """

    def __init__(
        self,
        spool: Spool,
        uri: str,
        patience: Patience | None = None,
        on_progress: Callable[[], None] = lambda: None,
        lock_wait_s: float = 60.0,
        all_plays: bool = False,
    ) -> None:
        self.tally = Tally()
        self._spool = spool
        self._uri = uri
        self._patience = patience
        self._on_progress = on_progress
        self._all_plays = all_plays
        self._lock = FileLock(spool.lock_path(uri), timeout=lock_wait_s)
        self._backend: Backend | None = None
        self._opened: dict[str, _Opened] = {}

    def ship(self, entries: Iterable[Entry], *, go_on: Callable[[], bool] = lambda: True) -> None:
        """Ship entries; what can't be shipped stays in the spool, and the tally says why.

        Args:
            entries: in any order; those that were shipped by somebody else by now are skipped.
            go_on: asked before each batch.
        """
        entries = list(entries)
        self.tally.problem, self.tally.left = None, len(entries)
        by_experiment = attrgetter("experiment")
        try:
            for experiment, group in groupby(sorted(entries, key=by_experiment), by_experiment):
                waiting = sorted(group, key=attrgetter("result_id"))
                while waiting and go_on():
                    batch, waiting = waiting[:BATCH], waiting[BATCH:]
                    with self._lock:
                        left = self._ship_batch(experiment, batch)
                    self.tally.left -= len(batch) - left
        except Timeout:
            self.tally.problem = "Another process of this machine is shipping: it takes these too."
        except TrackingError as error:
            self.tally.problem = str(error)

    def finish_plays(self) -> None:
        """Bring parent runs of plays to their end where all their results are shipped."""
        try:
            with self._lock:
                for play in self._spool.plays(None if self._all_plays else self._uri):
                    if play.finished_at or play.interrupted:
                        self._experiment(play.experiment).parents.finish(play)
                        self._spool.play_done(play.play_id)
                for opened in self._opened.values():
                    opened.parents.finish_unrecorded()
        except Timeout:
            self.tally.problem = "Another process of this machine is shipping: it takes these too."
        except TrackingError as error:
            self.tally.problem = str(error)

    def close(self) -> None:
        """Let go of connections."""
        if self._backend is not None:
            self._backend.close()

    def _ship_batch(self, experiment: str, entries: Sequence[Entry]) -> int:
        """Ship some entries and return how many of them are left."""
        before = len(self.tally.refused)
        documents = self._documents(entries)
        if not documents:
            return len(self.tally.refused) - before
        opened = self._experiment(experiment)
        opened.parents.learn(self._spool.plays())
        failure: TrackingError | None = None
        shipped = 0
        for outcome in opened.results.write(documents):
            result_id = outcome.document.result.result_id
            if outcome.run_id is not None:
                self.tally.shipped[result_id] = outcome.run_id
                self._spool.done(result_id)
                shipped += 1
            elif isinstance(outcome.error, RejectedError):
                self.tally.refused[result_id] = f"{outcome.document.path}: {outcome.error}"
            else:
                failure = outcome.error
        if failure is not None:
            if not shipped:
                raise failure
            # One that the server always stumbles over must not hold up those behind it.
            self.tally.problem = str(failure)
        return len(entries) - shipped if failure else len(self.tally.refused) - before

    def _documents(self, entries: Sequence[Entry]) -> list[Document]:
        """Read the documents that are still to be shipped, each result once."""
        documents: dict[str, Document] = {}
        for entry in entries:
            if entry.spooled and not self._spool.holds(entry.result_id):
                continue  # another process has shipped it while we waited for the lock
            try:
                text = entry.path.read_bytes()
                result = loads(text, source=entry.path)
            except (OSError, ResultError) as error:
                self.tally.refused[entry.result_id] = str(error)
                continue
            documents.setdefault(result.result_id, Document(result, entry.path, text))
        return sorted(documents.values(), key=lambda one: one.result.started_at)

    def _experiment(self, name: str) -> _Opened:
        if self._backend is None:
            self._backend = connect(self._uri, self._patience, self._on_progress)
        if name not in self._opened:
            experiment_id = self._backend.experiment(name)
            if experiment_id is None:
                raise UnavailableError(
                    f"The experiment {name} can't be made at {display_uri(self._uri)}: try again."
                )
            parents = Parents(self._backend, experiment_id, self._spool.plays())
            results = ExactlyOnce(self._backend, experiment_id, parents.of)
            self._opened[name] = _Opened(results, parents)
        return self._opened[name]
