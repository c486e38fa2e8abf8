"""MLflow through its official client, for stores that are no server: SQLite and other databases.

Importing it costs seconds and 200 MB, so this module is imported only by who needs it, and never
inside Ansible.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vttbench.tracking.backend import Point, Run
from vttbench.tracking.destination import display_uri
from vttbench.tracking.errors import AccessError, RejectedError, UnavailableError
from vttbench.tracking.limits import SEARCH_PAGE, batches

# MLflow reports its use to its makers unless told otherwise. A benchmark's data stays here.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

_TRANSIENT = ("TEMPORARILY_UNAVAILABLE", "INTERNAL_ERROR", "REQUEST_LIMIT_EXCEEDED")


class ClientBackend:
    """A store that is opened directly; see :class:`vttbench.tracking.backend.Backend`.

    Args:
        uri: such as ``sqlite:////folder/mlflow.db``.
        on_progress: called when the store has taken or answered something.
    """

    threads = 1  # SQLite has one writer

    def __init__(self, uri: str, on_progress: Callable[[], None]) -> None:
        for name in ("alembic", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.WARNING)
        self._uri = uri
        self._on_progress = on_progress
        self._database = _database_file(uri)
        with self._explained():
            from mlflow import MlflowClient

            if self._database is not None:
                self._database.parent.mkdir(parents=True, exist_ok=True)
            self._client = MlflowClient(tracking_uri=uri)

    def experiment(self, name: str, *, create: bool = True) -> str | None:
        """See the protocol."""
        with self._explained():
            found = self._client.get_experiment_by_name(name)
        if found is None and create:
            try:
                with self._explained():
                    return str(self._client.create_experiment(name, self._artifact_location(name)))
            except RejectedError:  # somebody else was faster
                with self._explained():
                    found = self._client.get_experiment_by_name(name)
        if found is None:
            return None
        if found.lifecycle_stage == "deleted":
            raise AccessError(
                f"The experiment {name} was deleted in MLflow: bring it back with "
                f"`mlflow experiments restore -x {found.experiment_id}`, or choose another name."
            )
        return str(found.experiment_id)

    def search(self, experiment_id: str, condition: str, *, newest: int | None = None) -> list[Run]:
        """See the protocol."""
        runs: list[Run] = []
        token: str | None = None
        while True:
            wanted = min(SEARCH_PAGE, SEARCH_PAGE if newest is None else newest - len(runs))
            with self._explained():
                page = self._client.search_runs(
                    [experiment_id],
                    condition,
                    max_results=wanted,
                    order_by=["attributes.start_time DESC"],
                    page_token=token,
                )
            runs += [_run(item) for item in page]
            token = page.token
            if not token or (newest is not None and len(runs) >= newest):
                return runs

    def create(self, experiment_id: str, name: str, start_ms: int, tags: Mapping[str, str]) -> Run:
        """See the protocol."""
        with self._explained():
            made = self._client.create_run(
                experiment_id, start_time=start_ms, tags=dict(tags), run_name=name
            )
        return _run(made)

    def upload(self, run: Run, path: str, content: bytes | Path) -> None:
        """See the protocol."""
        with self._explained():
            upload_directly(run.artifact_uri, path, content)

    def terminate(self, run_id: str, status: str, end_ms: int) -> None:
        """See the protocol."""
        with self._explained():
            self._client.set_terminated(run_id, status, end_ms)

    def log(
        self,
        run_id: str,
        *,
        metrics: Sequence[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """See the protocol."""
        from mlflow.entities import Metric, Param, RunTag

        for points, parameters, marks in batches(metrics, params or {}, tags or {}):
            with self._explained():
                self._client.log_batch(
                    run_id,
                    metrics=[Metric(p.key, p.value, p.timestamp_ms, p.step) for p in points],
                    params=[Param(key, value) for key, value in parameters.items()],
                    tags=[RunTag(key, value) for key, value in marks.items()],
                )

    def delete(self, run_id: str) -> None:
        """See the protocol."""
        with self._explained():
            self._client.delete_run(run_id)

    def close(self) -> None:
        """See the protocol."""

    def _artifact_location(self, name: str) -> str | None:
        """Return where a new experiment's artifacts go: beside the database, not into the cwd."""
        if self._database is None:
            return None
        return (self._database.parent / "artifacts" / name).as_uri()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what the client raises into our errors."""
        from mlflow.exceptions import MlflowException

        shown = display_uri(self._uri)
        try:
            yield
        except MlflowException as error:
            text = str(error).partition("\n")[0]
            if error.error_code in _TRANSIENT:
                raise UnavailableError(f"{shown} can't be used now: {text}") from error
            raise RejectedError(f"{shown} refuses this ({error.error_code}): {text}") from error
        except (OSError, ImportError) as error:
            raise AccessError(f"{shown} can't be opened: {error}") from error
        except Exception as error:  # SQLAlchemy's, and whatever a driver raises
            text = str(error).partition("\n")[0]
            raise UnavailableError(f"{shown} can't be used: {text}") from error
        self._on_progress()


def upload_directly(artifact_uri: str, path: str, content: bytes | Path) -> None:
    """Write an artifact into the store that a URI names (a folder, S3, ...).

    Raises:
        UnavailableError: it can't be written.
    """
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    folder, _, name = path.rpartition("/")
    try:
        repository = get_artifact_repository(artifact_uri)
        if isinstance(content, Path) and content.name == name:
            repository.log_artifact(str(content), folder or None)
            return
        with tempfile.TemporaryDirectory() as temporary:
            local = Path(temporary) / name
            local.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
            repository.log_artifact(str(local), folder or None)
    except Exception as error:
        text = str(error).partition("\n")[0]
        raise UnavailableError(f"{artifact_uri}/{path} can't be written: {text}") from error


def _database_file(uri: str) -> Path | None:
    if not uri.startswith("sqlite:///"):
        return None
    return Path(uri.removeprefix("sqlite:///").partition("?")[0])


def _run(entity: Any) -> Run:  # noqa: ANN401  # mlflow has no types for us
    return Run(
        run_id=entity.info.run_id,
        name=entity.info.run_name or "",
        status=entity.info.status,
        start_ms=int(entity.info.start_time),
        end_ms=entity.info.end_time,
        artifact_uri=entity.info.artifact_uri,
        tags=dict(entity.data.tags),
        params=dict(entity.data.params),
        metrics=dict(entity.data.metrics),
    )
