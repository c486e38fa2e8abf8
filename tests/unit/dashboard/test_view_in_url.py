"""Everything that decides what is seen stands in the URL."""

from datetime import UTC, datetime

import pytest

from vttbench.dashboard.view import View, moment

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_a_view_survives_its_own_url():
    view = View("/trends", {"host": ("a", "b&c"), "tag": ("x=1",)}, {"from": "30d", "page": "2"})
    path, _, query = view.url().partition("?")
    assert View.parse(path, query) == view


def test_what_is_unknown_or_empty_in_a_url_is_ignored():
    assert View.parse("/", "?host=&nonsense=1&from=") == View("/", {}, {})


def test_filters_go_along_to_another_page_and_the_part_of_a_list_does_not():
    view = View("/", {"host": ("a",)}, {"metric": "m", "page": "3"})
    assert view.on("/trends", "metric") == View("/trends", {"host": ("a",)}, {"metric": "m"})


@pytest.mark.parametrize(
    ("text", "end", "expected"),
    [
        ("2026-11-01", False, datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01", True, datetime(2026, 11, 2, tzinfo=UTC)),
        ("2d", False, datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("2026-11-01T10:00:00+02:00", False, datetime(2026, 11, 1, 8, tzinfo=UTC)),
        ("99999y", False, None),
        ("soon", False, None),
    ],
)
def test_a_period_is_dates_or_how_long_ago(text, end, expected):
    assert moment(text, NOW, end=end) == expected


def test_a_date_that_can_not_be_read_is_said_and_bounds_nothing():
    view = View.parse("/", "from=soon")
    assert view.period() == (None, None)
    assert "soon" in view.faults()[0]
