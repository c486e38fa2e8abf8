"""One backup or restore at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vttbench.backup.errors import BusyError


@contextmanager
def alone(directory: Path) -> Iterator[None]:
    """Hold the lock of a folder of backups; the kernel gives it back however the process ends.

    Raises:
        BusyError: another process holds it.
    """
    path = directory / "lock"
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise BusyError(
                f"{directory}: another backup or restore is at work (process {holder})"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
