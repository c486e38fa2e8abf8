"""One backup, from the first dump to the copy off the host."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from vttbench.backup import manifest, sqlite_files, status
from vttbench.backup.bucket import Bucket
from vttbench.backup.databases import Databases
from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import BucketContent, Dump, Manifest
from vttbench.backup.repository import Repository, name_of
from vttbench.backup.settings import Settings
from vttbench.backup.target import Copies
from vttbench.backup.verification import damage

_log = logging.getLogger("vttbench.backup")


def back_up(settings: Settings, *, prune: bool = True) -> Manifest:
    """Make one backup, verify it, remove old ones and copy all to the target.

    Needs the lock. Databases come first, the bucket after them: every artifact of a run that the
    dump holds was in the bucket before the bucket is read.

    Args:
        settings: where things are.
        prune: whether backups that are no longer kept are removed.

    Raises:
        BackupError: anything went wrong; ``status.json`` says what.
    """
    repository = Repository(settings.directory)
    attempt: dict[str, Any] = {"at": status.now(), "ok": False}
    try:
        repository.prepare()
        content = _make(settings, repository)
        status.update(settings.directory, last_success=_summary(content))
        if prune:
            gone = repository.prune(settings.retention)
            _log.info("kept %d backups, removed %d", len(repository.names()), len(gone))
        if settings.target:
            Copies(settings.target).send(repository)
            status.update(
                settings.directory, last_copy={"at": status.now(), "backup": content.name}
            )
            _log.info("copied to %s", settings.target.destination)
    except (BackupError, OSError) as error:
        attempt["error"] = str(error)
        _record(settings.directory, attempt)
        raise
    _record(settings.directory, {**attempt, "ok": True, "finished_at": status.now()})
    return content


def _make(settings: Settings, repository: Repository) -> Manifest:
    started = datetime.now(UTC)
    previous = repository.folder() if repository.names() else None
    thorough = _due(settings)
    damaged = repository.discard_damaged() if thorough else set()
    folder = repository.begin(name_of(started))
    dumps = _dump(settings, folder)
    files = sqlite_files.copy_all(settings.sqlite_files, folder)
    bucket = _mirror(settings, folder, repository, previous)
    content = Manifest(
        name=name_of(started),
        started_at=started.isoformat(timespec="seconds").replace("+00:00", "Z"),
        finished_at=status.now(),
        databases=dumps,
        bucket=bucket,
        files=files,
    )
    content.write(folder)
    if wrong := damage(repository, folder, read_objects=False):
        raise BackupError("the backup is not whole: " + "; ".join(wrong))
    repository.complete(folder)
    if lost := [name for name in damaged if not repository.object_path(name).exists()]:
        raise BackupError(
            f"{content.name} is whole, but {len(lost)} objects of older backups changed on disk and"
            f" the bucket no longer has them, {lost[0]} first: see to the disk"
        )
    if thorough:
        status.update(settings.directory, last_full_verification=status.now())
        _log.info("read every object again; %d had changed on disk and came anew", len(damaged))
    return content


def _dump(settings: Settings, folder: Path) -> tuple[Dump, ...]:
    if settings.database is None:
        return ()
    databases = Databases(settings.database)
    dumps = []
    for name in settings.database.names:
        dump = databases.dump(name, folder)
        dumps.append(dump)
        _log.info("database %s: %d rows, %d bytes", name, sum(dump.rows.values()), dump.size)
    return tuple(dumps)


def _mirror(
    settings: Settings, folder: Path, repository: Repository, previous: Path | None
) -> BucketContent | None:
    if settings.bucket is None:
        return None
    known = (
        manifest.read_index(previous) if previous and (previous / manifest.INDEX).is_file() else ()
    )
    mirrored = Bucket(settings.bucket).mirror(known, repository)
    size = sum(item.size for item in mirrored.objects)
    _log.info(
        "bucket %s: %d objects, %d bytes; fetched %d, %d bytes",
        settings.bucket.name, len(mirrored.objects), size, mirrored.fetched, mirrored.fetched_bytes,
    )  # fmt: skip
    return BucketContent(
        name=settings.bucket.name,
        objects=len(mirrored.objects),
        size=size,
        index_sha256=manifest.write_index(folder, mirrored.objects),
    )


def _due(settings: Settings) -> bool:
    """Whether every object is read again, not only what is new."""
    last = status.read(settings.directory).get("last_full_verification")
    if not last:
        return True
    age = datetime.now(UTC) - datetime.fromisoformat(last)
    # Half a day less: a nightly run that starts a little earlier counts as a day.
    return age >= timedelta(days=settings.verify_days) - timedelta(hours=12)


def _summary(content: Manifest) -> dict[str, Any]:
    return {
        "backup": content.name,
        "at": content.finished_at,
        "databases": {dump.database: sum(dump.rows.values()) for dump in content.databases},
        "objects": content.bucket.objects if content.bucket else 0,
        "bytes": content.bucket.size if content.bucket else 0,
        "files": {copy.path: sum(copy.rows.values()) for copy in content.files},
    }


def _record(directory: Path, attempt: dict[str, Any]) -> None:
    try:
        status.update(directory, last_attempt=attempt)
    except OSError as error:
        _log.warning("%s: status not written (%s)", directory, error.strerror)
