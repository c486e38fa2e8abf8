"""Real MLflow: a server of its own on loopback, and a SQLite store, read by the official client."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from vttbench.tracking import destination
from vttbench.tracking.spool import Spool

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """A real `mlflow server` that can be killed and started again over the same data."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.options = options
        self.port = free_port()
        self.uri = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "mlflow", "server", "--workers", "1"),
                    *("--host", "127.0.0.1", "--port", str(self.port)),
                    *("--backend-store-uri", f"sqlite:///{self.folder / 'mlflow.db'}"),
                    *("--artifacts-destination", str(self.folder / "artifacts")),
                    *self.options,
                ],
                env=os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        for _ in range(1200):
            if self.process.poll() is not None:
                break
            try:
                if httpx.get(f"{self.uri}/health", timeout=5).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.1)
        raise RuntimeError((self.folder / "log").read_text()[-3000:])

    def kill(self) -> None:
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("server"))
    try:
        one.start()
        yield one
    finally:
        one.kill()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite store with its tables: making them takes seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("sqlite") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture(params=["server", "sqlite"])
def uri(request: pytest.FixtureRequest) -> str:
    """Both kinds of destination: what is promised holds for both."""
    if request.param == "server":
        return str(request.getfixturevalue("server").uri)
    return f"sqlite:///{request.getfixturevalue('empty_database')}"


@pytest.fixture
def experiment() -> str:
    """An experiment that no other test uses."""
    return f"experiment-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def checkout(tmp_path: Path, empty_database: Path) -> Path:
    """A folder as a checkout is, with its embedded store ready."""
    root = tmp_path / "checkout"
    (root / "results").mkdir(parents=True)
    (root / "ansible.cfg").touch()
    database = destination.state_dir(root) / "mlflow.db"
    database.parent.mkdir()
    shutil.copy(empty_database, database)
    return root


@pytest.fixture
def spool(checkout: Path) -> Spool:
    return Spool(destination.spool_dir(checkout))


class Reader:
    """Reads with MLflow's own client: the judge of what we write."""

    def __init__(self, uri: str, experiment: str) -> None:
        from mlflow import MlflowClient

        self.client = MlflowClient(uri)
        self.experiment = experiment

    def runs(self, condition: str = "") -> list[Any]:
        found = self.client.get_experiment_by_name(self.experiment)
        if found is None:
            return []
        return list(self.client.search_runs([found.experiment_id], condition, max_results=5000))

    def results(self) -> list[Any]:
        return [run for run in self.runs() if "result_id" in run.data.tags]

    def parents(self) -> list[Any]:
        return self.runs("tags.`vttbench.kind` = 'play'")

    def text(self, run_id: str, path: str) -> bytes:
        import mlflow

        mlflow.set_tracking_uri(self.client.tracking_uri)
        return Path(self.client.download_artifacts(run_id, path)).read_bytes()


@pytest.fixture
def reader(uri: str, experiment: str) -> Reader:
    return Reader(uri, experiment)
