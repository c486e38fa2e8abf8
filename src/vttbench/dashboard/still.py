"""Parts of a page that nothing happens in: HTML made here, instead of a component for each cell.

Dash's renderer looks at every component with every change of any of them. A table of forty rows is
a thousand components and a second of the browser's time; as HTML it is one. ``dashboard.js`` puts
the HTML in its place, and has links in it show their view without loading the page anew.
"""

from __future__ import annotations

from html import escape
from typing import Any

from vttbench.dashboard.elements import Children, Element, element

_ATTRIBUTES = {
    "className": "class",
    "tabIndex": "tabindex",
    "colSpan": "colspan",
    "rowSpan": "rowspan",
}
_AS_THEY_ARE = frozenset({"id", "title", "scope", "href", "role", "open", "style"})


def still(children: Children, **props: Any) -> Element:  # noqa: ANN401
    """Return an element whose content is shown as HTML.

    Args:
        children: elements without anything that a callback asks for or sets.
        props: of the element around them.

    Raises:
        ValueError: an attribute that is not known here.
    """
    return still_html(html_of(children), **props)


def still_html(html: str, **props: Any) -> Element:  # noqa: ANN401
    """Return an element that shows HTML, in which the caller has escaped all text.

    Args:
        html: what is in it.
        props: of the element around it.
    """
    return element("Div", None, data_html=html, **props)


def html_of(children: Children) -> str:
    """Return elements as HTML; all text is escaped."""
    if isinstance(children, str):
        return escape(children)
    if children is None:
        return ""
    if isinstance(children, list):
        return "".join(html_of(child) for child in children)
    if not isinstance(children, dict):
        return escape(str(children))
    tag = "a" if children["type"] == "Link" else str(children["type"]).lower()
    props = dict(children["props"])
    children = html_of(props.pop("children", None))
    inside = props.pop("data-html", None) or children
    return f"<{tag}{_attributes(props)}>{inside}</{tag}>"


def _attributes(props: dict[str, Any]) -> str:
    parts = []
    for name, value in props.items():
        known = name in _AS_THEY_ARE or name.startswith(("aria-", "data-"))
        written = name if known else _ATTRIBUTES.get(name)
        if written is None:
            raise ValueError(f"no attribute of HTML for {name}")
        if value not in (None, ""):
            parts.append(f' {written}="{escape(str(value))}"')
    return "".join(parts)
