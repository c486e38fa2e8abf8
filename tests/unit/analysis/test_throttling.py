"""What heat costs, within a run and from run to run."""

from datetime import timedelta

import numpy as np
import pytest

from vttbench.analysis.throttling import find_throttling, moments
from vttbench.result import Repeat, Series, SeriesSummary, Telemetry


def telemetry(clock, mean_c=70.0, throttled=None):
    times = [float(t) for t in range(len(clock))]
    return Telemetry(
        interval_s=1,
        series={"clock_mhz": Series(unit="MHz", t=times, v=list(clock))},
        summary={
            "clock_mhz": SeriesSummary(
                unit="MHz", minimum=min(clock), mean=float(np.mean(clock)), maximum=max(clock)
            ),
            "temperature_c": SeriesSummary(unit="°C", minimum=40, mean=mean_c, maximum=mean_c + 10),
        },
        throttled=throttled,
    )


def test_a_machine_that_slows_down_while_its_clock_falls_is_named(make_result, make_table):
    rng = np.random.default_rng(1)
    hot = [
        make_result(
            session=n,
            samples=list(1000 * (1 - 0.02 * np.arange(5)) + rng.normal(0, 3, 5)),
            telemetry=telemetry(np.linspace(4000, 3600, 30)),
        )
        for n in range(5)
    ]
    cool = [
        make_result(
            host="zbook-02",
            session=n,
            samples=list(1000 + rng.normal(0, 3, 5)),
            telemetry=telemetry(np.linspace(4000, 3990, 30)),
        )
        for n in range(5)
    ]
    found = find_throttling(make_table([*hot, *cool]).frame)
    assert found.hosts == ["zbook-01"]
    (within,) = [each for each in found.within if each.host == "zbook-01"]
    assert within.drift == pytest.approx(-8, abs=1)
    assert within.drift_interval[1] < 0
    assert within.clock_drop == pytest.approx(-7, abs=1)


def test_a_machine_that_slows_down_at_full_clock_is_not_blamed_on_heat(make_result, make_table):
    results = [
        make_result(
            session=n,
            samples=[1000, 980, 960, 940, 920],
            telemetry=telemetry([4000.0] * 30, throttled=False),
        )
        for n in range(5)
    ]
    assert find_throttling(make_table(results).frame).hosts == []


def test_what_the_harness_flagged_is_enough(make_result, make_table):
    results = [
        make_result(session=n, telemetry=telemetry([4000.0] * 3, throttled=True)) for n in range(3)
    ]
    assert find_throttling(make_table(results).frame).hosts == ["zbook-01"]


def test_speed_that_goes_with_heat_from_run_to_run_is_measured(make_result, make_table):
    rng = np.random.default_rng(2)
    results = []
    for n in range(20):
        degrees = rng.normal(0, 3)
        results.append(
            make_result(
                1000 * (1 - 0.01 * degrees + 0.002 * rng.normal()),
                session=n,
                telemetry=telemetry([4000.0 - 20 * degrees] * 9, mean_c=70 + degrees),
            )
        )
        results.append(
            make_result(
                1000 * (1 + 0.005 * rng.normal()),
                host="zbook-02",
                session=n,
                telemetry=telemetry([4000.0 + rng.normal()] * 9, mean_c=70 + rng.normal(0, 3)),
            )
        )
    found = find_throttling(make_table(results).frame)
    assert [each.host for each in found.tied] == ["zbook-01"]
    assert found.tied[0].percent_per_degree == pytest.approx(-1.0, abs=0.15)
    assert found.tied[0].by_temperature < -0.9


def test_each_repeat_gets_the_clock_of_its_own_time(make_result):
    result = make_result(telemetry=telemetry([4000.0] * 10 + [3000.0] * 10))
    repeats = [
        Repeat(
            index=n + 1,
            kind="measured",
            status="ok",
            started_at=result.started_at + timedelta(seconds=10 * n),
            duration_s=9,
            values={"total_mips": 100.0 - n},
        )
        for n in range(2)
    ]
    found = moments(result.model_copy(update={"repeats": repeats}))
    assert [each.clock_mhz for each in found] == [4000.0, 3000.0]
    assert [each.values["total_mips"] for each in found] == [100.0, 99.0]
    assert moments(result) == []
