"""MLflow's REST API through httpx, with time limits of our own.

https://mlflow.org/docs/latest/rest-api.html; artifacts go through the server
(``/api/2.0/mlflow-artifacts``), so that nobody but the server needs keys to the artifact store.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from vttbench.tracking.backend import Patience, Point, Run
from vttbench.tracking.connection import Connection
from vttbench.tracking.errors import AccessError, RejectedError
from vttbench.tracking.limits import SEARCH_PAGE, batches

_API = "/api/2.0/mlflow/"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
_CHUNK = 256 * 1024  # bytes


class RestBackend:
    """A tracking server; see :class:`vttbench.tracking.backend.Backend`.

    Args:
        uri: ``http(s)://[user:password@]host[:port][/prefix]``.
        patience: how long to wait.
        on_progress: called when the server has taken or answered something.
    """

    threads = 4

    def __init__(self, uri: str, patience: Patience, on_progress: Callable[[], None]) -> None:
        self._connection = Connection(uri, patience, on_progress)
        self._on_progress = on_progress

    def experiment(self, name: str, *, create: bool = True) -> str | None:
        """See the protocol."""
        answer = self._call(
            "GET", "experiments/get-by-name", params={"experiment_name": name}, missing_ok=True
        )
        if answer is None and create:
            # Somebody else may have been faster: then the second look finds theirs.
            with contextlib.suppress(RejectedError):
                made = self._call("POST", "experiments/create", json={"name": name})
                return str(_known(made)["experiment_id"])
            answer = self._call("GET", "experiments/get-by-name", params={"experiment_name": name})
        if answer is None:
            return None
        found = answer["experiment"]
        if found.get("lifecycle_stage") == "deleted":
            raise AccessError(
                f"The experiment {name} was deleted in MLflow: bring it back with "
                f"`mlflow experiments restore -x {found['experiment_id']}`, or choose another name."
            )
        return str(found["experiment_id"])

    def search(self, experiment_id: str, condition: str, *, newest: int | None = None) -> list[Run]:
        """See the protocol."""
        runs: list[Run] = []
        token = ""
        while True:
            wanted = min(SEARCH_PAGE, SEARCH_PAGE if newest is None else newest - len(runs))
            body = {
                "experiment_ids": [experiment_id],
                "filter": condition,
                "max_results": wanted,
                "order_by": ["attributes.start_time DESC"],
            }
            if token:
                body["page_token"] = token
            answer = _known(self._call("POST", "runs/search", json=body))
            runs += [_run(item) for item in answer.get("runs", [])]
            token = answer.get("next_page_token", "")
            if not token or (newest is not None and len(runs) >= newest):
                return runs

    def create(self, experiment_id: str, name: str, start_ms: int, tags: Mapping[str, str]) -> Run:
        """See the protocol."""
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": start_ms,
            "tags": _pairs(tags),
        }
        # Never twice on our own account: whoever calls looks first whether it was written.
        return _run(_known(self._call("POST", "runs/create", json=body, repeatable=False))["run"])

    def upload(self, run: Run, path: str, content: bytes | Path) -> None:
        """See the protocol."""
        parts = urlsplit(run.artifact_uri)
        if parts.scheme != "mlflow-artifacts":
            # The server leaves writing to its store to us: only the official client knows how.
            from vttbench.tracking.client import upload_directly

            upload_directly(run.artifact_uri, path, content)
            self._on_progress()
            return
        target = f"{_ARTIFACTS}{quote(parts.path.lstrip('/'))}/{quote(path)}"
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        self._connection.call(
            "PUT",
            target,
            content=lambda: content if isinstance(content, bytes) else self._chunks(content),
            headers={"Content-Length": str(size)},
        )

    def terminate(self, run_id: str, status: str, end_ms: int) -> None:
        """See the protocol."""
        body = {"run_id": run_id, "status": status, "end_time": end_ms}
        self._call("POST", "runs/update", json=body)

    def log(
        self,
        run_id: str,
        *,
        metrics: Sequence[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """See the protocol."""
        for points, parameters, marks in batches(metrics, params or {}, tags or {}):
            body = {
                "run_id": run_id,
                "metrics": [
                    {"key": p.key, "value": p.value, "timestamp": p.timestamp_ms, "step": p.step}
                    for p in points
                ],
                "params": _pairs(parameters),
                "tags": _pairs(marks),
            }
            self._call("POST", "runs/log-batch", json=body)

    def delete(self, run_id: str) -> None:
        """See the protocol."""
        self._call("POST", "runs/delete", json={"run_id": run_id}, missing_ok=True)

    def close(self) -> None:
        """See the protocol."""
        self._connection.close()

    def _call(self, method: str, name: str, **request: Any) -> dict[str, Any] | None:  # noqa: ANN401
        return self._connection.call(method, _API + name, **request)

    def _chunks(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
                self._on_progress()


def _pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _known(answer: dict[str, Any] | None) -> dict[str, Any]:
    if answer is None:
        raise AssertionError("only calls with missing_ok return None")
    return answer


def _run(item: Mapping[str, Any]) -> Run:
    info, data = item["info"], item.get("data", {})
    return Run(
        run_id=info["run_id"],
        name=info.get("run_name", ""),
        status=info["status"],
        start_ms=int(info["start_time"]),
        end_ms=int(info["end_time"]) if info.get("end_time") else None,
        artifact_uri=info.get("artifact_uri", ""),
        tags={tag["key"]: tag.get("value", "") for tag in data.get("tags", [])},
        params={param["key"]: param.get("value", "") for param in data.get("params", [])},
        metrics={metric["key"]: float(metric["value"]) for metric in data.get("metrics", [])},
    )
