"""Bring a backup back into empty databases and the bucket."""

from __future__ import annotations

from dataclasses import dataclass

from vttbench.backup import manifest
from vttbench.backup.bucket import Bucket
from vttbench.backup.databases import Databases
from vttbench.backup.errors import BackupError
from vttbench.backup.repository import Repository
from vttbench.backup.settings import Settings
from vttbench.backup.verification import damage


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


def restore(settings: Settings, name: str = "") -> Restored:
    """Restore a backup, the newest if none is named, and prove that all of it arrived.

    Needs the lock. Nothing is touched before the whole backup was read and found whole. The bucket
    comes first: databases, once restored, refer to it.

    Raises:
        BackupError: it is damaged, a database is not empty, or something did not arrive.
    """
    repository = Repository(settings.directory)
    folder = repository.folder(name)
    content = manifest.read_manifest(folder)
    if wrong := damage(repository, folder):
        raise BackupError(f"backup {folder.name} is not whole: " + "; ".join(wrong))
    objects = list(manifest.read_index(folder)) if content.bucket else []
    written = 0
    if content.bucket:
        if settings.bucket is None:
            raise BackupError(f"backup {folder.name} holds a bucket, and no bucket is configured")
        bucket = Bucket(settings.bucket)
        written = bucket.restore(objects, repository)
        if different := bucket.differences(objects):
            raise BackupError(f"bucket {settings.bucket.name}: other bytes in {different[:5]}")
    if content.databases and settings.database is None:
        raise BackupError(f"backup {folder.name} holds databases, and none is configured")
    rows: dict[str, int] = {}
    for dump in content.databases:
        assert settings.database is not None
        Databases(settings.database).restore(dump, folder)
        rows[dump.database] = sum(dump.rows.values())
    return Restored(
        backup=folder.name,
        rows=rows,
        objects=len(objects),
        written=written,
        size=sum(item.size for item in objects),
    )
