"""SQLite files of services on this host: copied while they are in use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import FileCopy, sha256_of

# Tables that every file of the dashboard's has rows in, whether anybody wrote something or not.
_NO_WORK = ("revision",)


def copy_all(paths: Iterable[str], folder: Path) -> tuple[FileCopy, ...]:
    """Copy SQLite files into the folder of a backup, and read each copy again.

    SQLite's own way of copying is used: a file that is being written gives the state between two
    transactions. One that is not there yet is left out: its service has not been started.

    Raises:
        BackupError: one can't be read, or its copy is not whole; names it.
    """
    return tuple(_copy(Path(path), folder) for path in paths if Path(path).exists())


def rows_in(path: Path) -> dict[str, int]:
    """Check a whole SQLite file and return how many rows each of its tables has.

    Raises:
        BackupError: it is damaged, or no SQLite file.
    """
    try:
        with closing(_opened(path)) as database:
            ((verdict,), *_) = database.execute("PRAGMA integrity_check")
            if verdict != "ok":
                raise BackupError(f"{path}: damaged ({verdict})")
            tables = database.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table'"
                " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
            )
            return {name: _count(database, name) for (name,) in tables}
    except sqlite3.Error as error:
        raise BackupError(f"{path}: {error}") from error


def work(path: Path) -> dict[str, int]:
    """Return what would be lost if a file were replaced: rows by table."""
    if not path.exists():
        return {}
    return {table: rows for table, rows in rows_in(path).items() if rows and table not in _NO_WORK}


def _copy(path: Path, folder: Path) -> FileCopy:
    copy = folder / path.name
    if copy.exists():
        raise BackupError(f"{path}: another file of this name is backed up already")
    try:
        while True:
            before = path.stat().st_mtime_ns
            with closing(_opened(path)) as database, closing(sqlite3.connect(copy)) as target:
                database.backup(target)
                # A copy is one file, whoever opens it later and with whatever right.
                target.execute("PRAGMA journal_mode=DELETE")
            # Somebody may have come after it was found unused.
            if path.stat().st_mtime_ns == before:
                break
    except (sqlite3.Error, OSError) as error:
        raise BackupError(f"{path}: can't be copied ({error})") from error
    return FileCopy(
        path=str(path),
        file=copy.name,
        size=copy.stat().st_size,
        sha256=sha256_of(copy),
        rows=rows_in(copy),
    )


def _opened(path: Path) -> sqlite3.Connection:
    # With a write-ahead log beside it somebody is at work, or died at it, and SQLite needs the log.
    # Without one, SQLite would make one, which a reader without the right to write can't.
    log = path.with_name(f"{path.name}-wal")
    option = "mode=ro" if log.exists() else "mode=ro&immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{option}", uri=True, timeout=10)


def _count(database: sqlite3.Connection, table: str) -> int:
    # The name comes from the file itself, quoted as SQLite has it.
    quoted = table.replace('"', '""')
    ((count,),) = database.execute(f'SELECT count(*) FROM "{quoted}"')  # noqa: S608
    return int(count)
