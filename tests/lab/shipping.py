"""Results on disk, and ``vttbench ship`` that brings them to a results server of the lab."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from factories import START, result

from vttbench.store.results import ResultStore

from .deployment import Deployment

COUNT = 40
_READ = """
import hashlib, json, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
found = client.get_experiment_by_name(sys.argv[2])
runs = client.search_runs([found.experiment_id], max_results=1000) if found else []
print(json.dumps([
    [run.data.tags["result_id"], run.info.status, run.info.run_id]
    for run in runs if "result_id" in run.data.tags
]))
"""
_CHECKSUMS = """
import hashlib, json, sys
from pathlib import Path
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
found = client.get_experiment_by_name(sys.argv[2])
print(json.dumps({
    run.data.tags["result_id"]: {
        name: hashlib.sha256(
            Path(client.download_artifacts(run.info.run_id, name)).read_bytes()
        ).hexdigest()
        for name in ("result.json", "raw/repeat-01.stdout")
    }
    for run in client.search_runs([found.experiment_id], max_results=1000)
    if "result_id" in run.data.tags
}))
"""


class Shipping:
    """A checkout with results on disk.

    Args:
        deployment: the server.
        folder: empty; becomes the checkout. Its name is the experiment's.
        ahead: how far the clock of who measured was ahead.
    """

    def __init__(
        self, deployment: Deployment, folder: Path, *, ahead: timedelta = timedelta()
    ) -> None:
        self.folder = folder
        (folder / ".vttbench").mkdir()
        store = ResultStore(folder / "results")
        raw = folder / "raw"
        raw.mkdir()
        (raw / "repeat-01.stdout").write_bytes(os.urandom(200_000))
        self.expected: list[list[str]] = []
        self.checksums: dict[str, dict[str, str]] = {}
        for _ in range(COUNT):
            start = START + ahead
            stored = store.write(
                result(started_at=start, finished_at=start + timedelta(seconds=40)), raw_dir=raw
            )
            self.expected.append([stored.result.result_id, "FINISHED"])
            self.checksums[stored.result.result_id] = {
                "result.json": _sha256(stored.path),
                "raw/repeat-01.stdout": _sha256(raw / "repeat-01.stdout"),
            }
        self.expected.sort()
        self._url = f"http://{deployment.address}:5000"
        self._login = {
            "MLFLOW_TRACKING_USERNAME": "shipper",
            "MLFLOW_TRACKING_PASSWORD": deployment.secret("mlflow_shipper_password"),
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
        }

    def start(self, *under: str) -> subprocess.Popen[str]:
        """Begin to ship, ``under`` another program where one is named."""
        return subprocess.Popen(
            [*under, Path(sys.executable).with_name("vttbench"), "ship", "--all", "--json",
             "--to", self._url, "--experiment", self.folder.name],
            cwd=self.folder, env=os.environ | self._login, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def under_way(self) -> None:
        """Wait until the server has the first run."""
        for _ in range(60):
            if self.runs():
                return
            time.sleep(0.3)
        raise AssertionError("nothing was shipped in the first seconds")

    def to_the_end(self, tries: int = 10) -> None:
        """Ship until nothing is left."""
        for _ in range(tries):
            process = self.start()
            output, _ = process.communicate()
            if process.returncode == 0:
                return
            time.sleep(3)
        raise AssertionError(output)

    def runs(self) -> list[list[str]]:
        """Return result id and status of every run, as MLflow's own client finds them."""
        found = json.loads(self._ask(_READ))
        return sorted([result_id, status] for result_id, status, _ in found)

    def artifacts(self) -> dict[str, dict[str, str]]:
        """Return SHA-256 of each run's artifacts, as MLflow's own client downloads them."""
        found: dict[str, dict[str, str]] = json.loads(self._ask(_CHECKSUMS))
        return found

    def is_whole(self) -> bool:
        """Tell whether each result is there exactly once, with what belongs to it."""
        return self.runs() == self.expected and self.artifacts() == self.checksums

    def _ask(self, program: str) -> str:
        command: Sequence[str | Path] = (
            sys.executable, "-c", program, self._url, self.folder.name,
        )  # fmt: skip
        done = subprocess.run(
            command, env=os.environ | self._login, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3_000:]
        return done.stdout.splitlines()[-1]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
