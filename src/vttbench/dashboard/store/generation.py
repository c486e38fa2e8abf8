"""One state of the copy on disk: complete or not there, and replaced in one step.

A generation is a folder that is written under another name, renamed when everything is in it, and
named in the file ``current`` by an atomic replacement. Whoever reads sees the old one or the new
one; a writer that dies changes nothing.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = 1
"""Raised whenever the files of a generation change: an older copy is then made anew."""

_CURRENT = "current"
META = "meta.json"
"""File in each generation that says what is in it."""
_KEPT = 2  # a reader may be opening the one before


@dataclass(frozen=True)
class Generation:
    """A published state.

    Attributes:
        folder: where its files are.
        meta: what its writer noted.
    """

    folder: Path
    meta: dict[str, Any]

    @property
    def version(self) -> str:
        """Name that no other generation of this copy has."""
        return self.folder.name


def current(cache_dir: Path) -> Generation | None:
    """Return what was published last; None where there is nothing whole of this format."""
    try:
        name = (cache_dir / _CURRENT).read_text(encoding="utf-8").strip()
        folder = cache_dir / name
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        whole = meta["format"] == FORMAT and all(
            (folder / file).stat().st_size == size for file, size in meta["files"].items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return Generation(folder, meta) if name and whole else None


def publish(cache_dir: Path, write: Callable[[Path], dict[str, Any]]) -> Generation:
    """Make a generation and let it be the current one.

    Args:
        cache_dir: where generations are; made where it is not there.
        write: puts files into the folder that it is given and returns what to note; it must not
            call one of them :data:`META`. What it raises is passed on, and nothing has changed.

    Raises:
        OSError: no permission, disk full, ...; nothing has changed.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    for left_over in cache_dir.glob(".making-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=cache_dir))
    try:
        noted = write(making)
        sizes = {file.name: file.stat().st_size for file in making.iterdir()}
        meta = noted | {"format": FORMAT, "files": sizes}
        (making / META).write_text(json.dumps(meta), encoding="utf-8")
        folder = cache_dir / f"generation-{_next_number(cache_dir):08d}"
        making.rename(folder)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    _point_to(cache_dir, folder.name)
    for old in _numbered(cache_dir)[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return Generation(folder, meta)


def _point_to(cache_dir: Path, name: str) -> None:
    beside = cache_dir / f".{_CURRENT}.new"
    beside.write_text(name + "\n", encoding="utf-8")
    os.replace(beside, cache_dir / _CURRENT)  # noqa: PTH105  # says what it does


def _numbered(cache_dir: Path) -> list[Path]:
    return sorted(cache_dir.glob("generation-*"))


def _next_number(cache_dir: Path) -> int:
    numbers = [int(path.name.rpartition("-")[2]) for path in _numbered(cache_dir)]
    return max(numbers, default=0) + 1
