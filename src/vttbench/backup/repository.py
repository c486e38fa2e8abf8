"""The folder of all backups.

::

    lock             held while a backup or restore is at work
    status.json      the last attempt and the last success, for everyone to read
    objects/ab/…     bytes of the bucket's objects by their SHA-256, each kept once
    backups/<UTC>/   manifest.json, objects.jsonl.gz, <database>.dump, <name>.sqlite

A backup appears under its name only when it is complete.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from vttbench.backup import manifest
from vttbench.backup.errors import BackupError
from vttbench.backup.retention import Retention, kept

_STAMP = "%Y%m%dT%H%M%SZ"
NAME = re.compile(r"[0-9]{8}T[0-9]{6}Z")
_PARTIAL = ".partial-"


def name_of(time: datetime) -> str:
    """Return the name of a backup that was begun at that time."""
    return time.astimezone(UTC).strftime(_STAMP)


def time_of(name: str) -> datetime:
    """Return when a backup was begun, by its name."""
    return datetime.strptime(name, _STAMP).replace(tzinfo=UTC)


class Repository:
    """All backups of one server."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.backups = directory / "backups"
        self.objects = directory / "objects"

    def prepare(self) -> None:
        """Make what is missing and remove what an interrupted run left. Needs the lock."""
        try:
            self.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.objects.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise BackupError(f"{error.filename}: {error.strerror}") from error
        for left in self.backups.glob(f"{_PARTIAL}*"):
            shutil.rmtree(left)
        for left in self.objects.glob(f"{_PARTIAL}*"):
            left.unlink()

    def names(self) -> list[str]:
        """Return the complete backups, oldest first."""
        if not self.backups.is_dir():
            return []
        return sorted(path.name for path in self.backups.iterdir() if NAME.fullmatch(path.name))

    def folder(self, name: str = "") -> Path:
        """Return the folder of a backup; of the newest if none is named.

        Raises:
            BackupError: there is none.
        """
        names = self.names()
        if not names:
            raise BackupError(f"{self.backups}: there is no backup")
        if name and name not in names:
            raise BackupError(f"{self.backups}: no backup {name}; there are {', '.join(names)}")
        return self.backups / (name or names[-1])

    def begin(self, name: str) -> Path:
        """Return an empty folder for a backup that is being made."""
        folder = self.backups / f"{_PARTIAL}{name}"
        folder.mkdir(mode=0o700)
        return folder

    def complete(self, folder: Path) -> Path:
        """Give a finished backup its name, once all of it is on disk."""
        os.sync()
        final = self.backups / folder.name.removeprefix(_PARTIAL)
        folder.rename(final)
        _sync_folder(self.backups)
        return final

    def object_path(self, sha256: str) -> Path:
        """Return where the bytes of an object are kept."""
        return self.objects / sha256[:2] / sha256

    def has(self, sha256: str, size: int) -> bool:
        """Whether an object is kept, in its full length."""
        try:
            return self.object_path(sha256).stat().st_size == size
        except FileNotFoundError:
            return False

    def keep(self, chunks: Iterable[bytes], watch: Callable[[bytes], None]) -> tuple[str, int]:
        """Keep the bytes of an object and return their SHA-256 and size.

        Args:
            chunks: the bytes.
            watch: sees each chunk too.
        """
        digest, size = hashlib.sha256(), 0
        handle, temporary = tempfile.mkstemp(prefix=_PARTIAL, dir=self.objects)
        try:
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    file.write(chunk)
                    digest.update(chunk)
                    watch(chunk)
                    size += len(chunk)
            path = self.object_path(digest.hexdigest())
            path.parent.mkdir(mode=0o700, exist_ok=True)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def discard_damaged(self) -> set[str]:
        """Read every object again, remove those that changed on disk and return their names."""
        damaged = [
            path for path in self.objects.glob("??/*") if manifest.sha256_of(path) != path.name
        ]
        for path in damaged:
            path.unlink()
        return {path.name for path in damaged}

    def prune(self, rule: Retention) -> list[str]:
        """Remove backups that the rule does not keep, then objects that no backup holds.

        Returns:
            Names of the backups that are gone.
        """
        times = {name: time_of(name) for name in self.names()}
        stay = kept(times.values(), rule)
        gone = [name for name, time in times.items() if time not in stay]
        for name in gone:
            # Renamed first: what is half removed must not look like a backup.
            doomed = self.backups / f"{_PARTIAL}{name}"
            (self.backups / name).rename(doomed)
            shutil.rmtree(doomed)
        if gone:
            self._remove_unused_objects()
        return gone

    def _remove_unused_objects(self) -> None:
        used = {
            item.sha256
            for name in self.names()
            if (self.backups / name / manifest.INDEX).is_file()
            for item in manifest.read_index(self.backups / name)
        }
        for path in self.objects.glob("??/*"):
            if path.name not in used:
                path.unlink()


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
