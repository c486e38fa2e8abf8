"""Reading 20,000 runs: the dashboard's copy against `mlflow.search_runs`."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from benchmarks.dashboard.data import make_copy, settings_in

from vttbench.dashboard.store import generation
from vttbench.dashboard.store.snapshot import load

_START_MS = 1_764_000_000_000
_METRICS, _PARAMS, _TAGS = 8, 12, 16


def measure(folder: Path, runs: int, times: int) -> tuple[float, float]:
    """Return seconds of the copy and of MLflow, best of several, in one run."""
    uri = _store(folder / "mlflow.db", runs)
    settings = settings_in(folder / "few")
    make_copy(settings, runs, 50)
    published = generation.current(settings.cache_dir)
    assert published is not None
    ours, theirs = [], []
    for _ in range(times):
        began = time.perf_counter()
        assert load(published).results == runs
        ours.append(time.perf_counter() - began)
        theirs.append(_search(uri, runs))
    return min(ours), min(theirs)


def _store(path: Path, runs: int) -> str:
    """Make a SQLite store of MLflow's own making, and fill its tables as so many runs would."""
    from mlflow import MlflowClient

    uri = f"sqlite:///{path}"
    experiment = MlflowClient(uri).create_experiment("many")
    numbers = range(runs)
    ids = [f"{number:032x}" for number in numbers]
    with closing(sqlite3.connect(path)) as database, database:
        database.executemany(
            "INSERT INTO runs (run_uuid, name, user_id, status, start_time, end_time, "
            "lifecycle_stage, artifact_uri, experiment_id) "
            "VALUES (?, ?, 'bench', 'FINISHED', ?, ?, 'active', 'x', ?)",
            [
                (ids[n], f"run {n}", _START_MS + n, _START_MS + n + 60_000, experiment)
                for n in numbers
            ],
        )
        for table, count in (("params", _PARAMS), ("tags", _TAGS)):
            database.executemany(
                f"INSERT INTO {table} (run_uuid, key, value) VALUES (?, ?, ?)",
                ((one, f"name_{k}", f"value {k}") for one in ids for k in range(count)),
            )
        database.executemany(
            "INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan) "
            "VALUES (?, ?, ?, ?, 0, 0)",
            ((one, f"metric_{k}", float(k), _START_MS) for one in ids for k in range(_METRICS)),
        )
    return uri


def _search(uri: str, runs: int) -> float:
    import mlflow

    mlflow.set_tracking_uri(uri)
    began = time.perf_counter()
    found = mlflow.search_runs(experiment_names=["many"], max_results=runs)
    took = time.perf_counter() - began
    assert len(found) == runs
    return took
