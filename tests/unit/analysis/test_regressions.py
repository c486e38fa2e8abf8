"""What got worse: planted steps with their reasons, and what must not be mistaken for one."""

import numpy as np
import pytest

from vttbench.analysis.regressions import find_shifts
from vttbench.result import SeriesSummary, Status, Telemetry


def values(seed, count, step_at=None, step=1.0, level=1000.0):
    found = level * (1 + 0.01 * np.random.default_rng(seed).normal(size=count))
    if step_at is not None:
        found[step_at:] *= step
    return found


def test_a_planted_regression_is_dated_sized_and_explained(make_series, make_table):
    results = make_series(
        values(1, 30, 20, 0.95),
        facts=lambda n: {"driver": "26.8.1" if n < 20 else "26.10.3", "bios": "1.04"},
    )
    (shift,) = find_shifts(make_table(results).frame).regressions
    assert (shift.host, shift.metric, shift.first_result) == (
        "zbook-01",
        "total_mips",
        results[20].result_id,
    )
    assert shift.percent == pytest.approx(-5.0, abs=1.2)
    assert shift.interval[0] < -5.0 < shift.interval[1]
    assert [change.text for change in shift.changes] == ["driver 26.8.1 → 26.10.3"]
    assert shift.lasting


def test_less_latency_is_better_and_more_is_worse(make_series, make_table):
    faster = make_series(values(2, 30, 20, 0.9), higher=False)
    slower = make_series(values(3, 30, 20, 1.1), higher=False, host="zbook-02")
    trends = find_shifts(make_table([*faster, *slower]).frame)
    assert [shift.host for shift in trends.improvements] == ["zbook-01"]
    assert [shift.host for shift in trends.regressions] == ["zbook-02"]
    assert trends.regressions[0].percent > 0


@pytest.mark.parametrize(
    ("fact", "word"),
    [
        ("bios", "BIOS"),
        ("kernel", "kernel"),
        ("power_profile", "power profile"),
        ("tool_version", "tool version"),
    ],
)
def test_a_series_goes_on_when_what_it_ran_with_changes(make_series, make_table, fact, word):
    results = make_series(
        values(4, 30, 20, 0.95), facts=lambda n: {fact: "old" if n < 20 else "new"}
    )
    (shift,) = find_shifts(make_table(results).frame).regressions
    assert f"{word} old → new" in [change.text for change in shift.changes]


def test_other_parameters_are_another_series(make_series, make_table):
    results = make_series(
        values(5, 30, 15, 0.5), facts=lambda n: {"parameters": {"threads": 16 if n < 15 else 8}}
    )
    trends = find_shifts(make_table(results).frame)
    assert trends.shifts == ()
    assert trends.series == 2


def test_a_session_on_battery_is_no_regression(make_series, make_table):
    numbers = values(6, 30)
    numbers[20:] *= 0.7
    results = make_series(
        numbers, facts=lambda n: {"power_source": "mains" if n < 20 else "battery"}
    )
    assert find_shifts(make_table(results).frame).shifts == ()


def test_what_was_undone_is_reported_as_gone(make_series, make_table):
    numbers = values(7, 60)
    numbers[20:40] *= 0.94
    trends = find_shifts(make_table(make_series(numbers)).frame)
    assert [shift.lasting for shift in trends.regressions] == [False]
    assert len(trends.improvements) == 1


def test_failed_and_repeated_attempts_do_not_count(make_series, make_result, make_table):
    results = make_series(values(8, 30))
    failed = [make_result(session=n, status=Status.FAILED) for n in range(30)]
    # An earlier attempt of the same session, which a resumed suite replaced.
    earlier = [make_result(500.0, session=n) for n in range(20, 30)]
    for one, kept in zip(earlier, results[20:], strict=True):
        kept.started_at = one.started_at.replace(hour=21)
    trends = find_shifts(make_table([*failed, *earlier, *results]).frame)
    assert trends.shifts == ()
    assert trends.series == 1


def test_one_wild_repeat_moves_nothing(make_result, make_table):
    rng = np.random.default_rng(9)
    results = []
    for n in range(30):
        samples = list(1000.0 * (1 + 0.01 * rng.normal(size=5)))
        if n >= 24:
            samples[2] *= 0.5
        results.append(make_result(session=n, samples=samples))
    assert find_shifts(make_table(results).frame).shifts == ()


def test_the_same_change_elsewhere_speaks_for_or_against(make_series, make_table):
    def driver(at):
        return lambda n: {"driver": "old" if n < at else "new"}

    struck = make_series(values(10, 30, 20, 0.94), facts=driver(20))
    fine = make_series(values(11, 30), facts=driver(15), host="zbook-02")
    (shift,) = find_shifts(make_table([*struck, *fine]).frame).regressions
    assert [text.split(" ")[0] for text in shift.elsewhere] == ["zbook-02"]
    assert "did not change" in shift.elsewhere[0]


def test_heat_is_named_as_the_reason_where_it_is(make_series, make_table):
    def warm(n):
        hot = n >= 20
        summary = {
            "temperature_c": SeriesSummary(
                unit="°C", minimum=40, mean=90 if hot else 70, maximum=99 if hot else 82
            ),
            "clock_mhz": SeriesSummary(
                unit="MHz", minimum=2000, mean=3500 if hot else 3900, maximum=4500
            ),
        }
        return {"telemetry": Telemetry(interval_s=1, summary=summary, throttled=hot)}

    results = make_series(values(12, 30, 20, 0.94), facts=warm)
    (shift,) = find_shifts(make_table(results).frame).regressions
    assert shift.heat.verdict == "likely"
    assert shift.heat.temperature_c == (82.0, 99.0)


def test_steps_before_the_date_are_left_out_but_their_past_is_used(make_series, make_table):
    results = make_series(values(13, 40, 30, 0.94))
    frame = make_table(results).frame
    assert len(find_shifts(frame, since=results[25].started_at).shifts) == 1
    assert find_shifts(frame, since=results[35].started_at).shifts == ()


def test_a_fleet_of_noise_is_quiet(make_series, make_table):
    results = [
        result
        for number in range(60)
        for result in make_series(values(100 + number, 40), host=f"host-{number}")
    ]
    assert len(find_shifts(make_table(results).frame).shifts) <= 2


def test_an_empty_table_has_no_trend(make_table):
    assert find_shifts(make_table([]).frame).series == 0
