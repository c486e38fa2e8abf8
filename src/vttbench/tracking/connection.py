"""One server over HTTP: connections that are kept, time limits, and errors that say what to do."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from vttbench import __version__
from vttbench.tracking import explain
from vttbench.tracking.backend import Patience
from vttbench.tracking.errors import AccessError, TrackingError, UnavailableError
from vttbench.tracking.logins import Login, login_for

_FIRST_PAUSE_S = 0.5
_UNWRITTEN = (httpx.ConnectError, httpx.ConnectTimeout)  # the request never left
_CUT = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


class Connection:
    """A server, for any number of threads.

    After the first failure to reach the server everything else fails at once, without another
    wait: a new object is a new attempt.

    Args:
        uri: ``http(s)://[user:password@]host[:port][/prefix]``.
        patience: how long to wait.
        on_progress: called when the server has taken or answered something.

    Raises:
        AccessError: what we would log in with can't be read.
    """

    def __init__(self, uri: str, patience: Patience, on_progress: Callable[[], None]) -> None:
        self._uri = uri
        self._patience = patience
        self._on_progress = on_progress
        self._broken: UnavailableError | None = None
        self._answered = False
        self._local = threading.local()
        self._clients: list[httpx.Client] = []
        self._login = login_for(uri, os.environ, Path.home())
        self._verify = _tls_context(uri, self._login)

    def call(
        self,
        method: str,
        path: str,
        *,
        missing_ok: bool = False,
        repeatable: bool = True,
        content: Callable[[], bytes | Iterator[bytes]] | None = None,
        **request: Any,  # noqa: ANN401  # httpx's own arguments
    ) -> dict[str, Any] | None:
        """Send one request and return the decoded answer.

        Args:
            method: of HTTP.
            path: absolute, below the prefix of the URI.
            missing_ok: return None for what does not exist, instead of raising.
            repeatable: whether the request may be sent again when its fate is not known.
            content: gives the body, anew for each attempt.
            request: further arguments for httpx, such as ``json`` and ``params``.

        Raises:
            TrackingError: of the kind that fits.
        """
        attempt, pause, once_more = 0, _FIRST_PAUSE_S, True
        while True:
            if self._broken is not None:
                raise self._broken
            if content is not None:
                request["content"] = content()
            try:
                return self._send(method, path, missing_ok, request)
            except UnavailableError as error:
                cause = error.__cause__
                may_repeat = repeatable or isinstance(cause, _UNWRITTEN)
                if may_repeat and once_more and isinstance(cause, _CUT):
                    once_more = False  # a kept connection that the server closed just then
                    continue
                if attempt >= self._patience.retries or not may_repeat:
                    # A server in trouble may be so with this one request only.
                    self._broken = error if isinstance(cause, httpx.TransportError) else None
                    raise
            attempt += 1
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311  # jitter
            pause *= 2

    def close(self) -> None:
        """Close the connections of all threads."""
        for client in self._clients:
            client.close()

    def _send(
        self, method: str, path: str, missing_ok: bool, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        client, acknowledge = self._client()
        patience = self._patience
        wait = patience.answer_s if self._answered else patience.first_answer_s
        try:
            response = client.request(
                method,
                self._base_path + path,
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
        raise explain.refused_request(self._uri, response, self._login.source)

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

    @property
    def _base_path(self) -> str:
        return urlsplit(self._uri).path.rstrip("/")

    def _client(self) -> tuple[httpx.Client, _Acknowledge | None]:
        """Return this thread's connection: one each, so that it is kept alive."""
        if not hasattr(self._local, "client"):
            parts = urlsplit(self._uri)
            self._local.client = httpx.Client(
                base_url=f"{parts.scheme}://{parts.netloc}",
                headers={"User-Agent": f"vttbench/{__version__}", **_bearer(self._login)},
                auth=self._login.basic,
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


def _tls_context(uri: str, login: Login) -> ssl.SSLContext:
    if not uri.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # not used; loading no CA saves 20 ms
    insecure = os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").strip().lower()
    context = ssl.create_default_context()
    if insecure in ("1", "true"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif login.ca_file:
        try:
            context.load_verify_locations(login.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise AccessError(
                f"MLFLOW_TRACKING_SERVER_CERT_PATH={login.ca_file} can't be used as a CA file: "
                f"{error}"
            ) from error
    return context


def _bearer(login: Login) -> dict[str, str]:
    return {"Authorization": f"Bearer {login.token}"} if login.token else {}
