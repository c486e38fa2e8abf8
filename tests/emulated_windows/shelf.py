"""A web server that stands for the internet from which laptops install their tools.

It serves what ``executables`` has built: 7-Zip and fio as packages (see ``handlers/software.py``),
llama-bench as an archive. ``tools.json`` beside them says, in the words of the role
``windows_client``, where each tool is and which checksum it has.
"""

from __future__ import annotations

import functools
import hashlib
import json
import threading
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from .executables.building import Recipe
from .executables.fio import FIO
from .executables.llama import LLAMA_BENCH
from .executables.sevenzip import SEVENZIP

ADDRESS = ("127.77.0.1", 8060)
TOOLS = "tools.json"
# Of every member of an archive: equal content gives an equal checksum.
_DATE = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class _Article:
    """Something on the shelf: the tool of windows_client, and how it is packed."""

    tool: str
    recipe: Recipe
    file: str
    says: str
    target: str = ""


_ARTICLES = (
    _Article("sevenzip", SEVENZIP, "7z2107-x64.msi", "21.07", "C:/Program Files/7-Zip/7z.exe"),
    _Article("fio", FIO, "fio-3.33-x64.msi", "fio-3.33", "C:/Program Files/fio/fio.exe"),
    _Article(
        "llama_cpu", LLAMA_BENCH, f"llama-{LLAMA_BENCH.version}-bin-win-cpu-x64.zip",
        LLAMA_BENCH.version.removeprefix("b"),
    ),
)  # fmt: skip


def fill(folder: Path, *, build: bool, only: Collection[str] | None = None) -> dict[str, Any]:
    """Put the tools on the shelf and return what ``windows_client_tool_changes`` must be.

    Args:
        build: build what is missing, which takes minutes; otherwise leave it out.
        only: these tools and no others.

    Raises:
        BuildError: a tool can't be built here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tools = {}
    for article in _ARTICLES:
        if only is not None and article.tool not in only:
            continue
        if not build and not article.recipe.path.exists():
            continue
        program = article.recipe.get()
        packed = folder / article.file
        _pack(packed, _content(article, program))
        tools[article.tool] = {
            "url": f"http://{ADDRESS[0]}:{ADDRESS[1]}/{article.file}",
            "sha256": hashlib.sha256(packed.read_bytes()).hexdigest(),
            "version": article.recipe.version,
            "says": article.says,
        }
    (folder / TOOLS).write_text(json.dumps(tools, indent=2) + "\n")
    return tools


def serve(folder: Path, address: tuple[str, int] = ADDRESS) -> ThreadingHTTPServer:
    """Serve the shelf from now on, in a thread."""
    server = ThreadingHTTPServer(
        address, functools.partial(_Silent, directory=str(folder)), bind_and_activate=True
    )
    threading.Thread(target=server.serve_forever, daemon=True, name="shelf").start()
    return server


def _content(article: _Article, program: Path) -> Mapping[str, bytes]:
    if not article.target:
        return {program.name: program.read_bytes()}
    about = {
        "name": article.recipe.name,
        "version": article.recipe.version,
        "files": {program.name: article.target},
    }
    return {"package.json": json.dumps(about).encode(), program.name: program.read_bytes()}


def _pack(target: Path, content: Mapping[str, bytes]) -> None:
    partial = target.with_name(f".{target.name}.partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(zipfile.ZipInfo(name, _DATE), data, zipfile.ZIP_DEFLATED)
    partial.replace(target)


class _Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""
