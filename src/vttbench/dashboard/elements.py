"""Elements of a page as plain dictionaries, which is what the browser gets in the end.

Dash's component objects say the same and cost several times as much to make and to write out.
"""

from __future__ import annotations

from typing import Any

Element = dict[str, Any]
Children = Any
"""Text, a number, an element, or a list of them."""


def element(kind: str, children: Children = None, /, **props: Any) -> Element:  # noqa: ANN401
    """Return an element of HTML.

    Args:
        kind: as Dash calls it, e.g. ``Div``.
        children: what is in it.
        props: as Dash calls them (``className``); underscores in ``aria_label`` and ``data_x``
            become dashes.
    """
    named = {
        name.replace("_", "-") if name.startswith(("aria_", "data_")) else name: value
        for name, value in props.items()
        if value is not None
    }
    return {
        "type": kind,
        "namespace": "dash_html_components",
        "props": {"children": children, **named},
    }


def link(children: Children, href: str, **props: Any) -> Element:  # noqa: ANN401
    """Return a link to another view, which is shown without loading the page anew."""
    return {
        "type": "Link",
        "namespace": "dash_core_components",
        "props": {"children": children, "href": href, **props},
    }


def graph(name: str, figure: dict[str, Any], **props: Any) -> Element:  # noqa: ANN401
    """Return a picture.

    Args:
        name: of the card, unique on the page.
        figure: for Plotly.
        props: of the element.
    """
    return {
        "type": "Graph",
        "namespace": "dash_core_components",
        "props": {
            "id": {"type": "figure", "name": name},
            "figure": figure,
            "config": {"displayModeBar": False, "responsive": True, "doubleClick": "reset"},
            "style": {"height": f"{figure['layout']['height']}px"},
            **props,
        },
    }


def text_of(children: Children) -> str:
    """Return the text in an element, without any mark-up."""
    if children is None:
        return ""
    if isinstance(children, list):
        return "".join(text_of(child) for child in children)
    if isinstance(children, dict):
        return text_of(children.get("props", {}).get("children"))
    return str(children)
