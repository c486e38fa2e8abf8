"""A dashboard of a made-up fleet in a real Chromium."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

pytest.importorskip("dash", reason="the dashboard's packages: make test installs them")
sync_api = pytest.importorskip("playwright.sync_api")

from tests import distribution  # noqa: E402

from vttbench.dashboard.web.export import browser as find_browser  # noqa: E402


@dataclass
class Dashboard:
    """A running dashboard."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    port: int = field(default=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        command = [
            *(sys.executable, "-m", "vttbench", "dashboard"),
            *("--results-dir", str(self.folder / "demo"), "--port", str(self.port)),
            *("--cache-dir", str(self.folder / "cache"), "--notes", str(self.folder / "notes")),
        ]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/healthz", timeout=5).json()["results"]:
                    return
            except (httpx.TransportError, ValueError):
                pass
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError(self.log())

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def log(self) -> str:
        return (self.folder / "log").read_text()[-4000:]


@pytest.fixture(scope="session")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    one = Dashboard(tmp_path_factory.mktemp("dashboard"))
    made = [*(sys.executable, "-m", "vttbench", "demo-data", "--results-dir")]
    subprocess.run([*made, str(one.folder / "demo")], check=True, capture_output=True)
    one.start()
    yield one
    one.stop()


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    program = find_browser()
    if program is None:
        # What drives it, playwright's node, wants libatomic.
        distribution.need({"chromium": "chromium libatomic1"})
        program = find_browser()
    assert program is not None
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(chromium: sync_api.Browser, dashboard: Dashboard) -> Iterator[sync_api.Page]:
    """A page that fails its test for an error in the console or a request to elsewhere."""
    context = chromium.new_context(viewport={"width": 1400, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    one = context.new_page()
    errors: list[str] = []
    elsewhere: list[str] = []
    one.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    one.on("pageerror", lambda error: errors.append(str(error)))
    one.on(
        "request",
        lambda sent: (
            None
            if sent.url.startswith((dashboard.url, "data:", "blob:"))
            else elsewhere.append(sent.url)
        ),
    )
    yield one
    context.close()
    assert errors == []
    assert elsewhere == []
