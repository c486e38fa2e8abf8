"""Results of a tracking server as documents on this machine: they can be shown without it.

Each run's ``result.json`` is fetched once and written below ``mirror/`` as into any results
directory. A run is found by the time of its end, with some overlap, because clocks differ and runs
are shipped late; what that misses (a run that was deleted, restored, tagged later, or ended in the
past) is found by comparing all of them from time to time. Tags that people gave a run lie beside
its document, as ``tags.json``.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store.status import Status
from vttbench.result import Result, ResultError, loads
from vttbench.store import ResultStore, StoreError
from vttbench.store.durable import write_replacing
from vttbench.tracking import destination
from vttbench.tracking.backend import Patience
from vttbench.tracking.connection import Connection
from vttbench.tracking.errors import RejectedError, TrackingError
from vttbench.tracking.layout import RESULT_TAGS

_API = "/api/2.0/mlflow/"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
_PATIENCE = Patience(connect_s=3.0, first_answer_s=10.0, answer_s=60.0, retries=0)
_OVERLAP_MS = 600_000
_PAGE = 1000
_AT_ONCE = 4
_PAUSE_AFTER_TROUBLE_S = 5.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS run (
    run_id TEXT PRIMARY KEY,
    path TEXT NOT NULL,     -- of its document; empty where it has none that can be read
    end_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tagged (
    run_id TEXT PRIMARY KEY,
    tags TEXT NOT NULL      -- that people gave it, as JSON
);
"""


class Mirror:
    """Documents of one experiment.

    Args:
        settings: which server, and where the documents go.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._store = ResultStore(settings.mirror_dir)
        self._everything_at = 0.0
        self._quiet_until = 0.0

    def poll(self, status: Status) -> None:
        """Bring what is new here, and note in the status whether the server answered."""
        now = time.monotonic()
        status.server = destination.display_uri(self._settings.mlflow_uri)
        if now < self._quiet_until:
            return
        everything = now >= self._everything_at
        try:
            self._update(everything=everything)
        except (TrackingError, StoreError, OSError, sqlite3.Error) as error:
            status.server_trouble = str(error)
            self._quiet_until = now + _PAUSE_AFTER_TROUBLE_S
            return
        status.server_trouble = ""
        status.server_answered_at = time.time()
        if everything:
            self._everything_at = now + self._settings.reconcile_s

    def _update(self, *, everything: bool) -> None:
        connection = Connection(self._settings.mlflow_uri, _PATIENCE, lambda: None)
        self._settings.mirror_dir.mkdir(parents=True, exist_ok=True)
        with closing(connection), closing(self._database()) as database:
            experiment = _experiment(connection, self._settings.experiment)
            if experiment is None:
                return
            known: dict[str, str] = dict(database.execute("SELECT run_id, path FROM run"))
            newest = database.execute("SELECT coalesce(max(end_ms), 0) FROM run").fetchone()[0]
            since = 0 if everything else max(0, newest - _OVERLAP_MS)
            tagged: dict[str, str] = dict(database.execute("SELECT run_id, tags FROM tagged"))
            seen: set[str] = set()
            for runs in _ended(connection, experiment, since):
                seen |= {run["info"]["run_id"] for run in runs}
                new = [run for run in runs if run["info"]["run_id"] not in known]
                known |= self._fetch(connection, database, new)
                for run in runs:
                    run_id, tags = run["info"]["run_id"], json.dumps(_tags_of_people(run))
                    if known[run_id] and tags != tagged.get(run_id, "[]"):
                        _tag(database, run_id, Path(known[run_id]), tags)
            if everything:
                self._forget(database, {run: known[run] for run in set(known) - seen})

    def _fetch(
        self, connection: Connection, database: sqlite3.Connection, runs: list[dict[str, Any]]
    ) -> dict[str, str]:
        fetched: dict[str, str] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for run, result in pool.map(lambda run: (run, _document(connection, run)), runs):
                path = "" if result is None else str(self._store.write(result).path)
                info = run["info"]
                fetched[info["run_id"]] = path
                database.execute(
                    "INSERT OR REPLACE INTO run VALUES (?, ?, ?)",
                    (info["run_id"], path, int(info["end_time"])),
                )
                database.commit()
        return fetched

    def _forget(self, database: sqlite3.Connection, gone: dict[str, str]) -> None:
        for run_id, path in gone.items():
            if path:
                Path(path).unlink(missing_ok=True)
            for table in ("run", "tagged"):
                database.execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))  # noqa: S608
        database.commit()

    def _database(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._settings.cache_dir / "mirror.sqlite", timeout=10)
        database.executescript(_SCHEMA)
        return database


def _tags_of_people(run: dict[str, Any]) -> list[str]:
    """Return the tags that are not ours: ``name:value``, or the name where that says it all."""
    found = []
    for tag in run["data"]["tags"]:
        name, value = tag["key"], tag["value"]
        if name not in RESULT_TAGS and not name.startswith(("mlflow.", "vttbench.")):
            found.append(name if value in ("", "true") else f"{name}:{value}")
    return sorted(found)


def _tag(database: sqlite3.Connection, run_id: str, document: Path, tags: str) -> None:
    folder = document.with_suffix("")
    folder.mkdir(exist_ok=True)
    write_replacing(folder / "tags.json", tags.encode())
    os.utime(document)  # who read it without them reads it again
    database.execute("INSERT OR REPLACE INTO tagged VALUES (?, ?)", (run_id, tags))
    database.commit()


def _experiment(connection: Connection, name: str) -> str | None:
    answer = connection.call(
        "GET",
        f"{_API}experiments/get-by-name",
        params={"experiment_name": name},
        missing_ok=True,
    )
    return None if answer is None else str(answer["experiment"]["experiment_id"])


def _ended(
    connection: Connection, experiment: str, since_ms: int
) -> Iterator[list[dict[str, Any]]]:
    """Yield the runs of results that ended since then, a page at a time."""
    token = ""
    while True:
        body: dict[str, Any] = {
            "experiment_ids": [experiment],
            "filter": f"attributes.end_time >= {since_ms}",
            "max_results": _PAGE,
            "order_by": ["attributes.end_time ASC"],
        }
        if token:
            body["page_token"] = token
        answer = connection.call("POST", f"{_API}runs/search", json=body) or {}
        # The parent of a play's runs is no result.
        yield [
            run
            for run in answer.get("runs", [])
            if any(tag["key"] == "result_id" for tag in run.get("data", {}).get("tags", []))
        ]
        token = answer.get("next_page_token", "")
        if not token:
            return


def _document(connection: Connection, run: dict[str, Any]) -> Result | None:
    """Return the document of a run; None where it has none that can be read."""
    parts = urlsplit(run["info"].get("artifact_uri", ""))
    if parts.scheme != "mlflow-artifacts":
        return None
    path = f"{_ARTIFACTS}{quote(parts.path.lstrip('/'))}/result.json"
    try:
        content = connection.call("GET", path)
        return loads(json.dumps(content), source=f"run {run['info']['run_id']}")
    except (RejectedError, ResultError):
        return None
