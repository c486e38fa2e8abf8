"""Numbers keep the digits that the measurement supports."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.reporting.quantity import (
    format_bytes,
    format_duration,
    format_half_width,
    format_interval,
    format_percent,
    format_quantity,
    format_spread,
)


def plain(text):
    return text.replace("\u00a0", " ").replace("−", "-")


@pytest.mark.parametrize(
    ("value", "half", "shown"),
    [
        (12345.678, 7.0, "12 345.7"),
        (12345.678, 70.0, "12 346"),
        (12345.678, 700.0, "12 350"),
        (12345.678, 4000.0, "12 300"),
        (36.23, 17.62, "36"),
        (346.76, 0.45, "346.76"),
        (0.012345, 0.0012, "0.0123"),
        (1.0, 1e-9, "1.00000"),
        (-5.25, 0.5, "-5.25"),
        (999.96, 1.0, "1000.0"),
        (0.0, 0.5, "0.00"),
    ],
)
def test_interval_decides_the_digits(value, half, shown):
    assert plain(format_quantity(value, interval=(value - half, value + half))) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(86234.7, "86 230"), (7.0, "7.000"), (0.0, "0.000"), (1e20, "1.000e+20"), (3e-9, "3.000e-09")],
)
def test_four_digits_where_there_is_no_interval(value, shown):
    assert plain(format_quantity(value)) == shown


def test_unit_follows_and_one_is_left_out():
    assert format_quantity(2.5, "GB/s") == "2.500 GB/s"
    assert format_quantity(2.5, "1") == "2.500"


def test_interval_has_the_decimals_of_its_value():
    assert plain(format_interval(12345.678, (12275.0, 12415.0))) == "12 275 – 12 415"
    assert format_interval(1.0, None) == "—"


def test_narrow_interval_is_in_percent_of_the_value():
    assert format_half_width(200.0, (198.0, 202.0)) == "±1.0 %"
    assert format_half_width(0.0, (-1.0, 1.0)) == "—"
    assert format_half_width(1.0, None) == "—"


def test_percent_has_two_digits():
    shown = [format_percent(value) for value in (0.123, 1.26, 9.96, 123.4)]
    assert shown == ["0.12 %", "1.3 %", "10 %", "123 %"]
    assert plain(format_percent(-1.26, signed=True)) == "-1.3 %"
    assert plain(format_percent(1.26, signed=True)) == "+1.3 %"
    assert format_percent(-0.0001, signed=True) == "0.00 %"


def test_spread_is_percent_or_absent():
    assert format_spread(0.0231) == "2.3 %"
    assert format_spread(None) == "—"


def test_durations_and_sizes_read_as_people_say_them():
    assert [format_duration(value) for value in (4.21, 200, 7503)] == [
        "4.2 s",
        "3 min 20 s",
        "2 h 05 min",
    ]
    assert [format_bytes(value) for value in (0, 1023, 1024, 1536 << 10, 5 << 50)] == [
        "0 B",
        "1023 B",
        "1.0 KiB",
        "1.5 MiB",
        "5120.0 TiB",
    ]


@given(
    value=st.floats(-1e14, 1e14).filter(lambda value: value == 0 or abs(value) > 1e-5),
    share=st.floats(1e-12, 2),
)
def test_written_value_lies_within_a_tenth_of_the_half_width_or_six_digits(value, share):
    half = abs(value) * share
    text = format_quantity(value, interval=(value - half, value + half))
    written = float(text.replace("\u00a0", "").replace("−", "-"))
    assert abs(written - value) <= max(half / 10, abs(value) * 1e-5) * 1.01
