"""Bring a backup back into the databases and the bucket."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from vttbench.backup import manifest
from vttbench.backup.bucket import Bucket
from vttbench.backup.databases import Databases
from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import Manifest, StoredObject
from vttbench.backup.repository import Repository
from vttbench.backup.settings import Settings
from vttbench.backup.verification import damage

_log = logging.getLogger("vttbench.backup")


@dataclass(frozen=True)
class Restored:
    """What is back.

    Attributes:
        backup: name of the backup.
        rows: rows of each database.
        objects: objects of the bucket, each read back and compared.
        written: how many of them the bucket lacked.
        size: bytes of all objects.
    """

    backup: str
    rows: dict[str, int]
    objects: int
    written: int
    size: int


def restore(settings: Settings, name: str = "", *, overwrite: bool = False) -> Restored:
    """Restore a backup, the newest if none is named, and prove that all of it arrived.

    Needs the lock. Nothing is touched before the whole backup was read and found whole. The bucket
    comes first: databases, once restored, refer to it.

    Args:
        settings: where things are.
        name: of the backup.
        overwrite: whether databases that hold people's work are replaced.

    Raises:
        BackupError: it is damaged, a database is in use, or something did not arrive.
    """
    repository = Repository(settings.directory)
    folder = repository.folder(name)
    content = manifest.read_manifest(folder)
    if wrong := damage(repository, folder):
        raise BackupError(f"backup {folder.name} is not whole: " + "; ".join(wrong))
    databases = _databases(settings, content, overwrite)
    objects, written = _restore_bucket(settings, content, repository, folder)
    for dump in content.databases:
        assert databases is not None
        databases.restore(dump, folder)
    for copy in content.files:
        # They belong to services that this user is not.
        _log.info("%s is left to you or playbooks/restore.yml: %s", copy.path, folder / copy.file)
    return Restored(
        backup=folder.name,
        rows={dump.database: sum(dump.rows.values()) for dump in content.databases},
        objects=len(objects),
        written=written,
        size=sum(item.size for item in objects),
    )


def _databases(settings: Settings, content: Manifest, overwrite: bool) -> Databases | None:
    if not content.databases:
        return None
    if settings.database is None:
        raise BackupError(f"backup {content.name} holds databases, and none is configured")
    databases = Databases(settings.database)
    for dump in content.databases:
        work = databases.work(dump.database)
        if work and not overwrite:
            held = ", ".join(f"{count} rows in {table}" for table, count in work.items())
            raise BackupError(
                f"database {dump.database} on {settings.database.host} is in use ({held});"
                " only --overwrite replaces it"
            )
    return databases


def _restore_bucket(
    settings: Settings, content: Manifest, repository: Repository, folder: Path
) -> tuple[list[StoredObject], int]:
    """Return the objects, all of them read back, and how many had to be written."""
    if content.bucket is None:
        return [], 0
    if settings.bucket is None:
        raise BackupError(f"backup {content.name} holds a bucket, and none is configured")
    objects = list(manifest.read_index(folder))
    bucket = Bucket(settings.bucket)
    written = bucket.restore(objects, repository)
    if different := bucket.differences(objects):
        raise BackupError(f"bucket {settings.bucket.name}: other bytes in {different[:5]}")
    return objects, written
