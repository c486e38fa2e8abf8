"""The tracking server decides who may look."""

from __future__ import annotations

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import flask
import pytest

from vttbench.dashboard.web import access

RIGHT = "Basic " + base64.b64encode(b"viewer:correct horse").decode()


class Accounts(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.headers.get("Authorization") == RIGHT else 401)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def accounts():
    server = HTTPServer(("127.0.0.1", 0), Accounts)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def client(accounts):
    app = flask.Flask("test")
    access.protect(app, f"http://127.0.0.1:{accounts.server_port}")
    app.add_url_rule("/", "page", lambda: flask.g.get("user", "nobody"))
    app.add_url_rule("/healthz", "healthz", lambda: "ok")
    return app.test_client()


def test_who_is_not_known_is_asked_and_not_let_in(client):
    assert client.get("/").status_code == 401
    assert client.get("/").headers["WWW-Authenticate"].startswith("Basic")
    assert client.get("/", auth=("viewer", "wrong")).status_code == 401
    assert client.get("/", headers={"X-Vttbench-Printer": "guess"}).status_code == 401


def test_who_is_known_is_let_in_by_name(client):
    answer = client.get("/", auth=("viewer", "correct horse"))
    assert (answer.status_code, answer.text) == (200, "viewer")


def test_who_was_let_in_goes_on_while_the_accounts_are_away(client, accounts, monkeypatch):
    assert client.get("/", auth=("viewer", "correct horse")).status_code == 200
    accounts.shutdown()
    accounts.server_close()
    monkeypatch.setattr(access, "_BELIEVED_S", -1.0)
    assert client.get("/", auth=("viewer", "correct horse")).status_code == 200
    assert client.get("/", auth=("stranger", "x")).status_code == 503


def test_health_is_told_to_everybody(client):
    assert client.get("/healthz").status_code == 200
