"""Who may look: whoever the tracking server lets in, by the same user name and password."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import threading
import time
from pathlib import Path

import flask
import httpx

from vttbench.dashboard.settings import PRINTER_VARIABLE
from vttbench.tracking.connection import tls_context
from vttbench.tracking.logins import login_for

_QUESTION = "/api/2.0/mlflow/experiments/search?max_results=1"
_BELIEVED_S = 60.0
# So long somebody who was let in may go on looking while the tracking server is down.
_BELIEVED_WHILE_AWAY_S = 86_400.0
_OPEN = ("/healthz",)


class Doorkeeper:
    """Asks the tracking server whether a password is right, and remembers it for a minute.

    Args:
        uri: of the tracking server.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._verify = tls_context(uri, login_for(uri, os.environ, Path.home()))
        self._key = secrets.token_bytes(32)
        self._let_in: dict[bytes, float] = {}
        self._lock = threading.Lock()

    def knows(self, user: str, password: str) -> bool | None:
        """Tell whether somebody may look; None where nobody can tell."""
        mark = hmac.digest(self._key, f"{user}\x00{password}".encode(), hashlib.sha256)
        now = time.monotonic()
        believed = self._let_in.get(mark)
        if believed is not None and now - believed < _BELIEVED_S:
            return True
        try:
            answer = httpx.get(
                self._uri + _QUESTION, auth=(user, password), timeout=5, verify=self._verify
            )
        except httpx.TransportError:
            if believed is not None and now - believed < _BELIEVED_WHILE_AWAY_S:
                return True
            return None
        with self._lock:
            if answer.is_success:
                self._let_in[mark] = now
                return True
            if answer.status_code in (401, 403):
                self._let_in.pop(mark, None)
                return False
        return None


def protect(server: flask.Flask, uri: str) -> None:
    """Let nobody in whom the tracking server does not know."""
    doorkeeper = Doorkeeper(uri)

    @server.before_request
    def ask() -> flask.Response | None:
        if flask.request.path in _OPEN or _from_own_printer():
            return None
        login = flask.request.authorization
        if login is None or login.type != "basic" or not login.username:
            return _refusal(401, "Who are you? The accounts are those of MLflow.")
        verdict = doorkeeper.knows(login.username, login.password or "")
        if verdict is None:
            return _refusal(503, "MLflow, which knows the passwords, does not answer.")
        if not verdict:
            return _refusal(
                401, "User name or password is wrong. The accounts are those of MLflow."
            )
        flask.g.user = login.username
        return None


PRINTER = os.environ.get(PRINTER_VARIABLE) or secrets.token_urlsafe(32)
"""What the browser that prints pages shows instead of a password; anew with each start."""


def _from_own_printer() -> bool:
    shown = flask.request.headers.get("X-Vttbench-Printer", "")
    return hmac.compare_digest(shown.encode(), PRINTER.encode())


def _refusal(status: int, text: str) -> flask.Response:
    headers = {"WWW-Authenticate": 'Basic realm="vttbench"'} if status == 401 else {}
    return flask.Response(f"{text}\n", status, headers, mimetype="text/plain")
