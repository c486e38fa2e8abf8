"""What one backup holds: ``manifest.json`` and the index of its objects."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from vttbench.backup.errors import BackupError

VERSION = 1
MANIFEST = "manifest.json"
INDEX = "objects.jsonl.gz"
_CHUNK = 1 << 20


@dataclass(frozen=True)
class Dump:
    """One database, in pg_dump's custom format.

    Attributes:
        database: its name.
        file: name of the dump in the folder of the backup.
        size: bytes.
        sha256: checksum of the file.
        rows: rows of each table, counted in the dump.
    """

    database: str
    file: str
    size: int
    sha256: str
    rows: dict[str, int]


@dataclass(frozen=True)
class FileCopy:
    """One SQLite file of a service.

    Attributes:
        path: where it lies on the host.
        file: name of the copy in the folder of the backup.
        size: bytes.
        sha256: checksum of the copy.
        rows: rows of each table, counted in the copy.
    """

    path: str
    file: str
    size: int
    sha256: str
    rows: dict[str, int]


@dataclass(frozen=True)
class StoredObject:
    """One object of the bucket, kept once however many backups hold it.

    Attributes:
        key: its name in the bucket.
        size: bytes.
        etag: as the S3 server gave it.
        sha256: checksum of its bytes, and where they are kept.
        part_size: size of the parts that it was written in, in bytes; 0 if in one piece.
        content_type: as it was stored.
        metadata: the user's own fields, and headers such as ``content-encoding``.
    """

    key: str
    size: int
    etag: str
    sha256: str
    part_size: int = 0
    content_type: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BucketContent:
    """The bucket as a whole; the index names its objects."""

    name: str
    objects: int
    size: int
    index_sha256: str


@dataclass(frozen=True)
class Manifest:
    """One backup. Times are UTC, RFC 3339."""

    name: str
    started_at: str
    finished_at: str
    databases: tuple[Dump, ...]
    bucket: BucketContent | None
    files: tuple[FileCopy, ...] = ()
    version: int = VERSION

    def write(self, folder: Path) -> None:
        """Write it into the folder of the backup."""
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a backup.

    Raises:
        BackupError: there is none, or none that this version understands.
    """
    path = folder / MANIFEST
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if content["version"] != VERSION:
            raise BackupError(
                f"{path}: version {content['version']}, this program understands {VERSION}"
            )
        bucket = content["bucket"]
        return Manifest(
            name=content["name"],
            started_at=content["started_at"],
            finished_at=content["finished_at"],
            databases=tuple(Dump(**dump) for dump in content["databases"]),
            bucket=BucketContent(**bucket) if bucket else None,
            # Backups made before there were any have none.
            files=tuple(FileCopy(**copy) for copy in content.get("files", [])),
        )
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path}: not the manifest of a backup ({error})") from error


def write_index(folder: Path, objects: Iterable[StoredObject]) -> str:
    """Write the index of a backup's objects and return its checksum."""
    with gzip.open(folder / INDEX, "wt", encoding="utf-8") as file:
        for item in objects:
            file.write(json.dumps(asdict(item), ensure_ascii=False) + "\n")
    return sha256_of(folder / INDEX)


def read_index(folder: Path) -> Iterator[StoredObject]:
    """Return the objects of a backup, one by one."""
    try:
        with gzip.open(folder / INDEX, "rt", encoding="utf-8") as file:
            for line in file:
                yield StoredObject(**json.loads(line))
    except (OSError, EOFError, ValueError, TypeError) as error:
        raise BackupError(f"{folder / INDEX}: can't be read ({error})") from error


def sha256_of(path: Path) -> str:
    """Return the checksum of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
