"""Rooms of this package as one file that runs on a host where the rest is not installed.

Python runs a zip file that holds a ``__main__.py`` (https://docs.python.org/3/library/zipapp.html).
The same sources give the same bytes, so that copying the file to a host changes nothing there
unless the program changed.
"""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path

import vttbench

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that zip knows
_MAIN = """import sys

from {module}.__main__ import main

sys.exit(main())
"""


def program_archive(room: str, folder: Path) -> Path:
    """Write a room of ``vttbench`` as a program and return its path.

    Args:
        room: name of the room, a package with a ``__main__`` that has ``main() -> int``. It may
            import the standard library, libraries that the host has, and itself.
        folder: where the program is kept, made if it is missing.

    Raises:
        ValueError: there is no such room.
    """
    package = Path(vttbench.__file__).parent
    sources = sorted((package / room).glob("*.py"))
    if package / room / "__main__.py" not in sources:
        raise ValueError(f"no room {room!r} with a __main__.py in {package}")
    folder.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder)
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as archive:
        _add(archive, "__main__.py", _MAIN.format(module=f"vttbench.{room}"))
        for source in [package / "__init__.py", *sources]:
            name = source.relative_to(package.parent).as_posix()
            _add(archive, name, source.read_text(encoding="utf-8"))
    path = folder / f"{room}.pyz"
    Path(temporary).replace(path)
    return path


def _add(archive: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, text)
