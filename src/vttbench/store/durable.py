"""Writing that survives a power cut: files are complete under their final name, or not there."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from pathlib import Path

from vttbench.result import File
from vttbench.store.naming import safe_name

_CHUNK = 1 << 20  # bytes
# What a filesystem answers that has no hard links (FAT, some network and container mounts).
_NO_HARD_LINKS = frozenset(
    [errno.EPERM, errno.EACCES, errno.ENOSYS, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV]
)


def temporary_beside(path: Path) -> Path:
    """Return an unused hidden name in the same folder that no glob for ``*.json`` finds."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder and its parents, durably; one that exists is fine."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a file that must not exist yet, and flush it to the disk.

    Raises:
        FileExistsError: there is one.
        OSError: it can't be written.
    """
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def write_replacing(path: Path, data: bytes) -> None:
    """Write a file in one step, in place of an older one of that name if there is one.

    For working state only (journals, plans); results are never replaced.
    """
    temporary = temporary_beside(path)
    try:
        write_new(temporary, data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def place(temporary: Path, final: Path) -> None:
    """Give a complete file its final name, in one step and without ever replacing another.

    The name is durable after :func:`sync_folder`.

    Raises:
        FileExistsError: the name is taken; ``temporary`` is still there.
    """
    try:
        os.link(temporary, final)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _place_without_links(temporary, final)
    else:
        temporary.unlink()


def _place_without_links(temporary: Path, final: Path) -> None:
    # A rename replaces silently, so whoever renames must hold the name's claim. A claim that a
    # killed writer left behind only means that the next one takes the next number.
    claim = final.with_name(f".{final.name}.claim")
    write_new(claim, b"")
    try:
        if final.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(final))
        temporary.rename(final)
    finally:
        claim.unlink()


def copy_files(source: Path, target: Path) -> list[File]:
    """Copy the regular files below a folder into a new one, durably, under portable names.

    Links and special files are left out: what a tool leaves behind must not pull in others' files.

    Args:
        source: folder to read.
        target: folder to make.

    Returns:
        Path relative to ``target``, SHA-256 and size in bytes of each file, sorted by path.
    """
    target.mkdir()
    files: list[File] = []
    for found in sorted(source.rglob("*")):  # does not follow links to folders
        if found.is_symlink() or not found.is_file():
            continue
        name = _free_name(target, found.relative_to(source))
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        digest, size = _copy(found, target / name)
        files.append(File(path=name.as_posix(), sha256=digest, size=size))
    for folder in [target, *(path for path in target.rglob("*") if path.is_dir())]:
        sync_folder(folder)
    return sorted(files, key=lambda file: file.path)


def _free_name(target: Path, relative: Path) -> Path:
    name = Path(*(safe_name(part) for part in relative.parts))
    number = 1
    candidate = name
    while (target / candidate).exists():
        number += 1
        candidate = name.with_name(f"{name.stem}-{number}{name.suffix}")
    return candidate


def _copy(source: Path, target: Path) -> tuple[str, int]:
    digest = hashlib.sha256()
    size = 0
    with source.open("rb") as reader, target.open("xb") as writer:
        while chunk := reader.read(_CHUNK):
            writer.write(chunk)
            digest.update(chunk)
            size += len(chunk)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest(), size
