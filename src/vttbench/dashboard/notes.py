"""What people add: annotations on points and dates, and thresholds. In SQLite, kept for good."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

LONGEST_TEXT = 500
_SCHEMA = """
CREATE TABLE IF NOT EXISTS annotation (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,          -- what it is about: a time, RFC 3339, UTC
    host TEXT NOT NULL,        -- empty: every host
    workload TEXT NOT NULL,    -- empty: every workload
    result_id TEXT NOT NULL,   -- empty: a date and no point
    text TEXT NOT NULL,
    author TEXT NOT NULL,
    made_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS threshold (
    metric TEXT NOT NULL,
    workload TEXT NOT NULL,    -- empty: every workload
    low REAL,
    high REAL,
    author TEXT NOT NULL,
    made_at TEXT NOT NULL,
    PRIMARY KEY (metric, workload)
);
CREATE TABLE IF NOT EXISTS revision (number INTEGER NOT NULL);
INSERT INTO revision SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM revision);
"""
_CHANGED = "UPDATE revision SET number = number + 1"


@dataclass(frozen=True)
class Annotation:
    """A remark on a point or a date.

    Attributes:
        id: number.
        at: the time that it is about.
        host: only this one; empty for all.
        workload: only this one; empty for all.
        result_id: the point; empty for a date.
        text: what was written.
        author: who wrote it.
        made_at: when.
    """

    id: int
    at: datetime
    host: str
    workload: str
    result_id: str
    text: str
    author: str
    made_at: datetime


@dataclass(frozen=True)
class Threshold:
    """Bounds within which a metric should be, in its own unit.

    Attributes:
        metric: which.
        workload: of which workload; empty for all.
        low: the least that is fine.
        high: the most that is fine.
        author: who set it.
        made_at: when.
    """

    metric: str
    workload: str
    low: float | None
    high: float | None
    author: str
    made_at: datetime

    def broken_by(self, value: float | None) -> bool:
        """Tell whether a value is out of bounds."""
        if value is None:
            return False
        return (self.low is not None and value < self.low) or (
            self.high is not None and value > self.high
        )


class NoteStore:
    """Annotations and thresholds of one dashboard, for any number of threads and processes.

    Args:
        path: SQLite file; made where it is not there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._local = threading.local()
        self._annotations: tuple[int, list[Annotation]] = (-1, [])
        self._thresholds: tuple[int, list[Threshold]] = (-1, [])
        path.parent.mkdir(parents=True, exist_ok=True)
        # Its group may read it, whatever else is forbidden here: the server's backup does. SQLite
        # gives the files beside it the same mode.
        path.touch(mode=0o640)
        if path.stat().st_mode & 0o777 == 0o600:
            path.chmod(0o640)
        with self._connected() as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.executescript(_SCHEMA)

    @property
    def version(self) -> int:
        """Number that changes with every change, whoever makes it."""
        return int(self._read("SELECT number FROM revision")[0][0])

    def annotations(self, workload: str = "", hosts: list[str] | None = None) -> list[Annotation]:
        """Return annotations, the earliest first.

        Args:
            workload: those of this workload and of all; empty for every one.
            hosts: those of these hosts and of all; None for every one.
        """
        # A page asks for each of its rows: what is known of this version is not read again.
        version, found = self.version, self._annotations
        if found[0] != version:
            rows = self._read("SELECT * FROM annotation ORDER BY at, id")
            self._annotations = found = (version, [_annotation(row) for row in rows])
        return [
            note
            for note in found[1]
            if (not workload or note.workload in ("", workload))
            and (hosts is None or note.host == "" or note.host in hosts)
        ]

    def annotate(
        self,
        text: str,
        author: str,
        at: datetime,
        *,
        host: str = "",
        workload: str = "",
        result_id: str = "",
    ) -> int:
        """Keep a remark and return its number.

        Raises:
            ValueError: no text, or too much of it; says so.
        """
        text, author = text.strip(), author.strip()
        if not text:
            raise ValueError("Write something first.")
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"At most {LONGEST_TEXT} characters, these are {len(text)}.")
        with self._lock, self._connected() as database:
            database.execute(_CHANGED)
            made = database.execute(
                "INSERT INTO annotation (at, host, workload, result_id, text, author, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (_text(at), host, workload, result_id, text, author[:80] or "somebody", _now()),
            )
            return int(made.lastrowid or 0)

    def remove(self, number: int) -> None:
        """Take a remark away."""
        with self._lock, self._connected() as database:
            database.execute("DELETE FROM annotation WHERE id = ?", (number,))
            database.execute(_CHANGED)

    def thresholds(self) -> list[Threshold]:
        """Return all thresholds."""
        version, found = self.version, self._thresholds
        if found[0] != version:
            rows = self._read("SELECT * FROM threshold ORDER BY metric, workload")
            made = [
                Threshold(row[0], row[1], row[2], row[3], row[4], _time(row[5])) for row in rows
            ]
            self._thresholds = found = (version, made)
        return list(found[1])

    def threshold(self, metric: str, workload: str) -> Threshold | None:
        """Return the bounds of a metric: those of this workload before those of all."""
        fitting = [
            one
            for one in self.thresholds()
            if one.metric == metric and one.workload in ("", workload)
        ]
        return max(fitting, key=lambda one: one.workload, default=None)

    def bound(
        self, metric: str, workload: str, low: float | None, high: float | None, author: str
    ) -> None:
        """Set the bounds of a metric; two times None takes them away.

        Raises:
            ValueError: the lower one is not below the upper one.
        """
        if low is not None and high is not None and low >= high:
            raise ValueError("The lower bound has to be below the upper one.")
        with self._lock, self._connected() as database:
            database.execute(_CHANGED)
            database.execute(
                "DELETE FROM threshold WHERE metric = ? AND workload = ?", (metric, workload)
            )
            if low is not None or high is not None:
                database.execute(
                    "INSERT INTO threshold VALUES (?, ?, ?, ?, ?, ?)",
                    (metric, workload, low, high, author[:80] or "somebody", _now()),
                )

    def _read(self, query: str) -> list[tuple[Any, ...]]:
        """Ask by a connection that this thread keeps: opening one takes longer than the query."""
        if not hasattr(self._local, "database"):
            self._local.database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        rows: list[tuple[Any, ...]] = self._local.database.execute(query).fetchall()
        return rows

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=10)
        try:
            with database:
                yield database
        finally:
            database.close()


def _annotation(row: tuple[Any, ...]) -> Annotation:
    number, at, host, workload, result_id, text, author, made_at = row
    return Annotation(number, _time(at), host, workload, result_id, text, author, _time(made_at))


def _now() -> str:
    return _text(datetime.now(UTC))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
