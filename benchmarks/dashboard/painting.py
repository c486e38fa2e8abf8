"""How long a person waits for the first plot, in Debian's Chromium."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from vttbench.dashboard.web.export import browser

_PLOT = ".figure .sketch .point, .figure .main-svg .point"
_PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


@dataclass(frozen=True)
class Paint:
    """Seconds from the address, median of several.

    Attributes:
        plot_s: until the first plot, as the document brings it, is painted.
        ready_s: until the application has taken its place and answers.
    """

    plot_s: float
    ready_s: float


def measure(url: str, times: int) -> tuple[Paint, Paint] | None:
    """Open the first page with an empty and with a warm cache; None without a Chromium."""
    program = browser()
    if program is None:
        return None
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            cold: list[Paint] = []
            warm: list[Paint] = []
            for _ in range(times):
                context = started.new_context(viewport={"width": 1400, "height": 900})
                cold.append(_open(context, url))
                warm.append(_open(context, url))
                context.close()
        finally:
            _end(started)
    return _median(cold), _median(warm)


def _median(paints: list[Paint]) -> Paint:
    return Paint(
        statistics.median(one.plot_s for one in paints),
        statistics.median(one.ready_s for one in paints),
    )


def _open(context: BrowserContext, url: str) -> Paint:
    page = context.new_page()
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector(_PLOT, state="attached", timeout=60_000)
    there_s = time.perf_counter() - began
    # To be there is not to be seen.
    painted_ms = page.wait_for_function(_PAINTED).json_value()
    plot_s = max(there_s, painted_ms / 1000)
    page.wait_for_selector("#first", state="detached", timeout=60_000)
    ready_s = time.perf_counter() - began
    page.close()
    return Paint(plot_s, ready_s)


def _end(started: Browser) -> None:
    started.close()
