"""Takes the pictures of the dashboard in docs/images, of a made-up fleet: `make screenshots`."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import sync_playwright

from vttbench.dashboard.web.export import browser

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PAGES = (("compare", "/"), ("systems", "/systems"), ("models", "/models"), ("trends", "/trends"))
PROGRAM = (sys.executable, "-m", "vttbench")


def main() -> None:
    """Make a fleet, show it, take the pictures."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        demo = f"{folder}/demo"
        subprocess.run([*PROGRAM, "demo-data", "--results-dir", demo], check=True)
        options = ["--results-dir", demo, "--cache-dir", f"{folder}/cache", "--port", str(port)]
        service = subprocess.Popen([*PROGRAM, "dashboard", *options])
        try:
            wait_for(url)
            take(url)
        finally:
            service.terminate()
            service.wait()


def wait_for(url: str) -> None:
    """Wait until change points are there, which come after the results."""
    for _ in range(300):
        try:
            if "zbook-02" in httpx.get(f"{url}/export/changes.csv?of=/trends").text:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise SystemExit("the dashboard shows no change point after 150 s")


def take(url: str) -> None:
    """Save one picture a page, and one of the first result."""
    rows = httpx.get(f"{url}/export/dots.csv?of=/").text.splitlines()
    run = rows[1].rpartition(",")[2]
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        for dark in (False, True):
            context = chromium.new_context(
                viewport={"width": 1280, "height": 800}, color_scheme="dark" if dark else "light"
            )
            page = context.new_page()
            for name, path in PAGES[:1] if dark else (*PAGES, ("run", f"/run/{run}")):
                page.goto(url + path)
                page.wait_for_selector(".cards", timeout=60_000)
                page.wait_for_function(
                    "() => [...document.querySelectorAll('.figure')]"
                    ".every((one) => one.querySelector('.main-svg'))",
                    timeout=60_000,
                )
                page.wait_for_timeout(500)
                suffix = "-dark" if dark else ""
                page.screenshot(path=IMAGES / f"dashboard-{name}{suffix}.png", full_page=True)
        chromium.close()


if __name__ == "__main__":
    main()
