"""One server over HTTP: connections that are kept, time limits, and errors that say what to do."""

from __future__ import annotations

import base64
import contextlib
import os
import random
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

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
        self._transports: list[httpx.HTTPTransport] = []
        self._login = login_for(uri, os.environ, Path.home())
        self._verify = tls_context(uri, self._login)
        self._headers = {
            "User-Agent": f"vttbench/{__version__}",
            **_authorization(self._login, uri),
        }
        parts = urlsplit(uri)
        self._base = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path.rstrip('/')}"

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
            request: further arguments of ``httpx.Request``, such as ``json`` and ``params``.

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
        for transport in self._transports:
            transport.close()

    def _send(
        self, method: str, path: str, missing_ok: bool, request: dict[str, Any]
    ) -> dict[str, Any] | None:
        transport, acknowledge = self._transport()
        patience = self._patience
        wait = patience.answer_s if self._answered else patience.first_answer_s
        extensions: dict[str, Any] = {
            "timeout": httpx.Timeout(wait, connect=patience.connect_s).as_dict()
        }
        if acknowledge is not None:
            extensions["trace"] = acknowledge
        arguments = {"extensions": extensions, **request}
        arguments["headers"] = {**self._headers, **request.get("headers", {})}
        try:
            message = httpx.Request(method, self._base + path, **arguments)
            response = transport.handle_request(message)
            response.read()
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

    def _transport(self) -> tuple[httpx.HTTPTransport, _Acknowledge | None]:
        """Return this thread's connection: one each, so that it is kept alive.

        A client of httpx adds cookies, redirects and event hooks, which nobody needs here, and
        takes more than twice the processor time (0.95 instead of 0.38 ms a request).
        """
        if not hasattr(self._local, "transport"):
            self._local.transport = httpx.HTTPTransport(
                verify=self._verify, proxy=_proxy_for(self._base)
            )
            self._local.acknowledge = _Acknowledge() if hasattr(socket, "TCP_QUICKACK") else None
            self._transports.append(self._local.transport)
        return self._local.transport, self._local.acknowledge


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


def tls_context(uri: str, login: Login) -> ssl.SSLContext:
    """Return how the server's certificate is judged.

    Raises:
        AccessError: the file with the authority can't be used.
    """
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


def _authorization(login: Login, uri: str) -> dict[str, str]:
    if login.token:
        return {"Authorization": f"Bearer {login.token}"}
    parts = urlsplit(uri)
    basic = login.basic or (unquote(parts.username or ""), unquote(parts.password or ""))
    if not any(basic):
        return {}
    pair = base64.b64encode(":".join(basic).encode()).decode("ascii")
    return {"Authorization": f"Basic {pair}"}


def _proxy_for(url: str) -> str | None:
    """Return the proxy that the environment names for this server, if any."""
    parts = urlsplit(url)
    if urllib.request.proxy_bypass(parts.hostname or ""):
        return None
    proxies = urllib.request.getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
