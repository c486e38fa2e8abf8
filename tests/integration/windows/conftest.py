"""An emulated laptop, Ansible against it, and a web server with tools of every kind."""

from __future__ import annotations

import functools
import hashlib
import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.emulated_windows.conftest import ansible, fleet, laptop, with_wine
from tests.emulated_windows.executables.sevenzip import SEVENZIP

__all__ = ["ansible", "fleet", "laptop", "with_wine"]

PROGRAM = "C:/Program Files/7-Zip/7z.exe"
PRODUCT = "{23170F69-40C1-2701-2602-000000000000}"


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


class Shelf:
    """Files by address, and what ``windows_client_tools`` says of them."""

    def __init__(self, folder: Path, address: str) -> None:
        self.folder, self.address = folder, address

    def package(self, name: str, files: dict[str, bytes]) -> dict[str, Any]:
        """Serve a package that puts files where they belong."""
        about = {
            "name": name,
            "version": "1",
            "files": {path.rsplit("/")[-1]: path for path in files},
        }
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("package.json", json.dumps(about))
            for path, content in files.items():
                archive.writestr(path.rsplit("/")[-1], content)
        (self.folder / f"{name}.msi").write_bytes(packed.getvalue())
        return {
            "title": name,
            "version": "21.07",
            "kind": "package",
            "url": f"{self.address}/{name}.msi",
            "sha256": hashlib.sha256(packed.getvalue()).hexdigest(),
            "product_id": PRODUCT,
            "program": PROGRAM,
            "ask": ["i"],
            "says": "21.07",
        }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    folder = tmp_path_factory.mktemp("shelf")
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(_Silent, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Shelf(folder, f"http://127.0.0.1:{server.server_address[1]}")
    server.shutdown()


@pytest.fixture(scope="module")
def sevenzip(shelf: Shelf) -> dict[str, Any]:
    """A package with a real 7-Zip for Windows in it."""
    return shelf.package("7-Zip", {PROGRAM: SEVENZIP.get().read_bytes()})
