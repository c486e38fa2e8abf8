"""Whether a backup is whole: every byte of it is read and compared with its checksum."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from vttbench.backup import manifest
from vttbench.backup.databases import rows_in
from vttbench.backup.manifest import Manifest, StoredObject, sha256_of
from vttbench.backup.repository import Repository

_SHOWN = 5


def damage(repository: Repository, folder: Path, *, read_objects: bool = True) -> list[str]:
    """Return what is wrong with a backup, one sentence each; nothing where it is whole.

    Args:
        repository: where the objects are kept.
        folder: the folder of the backup.
        read_objects: also read every object; else only its length is compared.
    """
    content = manifest.read_manifest(folder)
    return [
        *_damaged_dumps(content, folder),
        *_damaged_files(content, folder),
        *_damaged_bucket(content, folder, repository, read_objects),
    ]


def _damaged_dumps(content: Manifest, folder: Path) -> Iterable[str]:
    for dump in content.databases:
        path = folder / dump.file
        if changed := _changed(path, dump.sha256):
            yield changed
        elif rows_in(path) != dump.rows:
            yield f"{path} holds other numbers of rows than its manifest says"


def _damaged_files(content: Manifest, folder: Path) -> Iterable[str]:
    for copy in content.files:
        if changed := _changed(folder / copy.file, copy.sha256):
            yield changed


def _changed(path: Path, sha256: str) -> str:
    """Say what became of a file since it was backed up; nothing where it is as it was."""
    if not path.is_file():
        return f"{path} is missing"
    return "" if sha256_of(path) == sha256 else f"{path} is damaged: its checksum is another"


def _damaged_bucket(
    content: Manifest, folder: Path, repository: Repository, read_objects: bool
) -> Iterable[str]:
    if content.bucket is None:
        return
    index = folder / manifest.INDEX
    if not index.is_file() or sha256_of(index) != content.bucket.index_sha256:
        yield f"{index} is missing or damaged"
        return
    objects = list(manifest.read_index(folder))
    if len(objects) != content.bucket.objects:
        yield f"{index} names {len(objects)} objects, the manifest says {content.bucket.objects}"
    bad = [item for item in objects if not _whole(item, repository, read_objects)]
    for item in bad[:_SHOWN]:
        yield f"object {item.key} ({repository.object_path(item.sha256)}) is missing or damaged"
    if len(bad) > _SHOWN:
        yield f"and {len(bad) - _SHOWN} more objects"


def _whole(item: StoredObject, repository: Repository, read: bool) -> bool:
    if not repository.has(item.sha256, item.size):
        return False
    return not read or sha256_of(repository.object_path(item.sha256)) == item.sha256
