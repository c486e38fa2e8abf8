"""What a page shows while the application around it still starts.

Starting takes the browser a second or two, whatever is to be shown. So the document carries the
page as HTML and its figures as sketches, and the application takes their place once it has drawn
its own (``assets/first.js``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from vttbench.dashboard.elements import Children, element
from vttbench.dashboard.sketch import sketch
from vttbench.dashboard.still import html_of
from vttbench.dashboard.view import View
from vttbench.dashboard.web import controls, rendering
from vttbench.dashboard.web.rendering import Renderer

SCRIPTS = ("plotly-basic.min.js", "first.js")
"""Among the assets, and not part of the application: what draws its figures, and what starts it."""
_SHOWN = frozenset(
    {"children", "className", "href", "title", "role", "open", "data-html", "data-page"}
)
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
        """Return the first view; empty where there is no such page."""
        return self._remembered(self._renderer.key(view), view.path, view.query())

    def scripts(self, first: str, application: str) -> str:
        """Return the scripts of a document.

        Args:
            first: the first view.
            application: scripts that start the application, in their order.
        """
        if not first:
            return self._plotly + application
        # What is in a template is not run: first.js does that when the first view is there.
        scripts = self._plotly + application
        return f'<template id="application">{scripts}</template>{self._start}'

    def _make(self, _key: str, path: str, query: str) -> str:
        view = View.parse(path, query)
        page = self._renderer.layout.page(path)
        if page is None:
            return ""
        content = _standing(self._renderer.page(view))
        navigation = rendering.navigation(self._renderer.layout, view)
        above = [*rendering.heading(page, view), controls.sketch(page)]
        shown = [
            _standing(controls.header(navigation)),
            element("Div", None, className="status"),
            element("Main", [*_standing(above), *content]),
        ]
        return f'<div id="first" inert aria-hidden="true">{html_of(shown)}</div>'


def _standing(children: Children) -> Children:
    """Return elements without what makes them work: identity, handlers, components."""
    if isinstance(children, list):
        return [_standing(child) for child in children]
    if not isinstance(children, dict):
        return children
    props = {name: value for name, value in children["props"].items() if name in _SHOWN}
    kind = children["type"]
    if kind == "Graph":
        style = "".join(f"{name}:{value};" for name, value in children["props"]["style"].items())
        return element("Div", None, style=style, data_html=sketch(children["props"]["figure"]))
    if kind == "H1":
        # The document has one headline, that of the application.
        return element("Div", props.pop("children"), className="h1")
    props["children"] = _standing(props.get("children"))
    return children | {"props": props}
