"""The head of a page, and its bar of filters.

What the bar shows follows the URL, and what is chosen in it becomes the URL.
"""

from __future__ import annotations

from typing import Any

from dash import dcc

from vttbench.dashboard.elements import Children, Element, element
from vttbench.dashboard.pages.layout import PageSpec
from vttbench.dashboard.store.snapshot import Snapshot

# With more values than this, those that fit what is typed come from the server.
MOST_OPTIONS = 200

_FIRST: tuple[tuple[str, str], ...] = (
    ("workload", "Workload"), ("metric", "Metric"), ("fleet", "Fleet"), ("host", "Host"),
)  # fmt: skip
_MORE: tuple[tuple[str, str], ...] = (
    ("benchmark", "Benchmark"), ("model", "Model"), ("quant", "Quantisation"),
    ("backend", "Backend"), ("os", "System"), ("status", "Status"), ("tag", "Tag"),
    ("sort", "Sort by"), ("group", "Colour by"),
)  # fmt: skip
_PERIOD: tuple[tuple[str, str, str], ...] = (
    ("from", "From", "2026-11-01 or 30d"), ("to", "To", "today"),
)  # fmt: skip
_SINGLE = ("workload", "metric", "sort", "group")
_OPTION_NAME = {"os": "os_family"}
GROUPS = (("fleet", "fleet"), ("none", "nothing"))


def identifier(name: str) -> dict[str, str]:
    """Return the id of a control."""
    return {"type": "filter", "name": name}


def options(snapshot: Snapshot, name: str, chosen: Any = (), typed: str = "") -> list[str]:  # noqa: ANN401
    """Return the values to choose from: all, or of very many those that fit.

    Args:
        snapshot: the results.
        name: of the filter.
        chosen: values that are chosen, which have to be among the options.
        typed: what was typed to search for.
    """
    values = snapshot.summaries.options.get(_OPTION_NAME.get(name, name), [])
    fitting = values
    if len(values) > MOST_OPTIONS:
        fitting = [value for value in values if typed.lower() in value.lower()][:MOST_OPTIONS]
    listed = [chosen] if isinstance(chosen, str) else list(chosen or ())
    return [*(value for value in listed if value not in fitting), *fitting]


def bar(snapshot: Snapshot) -> Element:
    """Return the bar of filters."""
    return element(
        "Form",
        [
            element(
                "Div", [_dropdown(snapshot, *pair) for pair in _FIRST] + _period(), className="row"
            ),
            element(
                "Details",
                [
                    element("Summary", "More filters"),
                    element("Div", [_dropdown(snapshot, *pair) for pair in _MORE], className="row"),
                ],
            ),
        ],
        id="filters",
        className="filters no-print",
        role="search",
        aria_label="Filters",
    )


def header(navigation: Children) -> Element:
    """Return what stands above every page."""
    buttons = [
        element("A", "PDF", id="pdf", href="/export/page.pdf", className="button"),
        element("Button", "Dark", id="theme", type="button", title="Light or dark page"),
    ]
    return element(
        "Header",
        [
            element("Span", "vttbench", className="brand"),
            element("Nav", navigation, id="pages", className="pages", aria_label="Pages"),
            element("Div", buttons, className="tools no-print"),
        ],
        className="top",
    )


def sketch(page: PageSpec) -> Element:
    """Return what the bar of filters of a page looks like before it works."""
    shown = [(name, label) for name, label in _FIRST if name not in _SINGLE or name in page.filters]
    boxes = [
        element(
            "Div",
            [
                element("Span", label, className="label"),
                element("Div", None, className="choice box"),
            ],
            className=f"control control-{name}",
        )
        for name, label in [*shown, *(pair[:2] for pair in _PERIOD)]
    ]
    more = element("Div", element("Span", "More filters", className="more"), className="rest")
    state = [*page.filters, *(["hidden"] if page.hidden else [])]
    return element(
        "Div",
        [element("Div", boxes, className="row"), more],
        className="filters no-print",
        data_page=" ".join(state),
    )


def _dropdown(snapshot: Snapshot, name: str, label: str) -> Element:
    single = name in _SINGLE
    return element(
        "Div",
        [
            element("Span", label, className="label", id=f"label-{name}"),
            dcc.Dropdown(
                id=identifier(name),
                options=[] if single else options(snapshot, name),
                multi=not single,
                placeholder="any",
                className="choice",
                # What is too much for the browser is searched for on the server.
                search_value="",
            ),
        ],
        className=f"control control-{name}",
        role="group",
        aria_labelledby=f"label-{name}",
    )


def _period() -> list[Element]:
    return [
        element(
            "Div",
            [
                element("Label", label, htmlFor=f"filter-{name}", className="label"),
                dcc.Input(
                    id={"type": "filter", "name": name},
                    type="text",
                    debounce=True,
                    placeholder=hint,
                    className="choice",
                    autoComplete="off",
                ),
            ],
            className=f"control control-{name}",
        )
        for name, label, hint in _PERIOD
    ]
