"""Which documents there are, and which are new, without opening any of them.

Documents are never changed once written, so the folders of hosts tell by their own time whether
anything was added or removed: a thousand folders are looked at in milliseconds, however many
documents lie in them. A change in place, which only people make, is found by a full comparison.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

# A folder that changed so short a time ago may change again without another time stamp.
_SETTLED_NS = 2_000_000_000


@dataclass(frozen=True)
class Entry:
    """A document as its folder lists it.

    Attributes:
        path: absolute.
        mtime_ns: of the file.
        size: in bytes.
    """

    path: str
    mtime_ns: int
    size: int


def folders(roots: Iterable[Path]) -> Iterator[str]:
    """Yield the folders of hosts in results directories, as absolute paths."""
    for root in roots:
        for family in _subfolders(str(root.resolve())):
            yield from _subfolders(family)


def stamps(roots: Iterable[Path]) -> dict[str, int]:
    """Return when each host's folder changed last, in nanoseconds since 1970.

    Args:
        roots: results directories.
    """
    found: dict[str, int] = {}
    for folder in folders(roots):
        try:
            found[folder] = os.stat(folder).st_mtime_ns  # noqa: PTH116  # a thousand, often
        except OSError:
            continue
    return found


def settled(stamps: Mapping[str, int], now_ns: int) -> dict[str, int]:
    """Return the stamps that may be relied on later; 0 for a folder that changed just now.

    Args:
        stamps: from :func:`stamps`.
        now_ns: when they were taken, in nanoseconds since 1970.
    """
    return {
        folder: stamp if now_ns - stamp > _SETTLED_NS else 0 for folder, stamp in stamps.items()
    }


def changed_folders(before: Mapping[str, int], after: Mapping[str, int]) -> set[str]:
    """Return the folders that have to be listed again, those that vanished included.

    Args:
        before: what :func:`settled` gave when they were listed last.
        after: what :func:`stamps` gives now.
    """
    listed = {folder for folder, stamp in after.items() if before.get(folder) != stamp}
    return listed | (set(before) - set(after))


def entries(folder: str) -> Iterator[Entry]:
    """Yield the documents of one host's folder; none where it is gone."""
    try:
        with os.scandir(folder) as items:
            for item in items:
                if not item.name.endswith(".json") or item.name.startswith("."):
                    continue
                try:
                    stat = item.stat()
                except OSError:
                    continue  # removed a moment ago
                yield Entry(item.path, stat.st_mtime_ns, stat.st_size)
    except OSError:
        return


def _subfolders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as items:
            return sorted(
                item.path for item in items if item.is_dir() and not item.name.startswith(".")
            )
    except OSError:
        return []
