"""Figures that the server draws itself: everything is where its value says."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.dashboard.figures import axis, figure
from vttbench.dashboard.scales import Scale
from vttbench.dashboard.sketch import sketch

NUMBERS = st.floats(-1e9, 1e9).map(lambda value: round(value, 3))


def points(html: str) -> list[tuple[float, float]]:
    """Return percent from the left and pixels from the top."""
    found = re.findall(r'<svg class="point *[a-z]*" x="([-\d.]+)%" y="([-\d.]+)"', html)
    return [(float(x), float(y)) for x, y in found]


def scatter(x, y, mode="markers", **more):
    marker = {"size": 10, "color": "#123456"}
    return {"type": "scatter", "mode": mode, "x": x, "y": y, "marker": marker, **more}


def test_each_machine_lies_in_its_row_and_at_its_value():
    hosts = ["slow", "middle", "fast"]
    made = sketch(
        figure(
            [scatter([-2.0, 0.0, 2.0], hosts)],
            260,
            xaxis=axis(range=[-4, 4]),
            yaxis=axis(type="category", categoryarray=hosts, range=[-0.5, 2.5]),
        )
    )
    # 260 px less 16 above and 44 below are three rows.
    assert points(made) == [(25, 166.7), (50, 100), (75, 33.3)]
    rows = re.findall(r'<text x="-5" y="([\d.]+)"[^>]*>(\w+)<', made)
    assert rows == [("166.7", "slow"), ("100.0", "middle"), ("33.3", "fast")]


def test_panes_lie_beneath_each_other_and_hold_their_own():
    moments = [f"2026-11-{day:02d}T00:00:00Z" for day in (1, 11, 21)]
    line = {"color": "#111111", "width": 1}
    made = sketch(
        figure(
            [
                scatter(moments, [1.0, 2.0, 3.0], "lines+markers", line=line),
                scatter(moments, [70, 80, 75], "lines", line=line, yaxis="y2"),
            ],
            560,
            xaxis=axis(type="date"),
            yaxis=axis("speed", domain=[0.5, 1]),
            yaxis2=axis("temperature (°C)", domain=[0, 0.4]),
        )
    )
    panes = re.findall(r"top:(\d+)px;height:(\d+)px", made)
    assert panes == [("16", "250"), ("316", "200")]
    left, middle, right = points(made)
    assert left[0] < middle[0] < right[0]
    assert middle[0] == pytest.approx((left[0] + right[0]) / 2, abs=0.02)
    assert left[1] > middle[1] > right[1]
    assert made.count('class="line"') == 2
    assert "Nov 1" in made


def test_what_is_not_there_is_left_out_and_interrupts_the_line():
    line = {"color": "#111111", "width": 1}
    whiskers = {"array": [0.5, None, 0.5], "arrayminus": [0.5, None, None], "thickness": 1}
    trace = scatter([1, 2, 3], [1.0, None, 3.0], "lines+markers", line=line, error_y=whiskers)
    made = sketch(figure([trace], 200, xaxis=axis(), yaxis=axis()))
    assert len(points(made)) == 2
    assert re.search(r'class="line" d="M[^L]*M[^L]*"', made)
    assert len(re.findall(r"<line x1[^>]*#111111", made)) == 1  # the only whole interval


@given(st.text(min_size=1))
def test_no_name_gets_out_of_its_place(name):
    made = sketch(
        figure(
            [scatter([1.0], [name], name=name)],
            200,
            showlegend=True,
            xaxis=axis(name),
            yaxis=axis(name, type="category", categoryarray=[name]),
        )
    )
    inside = re.sub(r"</?(?:div|svg|line|text|path|span|i)\b[^<>]*>", "", made)
    assert "<" not in inside
    assert ">" not in inside


@given(st.lists(NUMBERS, min_size=1, max_size=20), st.integers(2, 12))
def test_every_value_has_its_place_and_ticks_lie_where_they_say(values, most):
    scale = Scale.of({}, values)
    shares = [scale.share(value) for value in values]
    assert all(0 <= share <= 1 for share in shares)
    assert sorted(values) == [value for _, value in sorted(zip(shares, values, strict=True))]
    ticks = scale.ticks({}, most)
    assert len(ticks) <= most + 1
    for tick in ticks:
        written = float(tick.text.replace("−", "-"))
        assert tick.share == pytest.approx(scale.share(written), abs=1e-6)


@given(st.integers(0, 3_000_000_000), st.floats(60, 20 * 365 * 86400))
def test_dates_are_written_in_steps_that_people_use(since_1970, seconds):
    start = datetime.fromtimestamp(since_1970, UTC)
    scale = Scale.of({"type": "date"}, [start, start + timedelta(seconds=seconds)])
    ticks = scale.ticks({"type": "date"}, 9)
    assert len(ticks) <= 11
    assert [tick.share for tick in ticks] == sorted(tick.share for tick in ticks)
    assert all(0 <= tick.share <= 1 for tick in ticks)


def test_a_logarithm_has_the_ticks_that_the_figure_wants_and_no_place_for_zero():
    wanted = axis(type="log", tickvals=[1, 10, 100], ticktext=["1", "10", "100"])
    scale = Scale.of(wanted, [1, 100, 0, None])
    assert scale.share(0) is None
    assert [tick.text for tick in scale.ticks(wanted, 9)] == ["1", "10", "100"]
    assert scale.share(10) == pytest.approx(0.5)
