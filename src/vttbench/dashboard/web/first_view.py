"""What a page shows while the application around it still starts.

Starting takes the browser most of a second, whatever is to be shown. So the document carries the
page as HTML and its first figures as data, Plotly draws them before anything else is run, and the
application takes their place once it has drawn its own (``assets/first.js``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import orjson

from vttbench.dashboard.elements import Children, element
from vttbench.dashboard.still import html_of
from vttbench.dashboard.view import View
from vttbench.dashboard.web import controls, rendering
from vttbench.dashboard.web.rendering import Renderer

SCRIPTS = ("plotly-basic.min.js", "first.js")
"""Among the assets, and run in this order before the application."""
_SHOWN = frozenset(
    {"children", "className", "href", "title", "role", "open", "data-html", "data-page"}
)
_MOST_FIGURES = 2
_REMEMBERED = 32


class FirstViews:
    """Makes first views, and remembers those of the same results.

    Args:
        renderer: of the pages.
        assets: folder of the scripts.
        address: where a browser finds that folder, with a slash at its end.
    """

    def __init__(self, renderer: Renderer, assets: Path, address: str) -> None:
        self._renderer = renderer
        self._plotly, self._start = (
            f'<script src="{address}{name}?m={(assets / name).stat().st_mtime}"></script>'
            for name in SCRIPTS
        )
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._make)

    def html(self, view: View) -> str:
        """Return the first view; empty where the application had better start at once."""
        return self._remembered(self._renderer.key(view), view.path, view.query())

    def scripts(self, first: str, application: str) -> str:
        """Return the scripts of a document.

        Args:
            first: the first view.
            application: scripts that start the application, in their order.
        """
        if not first:
            return self._plotly + application
        # What is in a template is not run: first.js does that when the first view is on the screen.
        return f'<template id="application">{application}</template>{self._plotly}{self._start}'

    def _make(self, _key: str, path: str, query: str) -> str:
        view = View.parse(path, query)
        page = self._renderer.layout.page(path)
        figures: list[str] = []
        content = _sketch(self._renderer.page(view), figures)
        if page is None or not figures:
            return ""
        navigation = rendering.navigation(self._renderer.layout, view)
        above = [*rendering.heading(page, view), controls.sketch(page)]
        shown = [
            _sketch(controls.header(navigation), figures),
            element("Div", None, className="status"),
            element("Main", [*_sketch(above, figures), *content]),
        ]
        return f'<div id="first" inert aria-hidden="true">{html_of(shown)}</div>'


def _sketch(children: Children, figures: list[str]) -> Children:
    """Return elements without what makes them work: identity, handlers, components.

    Args:
        children: elements.
        figures: those met so far, to which more are added.
    """
    if isinstance(children, list):
        return [_sketch(child, figures) for child in children]
    if not isinstance(children, dict):
        return children
    props = {name: value for name, value in children["props"].items() if name in _SHOWN}
    kind = children["type"]
    if kind == "Graph":
        style = "".join(f"{name}:{value};" for name, value in children["props"]["style"].items())
        if len(figures) < _MOST_FIGURES:
            figures.append(orjson.dumps(children["props"]["figure"]).decode())
            props["data-figure"] = figures[-1]
        return element("Div", None, style=style, **props)
    if kind == "H1":
        # The document has one headline, that of the application.
        return element("Div", props.pop("children"), className="h1")
    props["children"] = _sketch(props.get("children"), figures)
    return children | {"props": props}
