"""All of this package as one archive, for a host that runs a service of it.

The same sources give the same bytes and the same name, so that a host is changed only when the
program changed. Only what the sources hold is taken: no byte code, no cache.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import tempfile
from pathlib import Path

import vttbench

MARK = "vttbench/complete"
"""Member that is written last: where it is, the archive was unpacked to its end."""

_LEFT_OUT = frozenset({"__pycache__", ".mypy_cache", ".ruff_cache"})


def package_archive(folder: Path) -> Path:
    """Write the package as ``vttbench-<hash of what is in it>.tar.gz`` and return its path.

    Args:
        folder: where archives are kept, made if it is missing.

    Raises:
        OSError: a source can't be read, or the archive can't be written.
    """
    package = Path(vttbench.__file__).parent
    content = _content(package)
    path = folder / f"vttbench-{hashlib.sha256(content).hexdigest()[:12]}.tar.gz"
    if path.is_file():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file:
        # Without a time of its own, or the same sources would give other bytes each second.
        file.write(gzip.compress(content, mtime=0))
    Path(temporary).replace(path)
    return path


def _content(package: Path) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for source in sorted(package.rglob("*")):
            inside = source.relative_to(package.parent)
            if source.is_file() and not _LEFT_OUT & set(inside.parts):
                _add(archive, inside.as_posix(), source.read_bytes())
        _add(archive, MARK, b"")
    return target.getvalue()


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    archive.addfile(member, io.BytesIO(content))
