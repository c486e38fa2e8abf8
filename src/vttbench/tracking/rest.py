"""MLflow's REST API through httpx, with time limits of our own.

https://mlflow.org/docs/latest/rest-api.html; artifacts go through the server
(``/api/2.0/mlflow-artifacts``), so that nobody but the server needs keys to the artifact store.
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from vttbench import __version__
from vttbench.tracking import explain
from vttbench.tracking.backend import Patience, Point, Run
from vttbench.tracking.errors import AccessError, RejectedError, TrackingError, UnavailableError
from vttbench.tracking.limits import SEARCH_PAGE, batches

_API = "/api/2.0/mlflow/"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/"
_CHUNK = 256 * 1024  # bytes
_FIRST_PAUSE_S = 0.5


class RestBackend:
    """A tracking server; see :class:`vttbench.tracking.backend.Backend`.

    After the first failure to reach the server everything else fails at once, without another
    wait: a new object is a new attempt.

    Args:
        uri: ``http(s)://[user:password@]host[:port][/prefix]``.
        patience: how long to wait.
        on_progress: called when the server has taken or answered something.
    """

    threads = 4

    def __init__(self, uri: str, patience: Patience, on_progress: Callable[[], None]) -> None:
        self._uri = uri
        self._patience = patience
        self._on_progress = on_progress
        self._broken: UnavailableError | None = None
        self._answered = False
        self._local = threading.local()
        self._clients: list[httpx.Client] = []
        self._verify = _tls_context(uri)

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
        self._call(
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
        """See the protocol. The server writes a batch in this order: parameters, metrics, tags."""
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
        for client in self._clients:
            client.close()

    def _call(
        self,
        method: str,
        path: str,
        *,
        missing_ok: bool = False,
        repeatable: bool = True,
        content: Callable[[], bytes | Iterator[bytes]] | None = None,
        **request: Any,  # noqa: ANN401  # httpx's own arguments
    ) -> dict[str, Any] | None:
        """Send one request and return the decoded answer; None for what is missing."""
        pause = _FIRST_PAUSE_S
        for attempt in range(self._patience.retries + 1):
            if self._broken is not None:
                raise self._broken
            if attempt:
                time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # jitter
                pause *= 2
            if content is not None:
                request["content"] = content()
            try:
                return self._send(method, path, missing_ok, request)
            except UnavailableError as error:
                certainly_unwritten = isinstance(error.__cause__, httpx.ConnectError)
                last = attempt == self._patience.retries
                if last or not (repeatable or certainly_unwritten):
                    self._broken = error
                    raise
        raise AssertionError("unreachable")

    def _send(
        self, method: str, path: str, missing_ok: bool, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        client, acknowledge = self._client()
        patience = self._patience
        wait = patience.answer_s if self._answered else patience.first_answer_s
        url = path if path.startswith("/") else _API + path
        try:
            response = client.request(
                method,
                self._base_path() + url,
                timeout=httpx.Timeout(wait, connect=patience.connect_s),
                extensions={"trace": acknowledge} if acknowledge else {},
                **request,
            )
        except (httpx.TransportError, httpx.InvalidURL) as error:
            problem: TrackingError
            if isinstance(error, httpx.InvalidURL):
                problem = AccessError(f"The tracking URI is not valid: {error}")
            else:
                problem = explain.failed_connection(self._uri, error)
            raise problem from error
        self._answered = True
        self._on_progress()
        if response.is_success:
            return self._decoded(response)
        if missing_ok and "RESOURCE_DOES_NOT_EXIST" in response.text:
            return None
        raise explain.refused_request(self._uri, response)

    def _decoded(self, response: httpx.Response) -> dict[str, Any]:
        if not response.content:
            return {}
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise explain.refused_request(self._uri, response)
        return body

    def _chunks(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
                self._on_progress()

    def _base_path(self) -> str:
        return urlsplit(self._uri).path.rstrip("/")

    def _client(self) -> tuple[httpx.Client, _Acknowledge | None]:
        """Return this thread's connection: one each, so that it is kept alive."""
        if not hasattr(self._local, "client"):
            parts = urlsplit(self._uri)
            self._local.client = httpx.Client(
                base_url=f"{parts.scheme}://{parts.netloc}",
                headers={"User-Agent": f"vttbench/{__version__}", **_bearer()},
                auth=_basic_auth(),
                verify=self._verify,
            )
            self._local.acknowledge = _Acknowledge() if hasattr(socket, "TCP_QUICKACK") else None
            self._clients.append(self._local.client)
        return self._local.client, self._local.acknowledge


class _Acknowledge:
    """Has the kernel acknowledge what the server sends at once; an httpx trace callback.

    A default ``mlflow server`` (uvicorn with more than one worker) listens on a socket on which
    Nagle's algorithm stays on. It sends headers, and the body only after those were acknowledged,
    which Linux puts off for 40 ms. So each request would take 48 ms instead of 6 ms.
    """

    def __init__(self) -> None:
        self._socket: Any = None

    def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            self._socket = info["return_value"].get_extra_info("socket")
        elif event == "http11.receive_response_headers.started" and self._socket is not None:
            # Holds only until data is next sent, so it is said before each answer.
            with contextlib.suppress(OSError):
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _tls_context(uri: str) -> ssl.SSLContext:
    if not uri.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not used; loading no CA saves 20 ms
    insecure = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").strip().lower()
    context = ssl.create_default_context()
    if insecure in ("1", "true"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif path := os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH"):
        try:
            context.load_verify_locations(path)
        except (OSError, ssl.SSLError) as error:
            raise AccessError(
                f"MLFLOW_TRACKING_SERVER_CERT_PATH={path} can't be used as a CA file: {error}"
            ) from error
    return context


def _basic_auth() -> tuple[str, str] | None:
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD")
    return (user, password) if user and password else None


def _bearer() -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and not _basic_auth() else {}


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
