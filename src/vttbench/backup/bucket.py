"""The bucket of artifacts, through the S3 API: any server that speaks it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from minio.error import S3Error

from vttbench.backup.errors import BackupError
from vttbench.backup.etag import ETagger, parts_of
from vttbench.backup.manifest import StoredObject
from vttbench.backup.repository import Repository
from vttbench.backup.s3 import asked, connect, in_parallel
from vttbench.backup.settings import BucketAccess

_CHUNK = 1 << 20
_PART_LEAST = 5 << 20  # S3's own limit
_ONE_PIECE_MOST = 256 << 20  # a piece is held in memory while it is written
_PART = 64 << 20
_CHANGED_TRIES = 3
_USER_FIELD = "x-amz-meta-"
_KEPT_FIELDS = ("cache-control", "content-disposition", "content-encoding", "content-language")


@dataclass(frozen=True)
class Listed:
    """One object as the bucket lists it."""

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class Mirrored:
    """What became of the bucket's objects."""

    objects: tuple[StoredObject, ...]
    fetched: int
    fetched_bytes: int


class Bucket:
    """One bucket.

    Every method raises :class:`BackupError` where the server refuses or can't be reached.
    """

    def __init__(self, access: BucketAccess) -> None:
        self._access = access
        self._client = connect(access)
        self._name = access.name

    def listing(self) -> dict[str, Listed]:
        """Return all objects by key, in the order of the server."""
        with self._asked("list"):
            return {
                item.object_name: Listed(
                    item.object_name, item.size or 0, (item.etag or "").strip('"')
                )
                for item in self._client.list_objects(self._name, recursive=True)
            }

    def mirror(self, known: Iterable[StoredObject], repository: Repository) -> Mirrored:
        """Bring every object into the repository; fetch only those that changed or are new.

        Args:
            known: objects of the last backup.
            repository: where bytes are kept.
        """
        before = {item.key: item for item in known}
        kept: dict[str, StoredObject] = {}
        missing: list[Listed] = []
        for key, listed in self.listing().items():
            old = before.get(key)
            same = old and (old.etag, old.size) == (listed.etag, listed.size)
            if old and same and repository.has(old.sha256, old.size):
                kept[key] = old
            else:
                missing.append(listed)
        fetched = [
            item
            for item in in_parallel(lambda one: self._fetch(one, repository), missing)
            if item is not None
        ]
        kept.update((item.key, item) for item in fetched)
        return Mirrored(
            objects=tuple(kept[key] for key in sorted(kept)),
            fetched=len(fetched),
            fetched_bytes=sum(item.size for item in fetched),
        )

    def restore(self, objects: Iterable[StoredObject], repository: Repository) -> int:
        """Write objects that the bucket lacks or holds with other bytes; return how many.

        What the bucket holds beside them stays.
        """
        present = self.listing()
        wanted = [
            item
            for item in objects
            if item.key not in present
            or (present[item.key].etag, present[item.key].size) != (item.etag, item.size)
        ]
        in_parallel(lambda item: self._put(item, repository), wanted)
        return len(wanted)

    def differences(self, objects: Iterable[StoredObject]) -> list[str]:
        """Read objects of the bucket back and return keys whose bytes are not those recorded."""

        def differs(item: StoredObject) -> str | None:
            with self._asked(f"read back {item.key}"):
                try:
                    response = self._client.get_object(self._name, item.key)
                except S3Error as error:
                    if error.code == "NoSuchKey":
                        return item.key
                    raise
                with response:
                    digest = _sha256(response.stream(_CHUNK, decode_content=False))
                return None if digest == item.sha256 else item.key

        return [key for key in in_parallel(differs, list(objects)) if key]

    def _fetch(self, listed: Listed, repository: Repository) -> StoredObject | None:
        """Fetch one object; None if it was deleted since it was listed."""
        with self._asked(f"read {listed.key}"):
            for _ in range(_CHANGED_TRIES):
                try:
                    return self._fetch_version(listed, repository)
                except S3Error as error:
                    if error.code == "NoSuchKey":
                        return None
                    if error.code != "PreconditionFailed":
                        raise
                stat = self._client.stat_object(self._name, listed.key)
                listed = Listed(listed.key, stat.size or 0, (stat.etag or "").strip('"'))
        raise BackupError(f"bucket {self._name}: {listed.key} changes while it is read")

    def _fetch_version(self, listed: Listed, repository: Repository) -> StoredObject:
        part_size = self._part_size(listed)
        tagger = ETagger(part_size)
        response = self._client.get_object(
            self._name, listed.key, request_headers={"If-Match": f'"{listed.etag}"'}
        )
        with response:
            # As stored: an object that is gzip by its header must not be unpacked on its way.
            chunks = response.stream(_CHUNK, decode_content=False)
            sha256, size = repository.keep(chunks, tagger.update)
            headers = response.headers
        if size != listed.size:
            raise BackupError(
                f"bucket {self._name}: {listed.key} has {size} bytes, the server says {listed.size}"
            )
        if parts_of(listed.etag) is not None and tagger.etag() != listed.etag:
            raise BackupError(
                f"bucket {self._name}: {listed.key} has the checksum {tagger.etag()},"
                f" the server says {listed.etag}"
            )
        return StoredObject(
            key=listed.key,
            size=size,
            etag=listed.etag,
            sha256=sha256,
            part_size=part_size,
            content_type=headers.get("content-type", ""),
            metadata=_metadata(headers),
        )

    def _part_size(self, listed: Listed) -> int:
        if not parts_of(listed.etag):
            return 0
        # The length of the first part is that of all but the last.
        first = self._client.stat_object(
            self._name, listed.key, extra_query_params={"partNumber": "1"}
        )
        return int(first.size or 0)

    def _put(self, item: StoredObject, repository: Repository) -> None:
        path = repository.object_path(item.sha256)
        part_size = _upload_part(item)
        tagger = ETagger(part_size if item.size > part_size else 0)
        digest = _sha256(_chunks(path), tagger.update)
        if digest != item.sha256:
            raise BackupError(f"{path}: damaged, it is {digest}; {item.key} can't be restored")
        with self._asked(f"write {item.key}"), path.open("rb") as file:
            written = self._client.put_object(
                self._name,
                item.key,
                file,
                item.size,
                content_type=item.content_type or "application/octet-stream",
                metadata=dict(item.metadata) or None,
                part_size=part_size,
                num_parallel_uploads=1,
            )
        etag = (written.etag or "").strip('"')
        if parts_of(etag) is not None and etag != tagger.etag():
            raise BackupError(
                f"bucket {self._name}: {item.key} arrived as {etag}, expected {tagger.etag()}"
            )

    def _asked(self, what: str) -> AbstractContextManager[None]:
        return asked(self._access, what)


def _upload_part(item: StoredObject) -> int:
    """Return the part size that gives the object the ETag it had, where that is possible."""
    if item.part_size >= _PART_LEAST:
        return item.part_size
    return max(item.size, _PART_LEAST) if item.size <= _ONE_PIECE_MOST else _PART


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    fields = {name.lower(): value for name, value in headers.items()}
    return {
        name.removeprefix(_USER_FIELD): value
        for name, value in fields.items()
        if name.startswith(_USER_FIELD) or name in _KEPT_FIELDS
    }


def _sha256(chunks: Iterable[bytes], watch: Callable[[bytes], None] | None = None) -> str:
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        if watch:
            watch(chunk)
    return digest.hexdigest()


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise BackupError(f"{path}: {error.strerror}") from error
