"""Which backups stay."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from vttbench.backup.retention import Retention, kept

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
TIMES = st.lists(
    st.integers(min_value=0, max_value=1500 * 24).map(lambda hours: FIRST + timedelta(hours=hours)),
    min_size=1,
)
COUNTS = st.integers(min_value=0, max_value=20)
RULES = st.builds(Retention, daily=COUNTS, weekly=COUNTS, monthly=COUNTS)


def nights(count: int, *, last: datetime = datetime(2026, 11, 25, 2, 30, tzinfo=UTC)):
    return [last - timedelta(days=n) for n in range(count)]


def test_a_year_of_nights_leaves_days_weeks_and_months():
    stay = kept(nights(365), Retention(daily=7, weekly=4, monthly=6))
    assert sorted(time.strftime("%m-%d") for time in stay) == [
        "06-30", "07-31", "08-31", "09-30", "10-31",  # ends of months
        "11-08", "11-15",  # Sundays, the 22nd is a daily too
        "11-19", "11-20", "11-21", "11-22", "11-23", "11-24", "11-25",
    ]  # fmt: skip


def test_a_server_that_was_off_keeps_its_days():
    old = nights(7, last=datetime(2026, 3, 1, tzinfo=UTC))
    assert set(old) <= kept(
        [*old[:6], datetime(2026, 11, 25, tzinfo=UTC), old[6]], Retention(8, 0, 0)
    )


def test_of_a_day_the_newest_stays():
    day = datetime(2026, 11, 25, tzinfo=UTC)
    times = [day + timedelta(hours=n) for n in range(24)]
    assert kept(times, Retention(1, 0, 0)) == {times[-1]}


@given(TIMES, RULES)
def test_the_newest_always_stays(times, rule):
    assert max(times) in kept(times, rule)


@given(TIMES, RULES)
def test_no_more_stay_than_were_asked_for(times, rule):
    stay = kept(times, rule)
    assert stay <= set(times)
    assert len(stay) <= max(1, rule.daily + rule.weekly + rule.monthly)


@given(TIMES, RULES)
def test_removing_twice_removes_nothing_more(times, rule):
    stay = kept(times, rule)
    assert kept(stay, rule) == stay


@given(TIMES, RULES, st.integers(min_value=0, max_value=100))
def test_a_new_backup_never_brings_a_removed_one_back(times, rule, days):
    newer = max(times) + timedelta(days=days)
    assert kept([*times, newer], rule) - {newer} <= kept(times, rule)
