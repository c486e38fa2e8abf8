"""Results on disk: one JSON document a result, its raw files in a folder of the same name.

``results/<linux|windows>/<host>/20261125T074512.123Z-sevenzip.json`` is the document,
``results/<linux|windows>/<host>/20261125T074512.123Z-sevenzip/`` holds what the tool printed and
wrote. Documents are complete or absent, and none is ever overwritten.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from vttbench.result import File, Result, ResultError, dumps, loads
from vttbench.store.durable import (
    copy_files,
    make_folder,
    place,
    sync_folder,
    temporary_beside,
    write_new,
)
from vttbench.store.naming import folder_of, safe_name, stem_may_be, stem_of, time_stamp

OnError = Callable[[Path, Exception], None]


class StoreError(Exception):
    """The results directory can't be written or read; the message names the path."""


@dataclass(frozen=True)
class Stored:
    """A result and where it lies.

    Attributes:
        path: the document.
        result: its content.
        announce_error: what the ``announce`` callback of :meth:`ResultStore.write` raised. The
            document is on disk all the same.
    """

    path: Path
    result: Result
    announce_error: Exception | None = None


@dataclass(frozen=True)
class ResultStore:
    """A results directory. Any number of processes may write and read it at once.

    Attributes:
        root: the directory, e.g. ``results``. It is made by the first write.
    """

    root: Path

    def write(
        self,
        result: Result,
        raw_dir: Path | None = None,
        *,
        announce: Callable[[Path], None] | None = None,
    ) -> Stored:
        """Put a result on disk, raw files first, the document last and in one step.

        Args:
            result: what to write. Where ``raw_dir`` is given, its ``files`` are replaced.
            raw_dir: folder whose files are copied beside the document. It is left as it is.
            announce: called with the document's path when everything but its final name is on
                disk, e.g. to note in a spool that it is coming. It may be called once more with
                another path when somebody else takes the name at that moment. What it raises does
                not stop the write and is handed back in :attr:`Stored.announce_error`.

        Returns:
            The path of the document and the result as written.

        Raises:
            ResultError: the result would not be readable again (NaN, status without reason, ...).
            StoreError: no permission, disk full, ...; the message names the path.
        """
        loads(_text(result), source=f"result {result.result_id}")
        folder = folder_of(self.root, result)
        stem = stem_of(result)
        staging: Path | None = None
        try:
            make_folder(folder)
            files: list[File] = []
            if raw_dir is not None:
                staging = temporary_beside(folder / stem)
                files = copy_files(raw_dir, staging)
            return _place_numbered(folder, stem, result, staging, files, announce)
        except OSError as error:
            where = error.filename or folder
            raise StoreError(
                f"can't write the result of {result.benchmark.name} on {result.host.name} "
                f"to {folder}: {error.strerror or error} ({where})"
            ) from error
        finally:
            if staging is not None:
                shutil.rmtree(staging, ignore_errors=True)

    def read(self, path: Path) -> Stored:
        """Read one document.

        Raises:
            ResultError: not a valid document; names the file.
            StoreError: it can't be opened.
        """
        return Stored(path, loads(_read(path), source=path))

    def paths(self, host: str | None = None) -> list[Path]:
        """Return the documents, oldest first by the time in their names.

        Args:
            host: only those in the folder of this host, which others of a like name may share.
        """
        folder = "*" if host is None else safe_name(host)
        pattern = f"*/{folder}/*.json"
        found = (path for path in self.root.glob(pattern) if not path.name.startswith("."))
        return sorted(found, key=lambda path: (path.name, path))

    def results(
        self,
        *,
        host: str | None = None,
        benchmark: str | None = None,
        suite_id: str | None = None,
        play_id: str | None = None,
        since: datetime | None = None,
        newest_first: bool = False,
        on_error: OnError | None = None,
    ) -> Iterator[Stored]:
        """Read the documents that match, one by one.

        Names of folders and files decide where they can; only the rest is opened.

        Args:
            host: name in the inventory.
            benchmark: name of a benchmark.
            suite_id: suite.
            play_id: run of ansible-playbook that made them.
            since: earliest start, with its UTC offset.
            newest_first: order by start; oldest first otherwise.
            on_error: called for a document that can't be read, and reading goes on. Without it
                the first broken document ends the iteration with its error.
        """
        paths = self.paths(host)
        if newest_first:
            paths.reverse()
        earliest = None if since is None else time_stamp(since)
        wanted = [text for text in (suite_id, play_id) if text is not None]
        marks = [json.dumps(text, ensure_ascii=False).encode() for text in wanted]
        for path in paths:
            if not stem_may_be(path.stem, benchmark=benchmark, since=earliest):
                continue
            try:
                text = _read(path)
                if not all(mark in text for mark in marks):
                    continue
                result = loads(text, source=path)
            except (ResultError, StoreError) as error:
                if on_error is None:
                    raise
                on_error(path, error)
                continue
            if (
                (host is None or result.host.name == host)
                and (benchmark is None or result.benchmark.name == benchmark)
                and (suite_id is None or result.suite_id == suite_id)
                and (play_id is None or result.provenance.play_id == play_id)
                and (since is None or result.started_at >= since)
            ):
                yield Stored(path, result)

    def latest(
        self,
        *,
        host: str | None = None,
        benchmark: str | None = None,
        suite_id: str | None = None,
        on_error: OnError | None = None,
    ) -> Stored | None:
        """Return the newest document that matches, or None; arguments as for :meth:`results`."""
        return next(
            self.results(
                host=host,
                benchmark=benchmark,
                suite_id=suite_id,
                newest_first=True,
                on_error=on_error,
            ),
            None,
        )


def _place_numbered(
    folder: Path,
    stem: str,
    result: Result,
    staging: Path | None,
    files: list[File],
    announce: Callable[[Path], None] | None,
) -> Stored:
    """Find a free name and put raw files and document there."""
    number = 0
    announce_error: Exception | None = None
    while True:
        number += 1
        name = stem if number == 1 else f"{stem}-{number}"
        final, raw = folder / f"{name}.json", folder / name
        if final.exists() or not (staging is None or _claimed(raw)):
            continue
        written = result
        if staging is not None:
            staging.rename(raw)
            sync_folder(folder)
            listed = [file.model_copy(update={"path": f"{name}/{file.path}"}) for file in files]
            written = result.model_copy(update={"files": listed})
        temporary = temporary_beside(final)
        try:
            write_new(temporary, _text(written).encode())
            if announce is not None:
                try:
                    announce(final)
                except Exception as error:  # the result counts for more
                    announce_error = error
            place(temporary, final)
        except FileExistsError:
            if staging is not None:
                raw.rename(staging)
            continue
        except OSError:
            if staging is not None:
                raw.rename(staging)  # the caller removes it
            raise
        finally:
            temporary.unlink(missing_ok=True)
        sync_folder(folder)  # if this fails, document and raw files stay, whole
        return Stored(final, written, announce_error)


def _claimed(raw: Path) -> bool:
    """Take the name of a raw folder by making it; an empty folder can then be replaced at once."""
    try:
        raw.mkdir()
    except FileExistsError:
        return False
    return True


def _text(result: Result) -> str:
    try:
        return dumps(result)
    except ValueError as error:
        raise ResultError(f"result {result.result_id} can't be written: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path}: can't be read: {error.strerror}") from error
