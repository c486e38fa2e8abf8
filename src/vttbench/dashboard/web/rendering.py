"""From a view to what stands on the page."""

from __future__ import annotations

import sys
import threading
import traceback
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from vttbench.dashboard import words
from vttbench.dashboard.elements import Element, element, graph, link
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.pages.card import REGISTRY, Card, Context
from vttbench.dashboard.pages.layout import CardSpec, Layout, PageSpec
from vttbench.dashboard.pages.tables import ROWS, table
from vttbench.dashboard.store.snapshot import Current
from vttbench.dashboard.view import MANY, View, window

_REMEMBERED = 256


class Renderer:
    """Turns views into pages, and remembers what it made of the same results.

    Args:
        current: the results.
        notes: annotations and thresholds.
        layout: which cards a page has.
        mlflow: address of the tracking server that people use, or empty.
    """

    def __init__(
        self, current: Current, notes: NoteStore, layout: Layout, mlflow: str = ""
    ) -> None:
        self._current = current
        self._notes = notes
        self.layout = layout
        self._mlflow = mlflow
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._make)
        self._turn = threading.Lock()

    def page(self, view: View) -> list[Element]:
        """Return the content of a page."""
        # One at a time: threads that compute at once wait for Python's lock after each of the many
        # calls of polars, and all end late; and two that want the same would both make it.
        with self._turn:
            return self._remembered(*self._key(view))

    def key(self, view: View) -> str:
        """Return a text that differs where the content of a page does."""
        return " ".join(map(str, self._key(view)))

    def _key(self, view: View) -> tuple[str, int, int, str, str]:
        version = self._current.get().version
        return version, self._notes.version, window(), view.path, view.query()

    def card(self, view: View, name: str) -> Card | None:
        """Return one card of a page, e.g. to export it; None where the page has no such card."""
        page = self.layout.page(view.path)
        spec = next((one for one in page.cards if one.card == name), None) if page else None
        return self._build(view, spec) if spec else None

    def _make(
        self, _version: str, _notes: int, _window: int, path: str, query: str
    ) -> list[Element]:
        view = View.parse(path, query)
        page = self.layout.page(path)
        if page is None:
            return [_not_found(self.layout)]
        faults = [element("P", fault, className="warning") for fault in view.faults()]
        cards = [self._section(view, spec) for spec in page.cards]
        return [*faults, *_chips(view), element("Div", cards, className="cards")]

    def _build(self, view: View, spec: CardSpec) -> Card:
        context = Context(self._current.get(), view, self._notes, spec.options, self._mlflow)
        return REGISTRY[spec.card](context)

    def _section(self, view: View, spec: CardSpec) -> Element:
        try:
            made = self._build(view, spec)
            content, tools = _content(made, spec), _tools(made, view, spec)
        except Exception as error:
            # One card must not take the others with it.
            sys.stderr.write(f"dashboard: card {spec.card} of {view.url()}\n")
            traceback.print_exc()
            tools = []
            content = [
                element(
                    "P",
                    f"This card can't be shown ({type(error).__name__}: {error}). The others are "
                    "not affected; the log of the dashboard has the details.",
                    className="warning",
                    role="alert",
                )
            ]
        title = element("H2", spec.title, id=f"title-{spec.card}")
        head = element("Div", [title, *tools], className="head")
        return element(
            "Section",
            [head, *content],
            id=f"card-{spec.card}",
            className=f"card {spec.width}",
            aria_labelledby=f"title-{spec.card}",
        )


def title_of(page: PageSpec | None, view: View) -> str:
    """Return what the window is called."""
    if page is None:
        return "No such page"
    rest = view.path.removeprefix(page.path).strip("/")
    return f"{page.name} {rest[:13]}".strip()


def heading(page: PageSpec | None, view: View) -> list[Element]:
    """Return the headline of a page: its name and the question that it answers."""
    if page is None:
        return [element("H1", "No such page")]
    return [
        element("H1", title_of(page, view)),
        element("P", page.question, className="question"),
    ]


def navigation(layout: Layout, view: View) -> list[Element]:
    """Return links to all pages; filters go along."""
    here = layout.page(view.path)
    return [
        link(
            page.name,
            view.on(page.path, "workload", "metric", "from", "to").url(),
            className="here" if page is here else "",
            **({"title": "this page"} if page is here else {}),
        )
        for page in layout.pages
        if not page.hidden
    ]


def _chips(view: View) -> list[Element]:
    """Return the filters in force, each with a link that takes it away."""
    chips: list[Element] = []
    for name in MANY:
        chosen = view.many.get(name, ())
        for value in chosen if len(chosen) <= 6 else ():
            fewer = view.choosing(name, *(other for other in chosen if other != value))
            chips.append(_chip(f"{name}: {value}", fewer))
        if len(chosen) > 6:
            chips.append(_chip(f"{name}: {words.listed(list(chosen))}", view.choosing(name)))
    for name in ("from", "to"):
        if view.get(name):
            chips.append(_chip(f"{name} {view.get(name)}", view.having(**{name: None})))
    if not chips:
        return []
    if len(chips) > 1:
        chips.append(link("take all away", View(view.path, {}, {}).url(), className="quiet"))
    return [
        element(
            "Div",
            ["Shown: ", *chips],
            className="chips",
            role="group",
            aria_label="Filters in force",
        )
    ]


def _chip(text: str, without: View) -> Element:
    sign = element("Span", " ×", aria_hidden="true")
    hidden = element("Span", " – take this filter away", className="unseen")
    return link([text, sign, hidden], without.having(page=None).url(), className="chip")


def _content(made: Card, spec: CardSpec) -> list[Element]:
    if made.empty:
        return [element("P", made.empty, className="empty")]
    content: list[Any] = list(made.body)
    if made.figure is not None:
        content.append(element("P", made.summary, className="summary", id=f"summary-{spec.card}"))
        content.append(
            element(
                "Div",
                graph(spec.card, made.figure),
                role="img",
                aria_label=made.summary,
                className="figure",
            )
        )
    content += made.notice
    if made.table is not None and made.figure is not None:
        shown = min(made.table.height, ROWS)
        rest = "" if made.table.height <= ROWS else f" (the first {shown}; exports have all)"
        content.append(
            element(
                "Details",
                [
                    element(
                        "Summary", f"The numbers: {words.count(made.table.height, 'row')}{rest}"
                    ),
                    table(made.table, spec.title),
                ],
            )
        )
    return content


def _tools(made: Card, view: View, spec: CardSpec) -> list[Element]:
    """Return what takes a card away: pictures, and the data behind them."""
    if made.empty:
        return []
    tools: list[Element] = []
    if made.figure is not None:
        tools += [
            element(
                "Button",
                kind.upper(),
                type="button",
                data_picture=kind,
                data_card=spec.card,
                title=f"Save the picture as {kind.upper()}",
            )
            for kind in ("png", "svg")
        ]
    if made.table is not None:
        tools += [
            element(
                "A",
                label,
                href=_export(view, spec.card, ending),
                download=f"{spec.card}.{ending}",
                title=f"Save the numbers as {label}",
            )
            for label, ending in (("CSV", "csv"), ("Parquet", "parquet"))
        ]
    named = element(
        "Div", tools, className="tools no-print", role="group", aria_label=f"Save: {spec.title}"
    )
    return [named] if tools else []


def _export(view: View, card: str, ending: str) -> str:
    query = view.query()
    page = "&" if query else "?"
    return f"/export/{card}.{ending}{query}{page}of={quote(view.path)}"


def _not_found(layout: Layout) -> Element:
    pages = [element("Li", link(page.name, page.path)) for page in layout.pages if not page.hidden]
    return element(
        "Section",
        [element("P", "There is no such page. There are:"), element("Ul", pages)],
        className="card full",
    )
