"""A package index on the loopback interface, as pip's mirrors speak."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Index:
    """What the index offers, and what it was asked for."""

    url: str = ""
    form: str = "json"
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    cut_short: int = 0
    """So many downloads end in the middle."""

    def page(self) -> tuple[str, bytes]:
        """Return content type and body of the project's page."""
        if self.form == "json":
            files = [
                {"filename": name, "url": f"../../files/{name}", "hashes": {}}
                for name in self.files
            ]
            body = json.dumps({"meta": {"api-version": "1.0"}, "files": files})
            return "application/vnd.pypi.simple.v1+json", body.encode()
        links = "".join(
            f'<a href="/files/{name}#sha256={hashlib.sha256(data).hexdigest()}">{name}</a><br>'
            for name, data in self.files.items()
        )
        return "text/html; charset=utf-8", f"<!DOCTYPE html><html>{links}</html>".encode()


@pytest.fixture
def index() -> Iterator[Index]:
    offered = Index()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            offered.asked.append(self.path)
            if self.path.startswith("/files/"):
                data = offered.files[self.path.removeprefix("/files/")]
                self.send_response(200)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if offered.cut_short:
                    offered.cut_short -= 1
                    data = data[: len(data) // 2]
                self.wfile.write(data)
            elif self.path == "/simple/a-tool/":
                kind, body = offered.page()
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            else:
                self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    offered.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield offered
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def sha256() -> Callable[[bytes], str]:
    return lambda data: hashlib.sha256(data).hexdigest()
