"""Clients that change pages and filters, over HTTP, as the browser's scripts do."""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

VIEWS = (
    "/", "/?fleet={fleet}", "/?host={host}&host={other}", "/?os=windows", "/?group=os_family",
    "/?sort=name", "/?from=180d", "/?show=strip", "/?page=7",
    "/systems", "/systems?fleet={fleet}", "/systems?status=failed", "/systems?host={host}",
    "/models?host={host}", "/models?host={other}&from=90d", "/models",
    "/trends?host={host}", "/trends?fleet={fleet}", "/trends", "/trends?host={host}&from=180d",
    "/run/{result}",
)  # fmt: skip
"""Pages and filters that people ask for; the host, fleet and result are others each time."""


@dataclass(frozen=True)
class Names:
    """What clients choose hosts, fleets and results from."""

    hosts: tuple[str, ...]
    fleets: tuple[str, ...]
    results: tuple[str, ...]


class Client:
    """Asks as a browser does after a click: one callback that returns the content of a page."""

    def __init__(self, url: str, names: Names) -> None:
        self._client = httpx.Client(base_url=url, timeout=60)
        self._names = {
            "host": names.hosts,
            "other": names.hosts,
            "fleet": names.fleets,
            "result": names.results,
        }
        dependencies = self._client.get("/_dash-dependencies").json()
        self._callback = next(one for one in dependencies if "content.children" in one["output"])

    def ask(self, view: str, chooser: random.Random) -> float:
        """Return how long one view took, in seconds."""
        url = view.format(**{name: chooser.choice(those) for name, those in self._names.items()})
        parts = urlsplit(url)
        values = {"pathname": parts.path, "search": f"?{parts.query}" if parts.query else ""}
        inputs = [
            {**one, "value": values.get(one["property"], "1/0")} for one in self._callback["inputs"]
        ]
        body = {
            "output": self._callback["output"],
            "outputs": _outputs(self._callback["output"]),
            "inputs": inputs,
            "changedPropIds": ["url.search"],
            "state": [{**one, "value": ""} for one in self._callback["state"]],
        }
        began = time.perf_counter()
        answer = self._client.post("/_dash-update-component", json=body)
        took = time.perf_counter() - began
        if answer.status_code != 200 or "can't be shown" in answer.text:
            raise RuntimeError(f"{url}: {answer.status_code} {answer.text[:500]}")
        return took


def measure(url: str, names: Names, clients: int, rounds: int, seed: int) -> dict[str, list[float]]:
    """Have clients ask for every view so many times at once, each in an order of its own.

    Each is a process: threads of one would wait for each other, and that would be measured too.

    Returns:
        Seconds by view.
    """
    took: dict[str, list[float]] = defaultdict(list)
    work = [(url, names, rounds, seed * 1000 + number) for number in range(clients)]
    with multiprocessing.get_context("spawn").Pool(clients) as pool:
        for one in pool.starmap(_one, work, chunksize=1):
            for view, seconds in one:
                took[view].append(seconds)
    return dict(took)


def _one(url: str, names: Names, rounds: int, seed: int) -> list[tuple[str, float]]:
    client, chooser = Client(url, names), random.Random(seed)
    return [
        (view, client.ask(view, chooser))
        for _ in range(rounds)
        for view in chooser.sample(VIEWS, len(VIEWS))
    ]


def _outputs(text: str) -> list[Any]:
    found = []
    for one in text.strip(".").split("..."):
        name, _, prop = one.rpartition(".")
        found.append({"id": _identifier(name), "property": prop})
    return found


def _identifier(name: str) -> Any:  # noqa: ANN401  # a text, or a pattern of Dash
    return json.loads(name) if name.startswith("{") else name
