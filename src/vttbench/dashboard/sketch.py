"""Figures as SVG, drawn here, for the second until Plotly has drawn them in the browser.

A sketch has the axes, the points, the lines and the intervals where Plotly will put them, give or
take a few pixels, and nothing that answers to a mouse. The server does not know how wide it will
be: what lies along the x axis is said in percent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from vttbench.dashboard.figures import Figure
from vttbench.dashboard.scales import Scale

_MOST_POINTS = 600
"""Of one trace; of more every second or third is drawn."""
_LETTER_PX = 6.7
_LEGEND_PX = 26
_TICKS_X, _TICKS_Y = 11, 6
_PX_A_TICK = 40
_ANCHORS = {"top left": "end", "top center": "middle", "top right": "start"}
# Around 0 0, in Plotly's proportions to the radius.
_SHAPES = {
    "square": "M-{r},-{r}H{r}V{r}H-{r}Z",
    "diamond": "M{d},0L0,{d}L-{d},0L0,-{d}Z",
    "triangle-up": "M-{d},{h}H{d}L0,-{r}Z",
    "triangle-down": "M-{d},-{h}H{d}L0,{r}Z",
    "cross": "M-{r},-{t}H-{t}V-{r}H{t}V-{t}H{r}V{t}H{t}V{r}H-{t}V{t}H-{r}Z",
    "x": (
        "M-{r},-{t}L-{t},-{r}L0,-{t}L{t},-{r}L{r},-{t}L{t},0"
        "L{r},{t}L{t},{r}L0,{t}L-{t},{r}L-{r},{t}L-{t},0Z"
    ),
    "star": "M0,-{d}L{t},-{t}H{d}L{h},{t}L{r},{d}L0,{h}L-{r},{d}L-{h},{t}L-{d},-{t}H-{t}Z",
}  # fmt: skip


@dataclass(frozen=True)
class _Pane:
    """One pair of axes.

    Attributes:
        x: scale of the x axis, which all panes share.
        y: scale of its own.
        axis: layout of the y axis.
        top: where it begins below the top of the figure, in pixels.
        height: in pixels.
    """

    x: Scale
    y: Scale
    axis: Mapping[str, Any]
    top: float
    height: float

    def across(self, value: Any) -> str | None:  # noqa: ANN401  # whatever a figure holds
        """Return where a value lies from the left, as SVG has it; None for nowhere."""
        share = self.x.share(value)
        return None if share is None else f"{100 * share:.2f}%"

    def down(self, value: Any) -> float | None:  # noqa: ANN401  # whatever a figure holds
        """Return where a value lies from the top, in pixels; None for nowhere."""
        share = self.y.share(value)
        return None if share is None else round(self.height * (1 - share), 1)


def sketch(figure: Figure) -> str:
    """Return a figure as HTML.

    Args:
        figure: as :mod:`vttbench.dashboard.figures` makes them: traces of points, lines and
            lying bars, axes beneath each other. What else Plotly knows is left out.
    """
    layout = figure["layout"]
    traces = [trace for trace in figure["data"] if len(trace.get("x", ()))]
    panes = _panes(layout, traces)
    margin = layout["margin"]
    left = max(margin["l"], *(_width(pane) for pane in panes.values()))
    parts = [_legend(traces, left) if layout.get("showlegend") else ""]
    for name, pane in panes.items():
        own = [trace for trace in traces if trace.get("yaxis", "y") == name]
        lowest = pane.top == max(one.top for one in panes.values())
        drawn = [
            *_grid(pane, layout["xaxis"], labelled=lowest),
            *_lines_between(pane, name, layout),
            *(mark for trace in own for mark in _marks(pane, trace)),
            _title_below(pane, layout["xaxis"]) if lowest else "",
            _title_beside(pane, left),
            *(_annotations(pane, layout) if name == "y" else ()),
        ]
        parts.append(
            f'<svg style="left:{left:.0f}px;top:{pane.top:.0f}px;height:{pane.height:.0f}px;'
            f'width:calc(100% - {left + margin["r"]:.0f}px)">{"".join(drawn)}</svg>'
        )
    return f'<div class="sketch">{"".join(parts)}</div>'


def _panes(layout: Mapping[str, Any], traces: list[Mapping[str, Any]]) -> dict[str, _Pane]:
    """Return the panes by the name of their y axis."""
    top = layout["margin"]["t"] + (_LEGEND_PX if layout.get("showlegend") else 0)
    height = layout["height"] - top - layout["margin"]["b"]
    x = Scale.of(layout["xaxis"], _extent(traces, "x"))
    panes = {}
    for key in sorted(name for name in layout if name.startswith("yaxis")):
        name = f"y{key.removeprefix('yaxis')}"
        own = [trace for trace in traces if trace.get("yaxis", "y") == name]
        low, high = layout[key].get("domain", (0, 1))
        panes[name] = _Pane(
            x,
            Scale.of(layout[key], _extent(own, "y")),
            layout[key],
            top + (1 - high) * height,
            (high - low) * height,
        )
    return panes


def _extent(traces: list[Mapping[str, Any]], along: str) -> Iterator[Any]:
    """Yield all values along an axis, with the ends of their intervals and bars."""
    for trace in traces:
        yield from trace[along]
        bars = trace.get(f"error_{along}")
        if bars:
            yield from (end for pair in _ends(trace[along], bars) for end in pair)
        if along == "x" and trace["type"] == "bar":
            yield from trace["base"]
            yield from (base + length for base, length in _both(trace["base"], trace["x"]))


def _ends(values: Any, bars: Mapping[str, Any]) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401
    for value, plus, minus in zip(values, bars["array"], bars["arrayminus"], strict=True):
        there = None not in (value, plus, minus)
        yield (value - minus, value + plus) if there else (None, None)


def _both(first: Any, second: Any) -> Iterator[tuple[float, float]]:  # noqa: ANN401  # of a figure
    return (pair for pair in zip(first, second, strict=True) if None not in pair)


def _width(pane: _Pane) -> float:
    """Return the room that the labels beside a pane take, in pixels."""
    longest = max((len(tick.text) for tick in _ticks_y(pane)), default=0)
    return longest * _LETTER_PX + (32 if pane.axis["title"]["text"] else 12)


def _ticks_y(pane: _Pane) -> list[Any]:
    most = int(pane.axis.get("nticks", max(2, min(_TICKS_Y, pane.height / _PX_A_TICK))))
    return pane.y.ticks(pane.axis, most)


def _grid(pane: _Pane, axis: Mapping[str, Any], *, labelled: bool) -> Iterator[str]:
    height = f"{pane.height:.0f}"
    for tick in pane.x.ticks(axis, _TICKS_X):
        at = f"{100 * tick.share:.2f}%"
        yield f'<line class="grid" x1="{at}" x2="{at}" y1="0" y2="{height}"/>'
        if labelled:
            below = f"{pane.height + 17:.0f}"
            yield f'<text x="{at}" y="{below}" text-anchor="middle">{escape(tick.text)}</text>'
    for tick in _ticks_y(pane):
        at = f"{pane.height * (1 - tick.share):.1f}"
        yield f'<line class="grid" x1="0" x2="100%" y1="{at}" y2="{at}"/>'
        yield f'<text x="-5" y="{at}" dy=".33em" text-anchor="end">{escape(tick.text)}</text>'
    zero = pane.across(0) if axis.get("zeroline") else None
    if zero:
        yield f'<line class="zero" x1="{zero}" x2="{zero}" y1="0" y2="{height}"/>'


def _title_below(pane: _Pane, axis: Mapping[str, Any]) -> str:
    text = axis["title"]["text"]
    if not text:
        return ""
    below = f"{pane.height + 36:.0f}"
    return f'<text class="quiet" x="50%" y="{below}" text-anchor="middle">{escape(text)}</text>'


def _title_beside(pane: _Pane, left: float) -> str:
    text = pane.axis["title"]["text"]
    if not text:
        return ""
    place = f"translate({14 - left:.0f},{pane.height / 2:.0f})rotate(-90)"
    return f'<text class="quiet" transform="{place}" text-anchor="middle">{escape(text)}</text>'


def _marks(pane: _Pane, trace: Mapping[str, Any]) -> Iterator[str]:
    """Yield what one trace shows: bars, or whiskers below lines below points below texts."""
    if trace["type"] == "bar":
        yield from _bars(pane, trace)
        return
    if trace["type"] != "scatter":
        return
    yield from _whiskers(pane, trace)
    if "lines" in trace["mode"]:
        yield _path(pane, trace)
    if "markers" in trace["mode"]:
        yield from _points(pane, trace)


def _bars(pane: _Pane, trace: Mapping[str, Any]) -> Iterator[str]:
    thick = pane.height * trace["width"] / ((pane.y.high - pane.y.low) or 1)
    for name, base, length in zip(trace["y"], trace["base"], trace["x"], strict=True):
        middle = pane.down(name)
        if middle is None or base is None or length is None:
            continue
        start, end = sorted((pane.x.share(base) or 0.0, pane.x.share(base + length) or 0.0))
        yield (
            f'<rect x="{100 * start:.2f}%" width="{100 * (end - start):.2f}%" '
            f'y="{middle - thick / 2:.1f}" height="{thick:.1f}" fill="{trace["marker"]["color"]}"/>'
        )


def _whiskers(pane: _Pane, trace: Mapping[str, Any]) -> Iterator[str]:
    for along, across in (("x", "y"), ("y", "x")):
        bars = trace.get(f"error_{along}")
        if not bars or len(trace["x"]) > _MOST_POINTS:
            continue
        colour = bars.get("color") or _colour(trace)
        for other, (low, high) in zip(trace[across], _ends(trace[along], bars), strict=True):
            if along == "x":
                (x1, x2), (y1, y2) = (pane.across(low), pane.across(high)), (pane.down(other),) * 2
            else:
                (x1, x2), (y1, y2) = (pane.across(other),) * 2, (pane.down(low), pane.down(high))
            if None not in (x1, x2, y1, y2):
                yield (
                    f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{colour}" '
                    f'stroke-width="{bars["thickness"]}"/>'
                )


def _path(pane: _Pane, trace: Mapping[str, Any]) -> str:
    """Return a line; stretched to the width of the pane, though its thickness is not."""
    steps, pen = [], "M"
    for x, y in zip(trace["x"], trace["y"], strict=True):
        share, down = pane.x.share(x), pane.down(y)
        if share is None or down is None:
            pen = "M"
            continue
        steps.append(f"{pen}{1000 * share:.1f},{down}")
        pen = "L"
    line = trace["line"]
    return (
        f'<svg width="100%" height="100%" viewBox="0 0 1000 {pane.height:.1f}" '
        f'preserveAspectRatio="none"><path class="line" d="{"".join(steps)}" '
        f'stroke="{line["color"]}" stroke-width="{line["width"]}"/></svg>'
    )


def _points(pane: _Pane, trace: Mapping[str, Any]) -> Iterator[str]:
    marker, count = trace["marker"], len(trace["x"])
    texts = trace["text"] if "text" in trace["mode"] else None
    size = trace.get("textfont", {}).get("size", 13)
    for index in range(0, count, count // _MOST_POINTS + 1):
        x, y = pane.across(trace["x"][index]), pane.down(trace["y"][index])
        if x is None or y is None:
            continue
        symbol = _at(marker.get("symbol", "circle"), index)
        shape = _shape(symbol.removesuffix("-open"), marker["size"] / 2)
        style = "open" if symbol.endswith("-open") else ""
        faint = _at(marker.get("opacity", 1), index)
        yield (
            f'<svg class="point {style}" x="{x}" y="{y}" color="{_at(marker["color"], index)}">'
            f'<path d="{shape}"' + (f' opacity="{faint}"' if faint != 1 else "") + "/></svg>"
        )
        if texts:
            anchor = _ANCHORS[_at(trace["textposition"], index)]
            yield (
                f'<text x="{x}" y="{y - 9:.1f}" text-anchor="{anchor}" font-size="{size}">'
                f"{escape(texts[index])}</text>"
            )


def _shape(symbol: str, radius: float) -> str:
    form = _SHAPES.get(symbol)
    if form is None:
        return (
            f"M{radius},0A{radius},{radius} 0 1,1 0,-{radius}A{radius},{radius} 0 0,1 {radius},0Z"
        )
    sizes = {"r": radius, "d": 1.25 * radius, "h": 0.6 * radius, "t": 0.4 * radius}
    return form.format_map({name: f"{size:.2g}" for name, size in sizes.items()})


def _lines_between(pane: _Pane, name: str, layout: Mapping[str, Any]) -> Iterator[str]:
    """Yield shapes: thresholds, change points, levels before and after them."""
    for shape in layout.get("shapes", ()):
        if shape["type"] != "line" or (name != "y" and shape.get("yref") != "paper"):
            continue
        whole_x, whole_y = shape.get("xref") == "paper", "yref" in shape
        x1, x2 = ("0", "100%") if whole_x else (pane.across(shape["x0"]), pane.across(shape["x1"]))
        y1, y2 = (0.0, pane.height) if whole_y else (pane.down(shape["y0"]), pane.down(shape["y1"]))
        if None in (x1, x2, y1, y2):
            continue
        line = shape["line"]
        dash = {"dot": "2 3", "dash": "7 5"}.get(line.get("dash", ""))
        yield (
            f'<line x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}" stroke="{line["color"]}" '
            f'stroke-width="{line["width"]}"' + (f' stroke-dasharray="{dash}"/>' if dash else "/>")
        )


def _annotations(pane: _Pane, layout: Mapping[str, Any]) -> Iterator[str]:
    for note in layout.get("annotations", ()):
        at = pane.across(note["x"])
        if at is not None:
            yield (
                f'<text x="{at}" y="-4" text-anchor="middle" '
                f'style="fill:{note["font"]["color"]}">{escape(note["text"])}</text>'
            )


def _legend(traces: list[Mapping[str, Any]], left: float) -> str:
    entries = []
    for trace in traces:
        if trace.get("showlegend", True) and trace.get("name"):
            mark = f'<i style="background:{_colour(trace)}"></i>'
            entries.append(f"<span>{mark}{escape(trace['name'])}</span>")
    return f'<div class="legend" style="left:{left:.0f}px">{"".join(entries)}</div>'


def _at(values: Any, index: int) -> Any:  # noqa: ANN401  # one for all, or one each
    return values[index] if isinstance(values, list) else values


def _colour(trace: Mapping[str, Any]) -> str:
    """Return the colour of a trace as a whole, whatever single points have."""
    return str(_at(trace.get("line", trace.get("marker", {})).get("color"), 0))
