"""Drive ``C:`` as a folder: names without case, Windows' paths, a size that can run out."""

from __future__ import annotations

import ntpath
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

_DRIVE = re.compile(r"^(?:\\\\[?.]\\)?([A-Za-z]):(.*)$", re.DOTALL)
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*]')
_VARIABLE = re.compile(r"%([^%]+)%")


class PathError(ValueError):
    """Windows takes no such path."""


class DiskFullError(OSError):
    """There is not enough space on the disk."""

    def __init__(self) -> None:
        super().__init__("There is not enough space on the disk.")


class Drive:
    """Drive ``C:`` of one host.

    Args:
        folder: what ``C:\\`` is on this machine.
        environment: variables for ``%NAME%``, asked for at each use.
    """

    def __init__(self, folder: Path, environment: Callable[[], Mapping[str, str]]) -> None:
        self.folder = folder
        self._environment = environment
        self.size_bytes = 1_000_000_000_000
        # What is used beside our files; a fault fills it up.
        self.used_bytes = 180_000_000_000
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def free_bytes(self) -> int:
        """What Windows would call free."""
        return max(0, self.size_bytes - self.used_bytes)

    def expand(self, path: str) -> str:
        """Replace ``%NAME%`` and forward slashes."""
        known = {name.upper(): value for name, value in self._environment().items()}
        expanded = _VARIABLE.sub(lambda found: known.get(found[1].upper(), found[0]), path)
        return expanded.replace("/", "\\")

    def real(self, path: str) -> Path:
        """Where a path of Windows is on this machine, whether it exists or not.

        Raises:
            PathError: no such drive, or characters that no name may hold.
        """
        expanded = self.expand(path.strip())
        if not _DRIVE.match(expanded):
            expanded = ntpath.join(self._environment()["USERPROFILE"], expanded)
        found = _DRIVE.match(expanded)
        if found is None or found[1].upper() != "C":
            name = found[1] if found else expanded
            raise PathError(f"Cannot find drive. A drive with the name '{name}' does not exist.")
        if _FORBIDDEN.search(found[2]):
            raise PathError(f"Illegal characters in path '{path}'.")
        place = self.folder
        for part in ntpath.normpath("\\" + found[2].lstrip("\\")).split("\\"):
            if part:
                place = self._child(place, part.rstrip(". ") or part)
        return place

    def windows(self, real: Path) -> str:
        """The path of Windows for a place on this machine."""
        return "C:\\" + str(real.relative_to(self.folder)).replace("/", "\\").removeprefix(".")

    def write(self, real: Path, content: bytes) -> None:
        """Write a file anew.

        A new inode each time: the folder ``Windows`` may share files with other hosts.

        Raises:
            DiskFullError: it does not fit.
        """
        self.reserve(len(content))
        real.parent.mkdir(parents=True, exist_ok=True)
        real.unlink(missing_ok=True)
        real.write_bytes(content)

    def reserve(self, size: int) -> None:
        """Make sure that so many bytes fit.

        Raises:
            DiskFullError: they don't.
        """
        if size > self.free_bytes:
            raise DiskFullError

    def remove(self, real: Path) -> None:
        """Remove a file or a folder with all that is in it."""
        if real.is_dir() and not real.is_symlink():
            shutil.rmtree(real)
        else:
            real.unlink(missing_ok=True)

    @staticmethod
    def _child(folder: Path, name: str) -> Path:
        exact = folder / name
        if exact.exists() or not folder.is_dir():
            return exact
        lower = name.lower()
        return next((entry for entry in folder.iterdir() if entry.name.lower() == lower), exact)
