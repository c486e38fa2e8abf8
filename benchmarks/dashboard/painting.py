"""How long a person waits for the first plot, in Debian's Chromium."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from vttbench.dashboard.web.export import browser

_PLOT = ".figure .main-svg .point, .figure .main-svg .bars, .figure .main-svg path.js-line"


@dataclass(frozen=True)
class Paint:
    """Seconds from the address to the first visible plot, median of several."""

    cold_s: float
    warm_s: float


def measure(url: str, times: int) -> Paint | None:
    """Open the first page with an empty and with a warm cache; None without a Chromium."""
    program = browser()
    if program is None:
        return None
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            cold, warm = [], []
            for _ in range(times):
                context = started.new_context(viewport={"width": 1400, "height": 900})
                cold.append(_open(context, url))
                warm.append(_open(context, url))
                context.close()
        finally:
            _end(started)
    return Paint(statistics.median(cold), statistics.median(warm))


def _open(context: BrowserContext, url: str) -> float:
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(_PLOT, state="attached", timeout=60_000)
    took = time.perf_counter() - began
    page.close()
    return took


def _end(started: Browser) -> None:
    started.close()
