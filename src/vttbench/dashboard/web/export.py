"""What people take away: the data behind a card, a page as PDF, the files of a result."""

from __future__ import annotations

import io
import os
import shutil
import threading
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from urllib.parse import urlencode

import flask
import polars as pl

from vttbench.dashboard.store import lookup
from vttbench.dashboard.store.snapshot import Current
from vttbench.dashboard.view import View
from vttbench.dashboard.web import rendering
from vttbench.dashboard.web.access import PRINTER
from vttbench.dashboard.web.rendering import Renderer

_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# One browser at a time: it takes 300 MB and all of a processor for two seconds.
_PRINTING = threading.Semaphore(1)
_PATIENCE_S = 60


def add_routes(server: flask.Flask, current: Current, renderer: Renderer) -> None:
    """Add ``/export/<card>.csv``, ``.parquet``, ``/export/page.pdf`` and ``/files``."""

    @server.get("/export/<name>.<ending>")
    def export(name: str, ending: str) -> flask.Response:
        view = _view()
        if (name, ending) == ("page", "pdf"):
            return _pdf(renderer, view)
        made = renderer.card(view, name)
        if made is None or made.table is None or ending not in _TYPES:
            return _plain(404, f"The page {view.path} has no {name}.{ending} to save.")
        day = f"{datetime.now(UTC):%Y-%m-%d}"
        return _download(_written(made.table, ending), _TYPES[ending], f"{name}-{day}.{ending}")

    @server.get("/files/<result_id>/<name>")
    def file(result_id: str, name: str) -> flask.Response:
        both = lookup.find(current.get(), result_id)
        if both is None:
            return _plain(404, f"There is no result {result_id}.")
        path, result = both
        wanted = path
        if name != "result.json":
            # By its number in the document, so that no other file can be named.
            if not name.isdigit() or int(name) >= len(result.files):
                return _plain(404, "This result has no such file.")
            wanted = path.parent / result.files[int(name)].path
            if not wanted.resolve().is_relative_to(path.parent.resolve()):
                return _plain(404, "This file lies outside of the results.")
        if not wanted.is_file():
            return _plain(404, f"{wanted.name} is not on this machine.")
        shown = "application/json" if name == "result.json" else "text/plain; charset=utf-8"
        return flask.send_file(wanted, mimetype=shown, download_name=wanted.name)


def _view() -> View:
    given = flask.request.args.to_dict(flat=False)
    path = (given.pop("of", None) or ["/"])[-1]
    return View.parse(path, urlencode(given, doseq=True))


def _written(table: pl.DataFrame, ending: str) -> bytes:
    target = io.BytesIO()
    if ending == "csv":
        table.write_csv(target)
    else:
        table.write_parquet(target)
    return target.getvalue()


def _download(content: bytes, kind: str, name: str) -> flask.Response:
    return flask.Response(
        content, mimetype=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _plain(status: int, text: str) -> flask.Response:
    return flask.Response(f"{text}\n", status, mimetype="text/plain")


def browser() -> str | None:
    """Return the path of a Chromium of this machine, or None."""
    named = os.environ.get("VTTBENCH_CHROMIUM")
    found = (named, *(shutil.which(name) for name in _BROWSERS))
    return next((path for path in found if path and Path(path).is_file()), None)


def _pdf(renderer: Renderer, view: View) -> flask.Response:
    program = browser()
    if program is None:
        return _plain(
            503,
            "A page is printed by Chromium, which this machine does not have: "
            "apt-get install chromium libatomic1. The browser's own “Print …” does the same.",
        )
    if not _PRINTING.acquire(timeout=_PATIENCE_S):
        return _plain(503, "Other pages are being printed. Try again in a minute.")
    try:
        page = renderer.layout.page(view.path)
        title = rendering.title_of(page, view)
        content = print_page(program, _own_address() + view.url(), title, _described(view))
    except Exception as error:
        return _plain(500, f"Chromium could not print this page: {str(error).splitlines()[0]}")
    finally:
        _PRINTING.release()
    name = f"{title.lower().replace(' ', '-')}-{datetime.now(UTC):%Y-%m-%d}.pdf"
    return _download(content, "application/pdf", name)


def _own_address() -> str:
    """Return where this server can be reached from this machine."""
    environ = flask.request.environ
    address = environ.get("vttbench.address") or f"127.0.0.1:{environ['SERVER_PORT']}"
    return f"http://{address}"


def _described(view: View) -> str:
    parts = [f"{name}: {', '.join(values)}" for name, values in view.many.items()]
    parts += [f"{name} {value}" for name, value in view.single.items() if name in ("from", "to")]
    return "; ".join(parts) or "all results"


def _may_have_a_sandbox() -> bool:
    """Chromium refuses its own to root; ``VTTBENCH_CHROMIUM_SANDBOX=no`` says that it is in one."""
    return os.geteuid() != 0 and os.environ.get("VTTBENCH_CHROMIUM_SANDBOX") != "no"


def print_page(program: str, url: str, title: str, filters: str) -> bytes:
    """Return a page as PDF, A4, with title, date and filters on every sheet.

    Args:
        program: a Chromium.
        url: of the page.
        title: of the document.
        filters: in words.

    Raises:
        playwright.sync_api.Error: it could not be printed.
    """
    from playwright.sync_api import sync_playwright

    style = "font-size:8px;width:100%;padding:0 12mm;display:flex;justify-content:space-between"
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    head = f"<span>vttbench – {escape(title)}</span><span>{made}</span>"
    foot = (
        f"<span>{escape(filters)}</span>"
        "<span><span class='pageNumber'></span> / <span class='totalPages'></span></span>"
    )
    joint = "&" if "?" in url else "?"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            # The zygote gives up capabilities, which a unit without any is not allowed to do.
            args=[] if _may_have_a_sandbox() else ["--no-sandbox", "--no-zygote"],
            timeout=30_000,
        )
        try:
            # As wide as the paper, or figures keep the size of a screen and are cut.
            sheet = chromium.new_page(
                viewport={"width": 1000, "height": 1400},
                extra_http_headers={"X-Vttbench-Printer": PRINTER},
            )
            sheet.goto(f"{url}{joint}print=1")
            sheet.wait_for_selector(".cards, .empty", timeout=30_000)
            sheet.wait_for_function(
                "() => [...document.querySelectorAll('.figure')]"
                ".every((one) => one.querySelector('.main-svg'))",
                timeout=30_000,
            )
            return sheet.pdf(
                format="A4",
                scale=0.72,
                print_background=True,
                display_header_footer=True,
                header_template=f"<div style='{style}'>{head}</div>",
                footer_template=f"<div style='{style}'>{foot}</div>",
                margin={"top": "16mm", "bottom": "16mm", "left": "12mm", "right": "12mm"},
            )
        finally:
            chromium.close()
