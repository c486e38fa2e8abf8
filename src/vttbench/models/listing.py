"""A listing of the files below a model folder, of this machine or of another one.

The folder may be on a remote Linux or Windows host, where no Python of ours runs. So everything
here works on what ``ansible.builtin.find`` or ``ansible.windows.win_find`` return.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WINDOWS_ROOT = re.compile(r"^([A-Za-z]:[\\/]|\\\\)")


@dataclass(frozen=True)
class FileEntry:
    """One file.

    Attributes:
        path: relative to the model folder, or absolute for a file elsewhere.
        size: bytes.
    """

    path: str
    size: int


@dataclass(frozen=True)
class Listing:
    r"""The files below a folder.

    Attributes:
        root: the folder as the host calls it, e.g. ``/srv/models`` or ``D:\models``.
        files: with forward slashes, relative to root where they are below it.
    """

    root: str
    files: tuple[FileEntry, ...]

    @classmethod
    def of_find(cls, root: str, files: Iterable[Mapping[str, Any]]) -> Listing:
        """Make a listing from the ``files`` of what Ansible's ``find`` or ``win_find`` return.

        Args:
            root: the folder that was searched.
            files: items with ``path`` and ``size``; folders are left out.
        """
        return cls(
            root,
            tuple(
                FileEntry(relative(str(item["path"]), root), int(item.get("size", 0)))
                for item in files
                if not item.get("isdir", False)
            ),
        )

    @classmethod
    def of_directory(cls, root: Path) -> Listing:
        """List a folder of this machine; links are followed, what can't be read is left out."""
        found = []
        seen: set[str] = set()
        for folder, below, names in os.walk(root, followlinks=True):
            real = os.path.realpath(folder)
            if real in seen:  # links may lead in a circle
                below.clear()
                continue
            seen.add(real)
            for name in names:
                path = Path(folder, name)
                try:
                    size = path.stat().st_size
                except OSError:  # a dangling link, or gone since
                    continue
                found.append(FileEntry(path.relative_to(root).as_posix(), size))
        return cls(str(root), tuple(sorted(found, key=lambda entry: entry.path)))

    @property
    def on_windows(self) -> bool:
        """Whether the folder is one of Windows, where case does not tell two files apart."""
        return _WINDOWS_ROOT.match(self.root) is not None

    def absolute(self, path: str) -> str:
        """Return a path of this listing as the host itself writes it."""
        if not is_absolute(path):
            path = f"{self.root.rstrip('/').rstrip(chr(92))}/{path}"
        return path.replace("/", "\\") if self.on_windows else path

    def same(self, one: str, other: str) -> bool:
        """Tell whether two paths of this listing mean the same file."""
        one, other = relative(one, self.root), relative(other, self.root)
        return one.casefold() == other.casefold() if self.on_windows else one == other


def normalised(path: str) -> str:
    """Return a path with forward slashes, without ``./`` and doubled slashes."""
    slashed = path.replace("\\", "/")
    lead = "//" if path.startswith("\\\\") else "/" if slashed.startswith("/") else ""
    return lead + "/".join(part for part in slashed.split("/") if part not in ("", "."))


def is_absolute(path: str) -> bool:
    """Tell whether a path is absolute, on Linux or on Windows."""
    return path.startswith("/") or _WINDOWS_ROOT.match(path) is not None


def relative(path: str, root: str) -> str:
    """Return a path relative to root where it is below it, else as it is; always normalised."""
    path, base = normalised(path), normalised(root).rstrip("/") + "/"
    windows = _WINDOWS_ROOT.match(root) is not None
    head = path[: len(base)]
    below = head.casefold() == base.casefold() if windows else head == base
    return path[len(base) :] if below else path
