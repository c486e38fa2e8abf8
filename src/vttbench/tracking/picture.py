"""A picture of what a machine said about itself while it worked."""

from __future__ import annotations

import io
from itertools import islice

from vttbench.result import Result

# More rows than this nobody reads; all series stand in telemetry.json.
_ROWS = 8
_WIDTH_IN, _ROW_IN, _DPI = 9.0, 1.3, 80


def draw(result: Result) -> bytes | None:
    """Draw the telemetry series over time, one row a series.

    Importing matplotlib costs about a second, so it is done only for results that have series.

    Returns:
        PNG, or None where there is nothing to draw.
    """
    telemetry = result.telemetry
    series = {} if telemetry is None else telemetry.series
    rows = dict(islice(((name, s) for name, s in series.items() if s.t and s.v), _ROWS))
    if not rows:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    # Without pyplot: no global state, no display, and threads don't meet.
    height = 0.9 + _ROW_IN * len(rows)
    figure = Figure(figsize=(_WIDTH_IN, height), dpi=_DPI)
    # Fixed margins: letting matplotlib find them costs half of all the time.
    figure.subplots_adjust(
        left=0.14, right=0.98, top=1 - 0.35 / height, bottom=0.5 / height, hspace=0.18
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(rows), 1, sharex=True, squeeze=False)[:, 0]
    for axis, (name, one) in zip(axes, rows.items(), strict=True):
        count = min(len(one.t), len(one.v))
        axis.plot(one.t[:count], one.v[:count], linewidth=1.0)
        axis.set_ylabel(f"{name}\n[{one.unit}]", fontsize=7)
        axis.tick_params(labelsize=7)
        # Ticks are what drawing costs: few of them, and those of time once, at the bottom.
        axis.yaxis.set_major_locator(MaxNLocator(3))
        axis.xaxis.set_visible(axis is axes[-1])
        axis.grid(alpha=0.3)
        for repeat in result.repeats:
            if repeat.kind == "measured":
                start = (repeat.started_at - result.repeats[0].started_at).total_seconds()
                axis.axvspan(start, start + repeat.duration_s, alpha=0.08, linewidth=0)
    axes[-1].set_xlabel(
        "seconds since the first repeat began; shaded: measured repeats", fontsize=7
    )
    title = f"{result.host.name}  {result.benchmark.name}  {result.benchmark.variant or ''}"
    axes[0].set_title(title.strip(), fontsize=9)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()
