"""Figures as plain dictionaries, which is what Plotly takes; objects cost three times as much.

Colours stand for a light page; the style sheet turns axes and text over on a dark one, so that a
figure looks the same whoever exports it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Figure = dict[str, Any]

INK, QUIET, GRID = "#1c2430", "#5d6878", "#e3e7ee"
GOOD, BAD, CHANGE = "#12805c", "#c8372d", "#7a4bd1"
# Told apart with any colour vision (after Okabe and Ito), and 3:1 or more on white and on black.
PALETTE = (
    "#2f7fd0", "#d1701a", "#1b9a78", "#c05fa8", "#94841b", "#6f74dd", "#cf4b4b", "#5b8c3a",
)  # fmt: skip
# Shapes besides, for those who see no colours at all.
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "triangle-down")
_FONT = {"family": "system-ui, 'Segoe UI', 'DejaVu Sans', sans-serif", "size": 13, "color": INK}


def figure(data: Sequence[Mapping[str, Any]], height: int, **layout: Any) -> Figure:  # noqa: ANN401
    """Return a figure in the style of all others.

    Args:
        data: traces.
        height: in pixels.
        layout: of Plotly; it wins over the common style.
    """
    base: dict[str, Any] = {
        "height": height,
        "margin": {"l": 60, "r": 20, "t": 16, "b": 44},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": _FONT,
        "hoverlabel": {"font": {"size": 13}, "align": "left"},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "hovermode": "closest",
        "dragmode": "zoom",
        "showlegend": False,
    }
    return {"data": list(data), "layout": base | layout}


def axis(title: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401  # Plotly's own words
    """Return an axis in the style of all others."""
    base: dict[str, Any] = {
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "linecolor": GRID,
        "ticks": "",
        "automargin": True,
        "title": {"text": title, "font": {"size": 12, "color": QUIET}},
    }
    return base | more


def colour(index: int) -> str:
    """Return the colour of the nth thing."""
    return PALETTE[index % len(PALETTE)]


def symbol(index: int) -> str:
    """Return the shape of the nth thing."""
    return SYMBOLS[index % len(SYMBOLS)]
