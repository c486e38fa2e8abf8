"""Results become runs exactly once, whatever dies on the way and whoever else ships them too.

MLflow gives run ids itself, so a run is found by our tag ``result_id``. The protocol:

1. *Look.* A run that has ended is done, since its end is the last thing that is written. One that
   still runs was begun by somebody who may be gone: it is resumed, since every write is
   idempotent. Else a run is created.
2. *Write* artifacts, then parameters and metrics and, as the very last thing, status and end. (A
   tag of its own as the mark of completion would cost a server a tenth more work a result.)
3. *Look again* for runs of others. Among complete runs of one result the smallest run id stays.
   All who ship follow that rule, and who completes last sees every other complete run, so two
   controllers end up with one run. Incomplete ones are removed only when their writer is gone.

A run's start is its document's start, to the millisecond. So one search over the time a batch
spans finds all runs of the batch, where MLflow can't be asked for a list of tags.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from vttbench.result import Result
from vttbench.store.writer import alive, this_process
from vttbench.tracking import artifacts, layout
from vttbench.tracking.artifacts import Artifact
from vttbench.tracking.backend import Backend, Run
from vttbench.tracking.errors import RejectedError, TrackingError
from vttbench.tracking.layout import Content

CLAIM = "vttbench.claim"
CLAIMED_BY = "vttbench.claimed_by"
DIGEST = "vttbench.document_sha256"
_ABANDONED_AFTER_S = 900.0


@dataclass(frozen=True)
class Document:
    """A result on disk.

    Attributes:
        result: what stands in it.
        path: where it lies.
        text: its bytes.
    """

    result: Result
    path: Path
    text: bytes


@dataclass(frozen=True)
class Outcome:
    """What became of one document.

    Attributes:
        document: the document.
        run_id: its run; None where there is an error.
        error: why it isn't shipped.
    """

    document: Document
    run_id: str | None
    error: TrackingError | None = None


class ExactlyOnce:
    """Writes batches of results into one experiment.

    Args:
        backend: the MLflow.
        experiment_id: of the experiment.
        parent_of: returns the id of the parent run of a result, or None.
    """

    def __init__(
        self,
        backend: Backend,
        experiment_id: str,
        parent_of: Callable[[Result], str | None] = lambda _: None,
    ) -> None:
        self._backend = backend
        self._experiment_id = experiment_id
        self._parent_of = parent_of
        self._by = json.dumps(this_process())

    def write(self, documents: Sequence[Document]) -> list[Outcome]:
        """Write a batch of documents, close to each other in time.

        Raises:
            TrackingError: nothing can be said of any of them, such as when nobody answers. What
                was written by then is found by the next attempt.
        """
        if not documents:
            return []
        claim = uuid.uuid4().hex
        known = self._search(documents)
        parents = {id(one): self._parent_of(one.result) for one in documents}

        def ship(document: Document) -> Outcome:
            runs = known.get(document.result.result_id, [])
            try:
                run_id = self._one(document, runs, parents[id(document)], claim)
            except TrackingError as error:
                return Outcome(document, None, error)
            return Outcome(document, run_id)

        with ThreadPoolExecutor(self._backend.threads) as pool:
            outcomes = list(pool.map(ship, documents))
        return self._converge(outcomes, known, claim)

    def _search(self, documents: Sequence[Document], condition: str = "") -> dict[str, list[Run]]:
        """Return the runs of these documents by result id, smallest run id first."""
        starts = [layout.milliseconds(one.result.started_at) for one in documents]
        terms = [
            f"attributes.start_time >= {min(starts)}",
            f"attributes.start_time <= {max(starts)}",
        ]
        for tag, values in (
            ("host", {one.result.host.name for one in documents}),
            ("suite_id", {one.result.suite_id for one in documents}),
        ):
            value = values.pop()
            if not values and "'" not in value:
                terms.append(f"tags.`{tag}` = '{value}'")
        if condition:
            terms.append(condition)
        found: dict[str, list[Run]] = defaultdict(list)
        for run in self._backend.search(self._experiment_id, " AND ".join(terms)):
            if result_id := run.tags.get("result_id"):
                found[result_id].append(run)
        for runs in found.values():
            runs.sort(key=lambda run: run.run_id)
        return found

    def _one(self, document: Document, runs: Sequence[Run], parent: str | None, claim: str) -> str:
        ended = [run for run in runs if run.ended]
        if ended:
            return ended[0].run_id
        files, missing = artifacts.of_result(document.result, document.path, document.text)
        content = layout.of_result(document.result)
        tags = content.tags | self._marks(document, parent, claim)
        tags |= layout.cleaned_tags({"missing_files": ", ".join(missing)})
        for run in runs:
            try:
                self._backend.log(run.run_id, tags=tags)
                return self._fill(run, content, files)
            except RejectedError:
                # Begun by another version of this program, or removed meanwhile: a new one.
                continue
        run = self._backend.create(self._experiment_id, content.name, content.start_ms, tags)
        try:
            return self._fill(run, content, files)
        except RejectedError:
            others = self._search([document]).get(document.result.result_id, [])
            for other in others:
                if other.ended:  # somebody else was faster and removed ours
                    return other.run_id
            raise

    def _marks(self, document: Document, parent: str | None, claim: str) -> dict[str, str]:
        digest = hashlib.sha256(document.text).hexdigest()
        marks = {CLAIM: claim, CLAIMED_BY: self._by, DIGEST: digest}
        if parent is not None:
            marks["mlflow.parentRunId"] = parent
        return marks

    def _fill(self, run: Run, content: Content, files: Sequence[Artifact]) -> str:
        for file in files:
            self._backend.upload(run, file.path, file.content)
        self._backend.log(run.run_id, metrics=content.metrics, params=content.params)
        self._backend.terminate(run.run_id, content.status, content.end_ms)
        return run.run_id

    def _converge(
        self, outcomes: Sequence[Outcome], known: Mapping[str, Sequence[Run]], claim: str
    ) -> list[Outcome]:
        """Remove what others wrote of the same results, by the rule that all follow."""
        written = [one for one in outcomes if one.run_id is not None]
        fresh = [one for one in written if not _only(known, one)]
        others = (
            self._search([one.document for one in fresh], f"tags.`{CLAIM}` != '{claim}'")
            if fresh
            else {}
        )
        settled = []
        for one in outcomes:
            result_id, run_id = one.document.result.result_id, one.run_id
            if run_id is None:
                settled.append(one)
                continue
            runs = others.get(result_id, known.get(result_id, []) if one not in fresh else [])
            complete = {run.run_id for run in runs if run.ended} | {run_id}
            abandoned = {
                run.run_id for run in runs if run.run_id not in complete and _abandoned(run)
            }
            kept = min(complete)
            for loser in sorted((complete - {kept}) | abandoned):
                self._backend.delete(loser)
            settled.append(Outcome(one.document, kept))
        return settled


def _only(known: Mapping[str, Sequence[Run]], outcome: Outcome) -> bool:
    """Tell whether a run was complete before we came: then nothing new can be against it."""
    runs = known.get(outcome.document.result.result_id, [])
    return any(run.run_id == outcome.run_id and run.ended for run in runs)


def _abandoned(run: Run) -> bool:
    try:
        writer = json.loads(run.tags.get(CLAIMED_BY, "null"))
    except ValueError:
        writer = None
    if writer == this_process() | {"at": (writer or {}).get("at")}:
        return True  # ours, of an attempt that failed before this one
    return not alive(writer, _ABANDONED_AFTER_S)
