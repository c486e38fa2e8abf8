"""The outbox on disk: what still has to reach MLflow, and where it was meant to go.

Write-ahead: :meth:`Spool.intend` is called *before* the result's JSON is renamed into place. So
there is no moment at which a result exists and nobody knows that it has to be shipped; an intent
whose result never appeared is dropped once its writer is gone.

Layout below ``.vttbench/spool``::

    results/<result_id>.json    one result that was not shipped yet
    plays/<play_id>.json        one run of ansible-playbook, until it is shipped and finished
    <hash of the URI>.lock      held while one process ships there

Entries may name a URI with credentials in it, so the folder is the owner's alone. Standard
library only: the callback and the measure action import this inside Ansible.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from vttbench.store.writer import alive, this_process
from vttbench.tracking import destination

# What another machine wrote into a shared spool can only be judged by its age.
_INTENT_ABANDONED_AFTER_S = 3600.0
_PLAY_ABANDONED_AFTER_S = 7 * 86400.0


class SpoolError(Exception):
    """The outbox can't be read or written: names the file and why."""


@dataclass(frozen=True)
class Entry:
    """One result on its way.

    Attributes:
        result_id: of the result document.
        path: of the result document, absolute.
        tracking_uri: where it was meant to go.
        experiment: name of the MLflow experiment.
        spooled: whether it stands in the spool, and so is done when it is no longer there.
    """

    result_id: str
    path: Path
    tracking_uri: str
    experiment: str = destination.EXPERIMENT
    spooled: bool = True


@dataclass
class Play:
    """One run of ansible-playbook: what was asked, by whom, of which hosts.

    ``finished_at`` stays None when the play was killed: that is how it is seen afterwards.
    """

    play_id: str
    tracking_uri: str
    started_at: str
    experiment: str = destination.EXPERIMENT
    playbook: str | None = None
    user: str | None = None
    controller: str | None = None
    hosts: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    profile: str | None = None
    sessions: str | None = None
    awx: dict[str, str] = field(default_factory=dict)
    git_commit: str | None = None
    ansible_version: str | None = None
    finished_at: str | None = None
    status: str = "RUNNING"
    writer: dict[str, Any] = field(default_factory=this_process)

    @property
    def interrupted(self) -> bool:
        """Whether the process of the play is gone without having said how it ended."""
        return self.finished_at is None and not alive(self.writer, _PLAY_ABANDONED_AFTER_S)


class Spool:
    """The outbox of one checkout.

    Args:
        folder: usually :func:`vttbench.tracking.destination.spool_dir`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._results = self.folder / "results"
        self._plays = self.folder / "plays"

    def lock_path(self, uri: str) -> Path:
        """Return the file that a process holds a lock on while it ships to a destination."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self.folder / f"{hashlib.sha256(uri.encode()).hexdigest()[:12]}.lock"

    def intend(
        self,
        result_id: str,
        result_path: Path,
        tracking_uri: str,
        experiment: str | None = None,
    ) -> None:
        """Note durably that a result is about to be written and has to be shipped.

        To be called before the document is renamed into place. Calling it twice is harmless.

        Args:
            result_id: of the result.
            result_path: where its document will be.
            tracking_uri: where it is to go.
            experiment: of MLflow; None for what the environment says, see
                :func:`vttbench.tracking.destination.experiment`.

        Raises:
            SpoolError: the folder can't be written; names it.
        """
        root = self._root()
        path = result_path.absolute()
        record = {
            "result_id": result_id,
            # Relative, and None for the embedded store, so that a checkout may be moved.
            "path": str(path.relative_to(root)) if path.is_relative_to(root) else str(path),
            "tracking_uri": self._portable(tracking_uri),
            "experiment": experiment or destination.experiment(os.environ),
            "writer": this_process(),
        }
        self._write(self._results / f"{_safe(result_id)}.json", record)

    def pending(self, uri: str | None = None) -> list[Entry]:
        """Return what has to be shipped, oldest first.

        Intents whose result never appeared, and never will because the writer is gone, are
        dropped on the way. Files that aren't readable are left alone.

        Args:
            uri: only what goes there; None for everything.
        """
        entries = []
        for file, record in self._records(self._results):
            entry = self._entry(record)
            if entry is None:
                continue
            # In this order: a writer that is gone by now can't write after we looked.
            gone = not alive(record.get("writer"), _INTENT_ABANDONED_AFTER_S)
            if not entry.path.is_file():
                if gone:
                    file.unlink(missing_ok=True)
                continue
            if uri is None or entry.tracking_uri == uri:
                entries.append(entry)
        return sorted(entries, key=lambda entry: entry.result_id)

    def holds(self, result_id: str) -> bool:
        """Tell whether a result still has to be shipped, or is about to be written."""
        return (self._results / f"{_safe(result_id)}.json").exists()

    def done(self, result_id: str) -> None:
        """Forget a result: it has been shipped."""
        (self._results / f"{_safe(result_id)}.json").unlink(missing_ok=True)

    def save_play(self, play: Play) -> None:
        """Write a play, over what was written of it before.

        Raises:
            SpoolError: the folder can't be written; names it.
        """
        record = asdict(play) | {"tracking_uri": self._portable(play.tracking_uri)}
        self._write(self._plays / f"{_safe(play.play_id)}.json", record)

    def plays(self, uri: str | None = None) -> list[Play]:
        """Return the plays that are not finished and shipped, oldest first."""
        known = {item.name for item in fields(Play)}
        plays = []
        for _, record in self._records(self._plays):
            with contextlib.suppress(TypeError):
                play = Play(**{key: value for key, value in record.items() if key in known})
                play.tracking_uri = play.tracking_uri or destination.embedded_uri(self._root())
                plays.append(play)
        wanted = [play for play in plays if uri is None or play.tracking_uri == uri]
        return sorted(wanted, key=lambda play: play.play_id)

    def play_done(self, play_id: str) -> None:
        """Forget a play: it ended and has been shipped."""
        (self._plays / f"{_safe(play_id)}.json").unlink(missing_ok=True)

    def _root(self) -> Path:
        return self.folder.parent.parent

    def _portable(self, tracking_uri: str) -> str | None:
        return None if tracking_uri == destination.embedded_uri(self._root()) else tracking_uri

    def _entry(self, record: dict[str, Any]) -> Entry | None:
        root = self._root()
        try:
            return Entry(
                result_id=record["result_id"],
                path=root / record["path"],
                tracking_uri=record["tracking_uri"] or destination.embedded_uri(root),
                experiment=record.get("experiment") or destination.EXPERIMENT,
            )
        except (KeyError, TypeError):
            return None

    def _write(self, path: Path, record: dict[str, Any]) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.parent.mkdir(mode=0o700, exist_ok=True)
            _replace_durably(path, json.dumps(record, indent=1, ensure_ascii=False) + "\n")
        except OSError as error:
            raise SpoolError(f"{path}: can't be written: {error.strerror or error}") from error

    @staticmethod
    def _records(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
        for file in sorted(folder.glob("*.json")):
            with contextlib.suppress(OSError, ValueError):
                record = json.loads(file.read_text(encoding="utf-8"))
                if isinstance(record, dict):
                    yield file, record


def utc_now() -> str:
    """Return the time as the spool writes it: UTC, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _replace_durably(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # a descriptor
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _safe(identifier: str) -> str:
    if not identifier or not all(c.isalnum() or c in "-_" for c in identifier):
        raise SpoolError(f"{identifier!r} is no identifier")
    return identifier
