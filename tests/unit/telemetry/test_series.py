"""From the sampler's lines to telemetry, throttling and energy."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.result import Metric, Repeat, Telemetry
from vttbench.telemetry import linux_sampler
from vttbench.telemetry.energy import derived_energy_metrics, energy_j, mean_power_w
from vttbench.telemetry.recording import parse
from vttbench.telemetry.series import MAX_POINTS, decimate, read, summary

ZERO = datetime(2026, 1, 1, tzinfo=UTC)
T0 = ZERO.timestamp()


def lines(samples: list[dict[str, float]], **header: object) -> bytes:
    """Write what the sampler would: one sample a second from ZERO on."""
    names = {name for sample in samples for name in sample}
    head = {"vttbench_sampler": 1, "interval_s": 1.0, "units": dict.fromkeys(names, "x")} | header
    rows = [{"t": T0 + i} | sample | {"cpu_s": 0.01 * i} for i, sample in enumerate(samples)]
    return "".join(json.dumps(line) + "\n" for line in [head, *rows]).encode()


def hot(clocks: list[float], temperature: float = 99.0, **more: float) -> bytes:
    samples = [{"clock_max_mhz": c, "temperature_c": temperature} | more for c in clocks]
    return lines(samples, limits={"temperature_c": 100.0})


def powered(watts: list[float], name: str = "package_power_w", **header: object) -> Telemetry:
    return read(lines([{name: w} for w in watts], **header), ZERO)


def metric(name: str, unit: str, *samples: float) -> Metric:
    return Metric(
        name=name, unit=unit, higher_is_better=True, samples=list(samples), value=samples[0]
    )


def repeat(start: float, duration: float, status: str = "ok", **values: float) -> Repeat:
    return Repeat(
        index=1,
        kind="measured",
        status=status,
        started_at=ZERO + timedelta(seconds=start),
        duration_s=duration,
        values=values,
    )


def test_a_real_run_of_the_sampler_reads_back_as_telemetry(tmp_path):
    out = tmp_path / "telemetry.jsonl"
    script = Path(linux_sampler.__file__)
    began = datetime.now(UTC)
    words = ["--output", str(out), "--interval", "0.2", "--max-seconds", "1"]
    subprocess.run([sys.executable, "-I", "-S", str(script), *words], check=True)
    telemetry = read(out.read_bytes(), began)
    assert telemetry.interval_s == 0.2
    load = telemetry.series["load_1min"]
    assert len(load.t) >= 3
    assert 0 <= load.t[0] < load.t[-1]
    assert telemetry.series["memory_available_gb"].unit == "GB"
    assert telemetry.summary["memory_available_gb"].minimum > 0
    assert parse(out.read_bytes()).ended == "max-seconds"


def test_a_last_line_that_was_cut_off_loses_that_sample_alone():
    whole = lines([{"load_1min": 1.0}, {"load_1min": 2.0}, {"load_1min": 3.0}])
    telemetry = read(whole[:-7], ZERO)
    assert telemetry.series["load_1min"].v == [1.0, 2.0]


def test_values_that_are_no_finite_numbers_are_left_out():
    text = lines([{"load_1min": 1.0}]) + b'{"t": 5, "load_1min": NaN, "x": "N/A", "y": true}\n'
    assert read(text + b"\xff\n[1]\n", ZERO).series.keys() == {"load_1min"}


def test_a_file_without_header_is_refused():
    with pytest.raises(ValueError, match="header"):
        read(b"", ZERO)


def test_what_was_found_and_never_gave_a_number_is_absent_with_a_reason():
    units = {"gpu{}_power_w": "W", "load_1min": "1", "gpu{}_clock_mhz": "MHz"}
    text = lines([{"load_1min": 1, "gpu_clock_mhz": 5}], units=units, absent={"clock_mhz": "none"})
    telemetry = read(text, ZERO)
    reasons = {gone.name: gone.reason for gone in telemetry.absent}
    assert reasons["clock_mhz"] == "none"
    assert "gpu_power_w" in reasons
    assert "gpu_clock_mhz" not in reasons
    assert telemetry.series["gpu_clock_mhz"].unit == "MHz"


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=2000))
def test_decimation_keeps_few_points_and_both_extremes_in_order(values):
    points = [(float(i), value) for i, value in enumerate(values)]
    kept = decimate(points)
    assert len(kept) <= MAX_POINTS
    assert kept == sorted(kept)
    assert set(kept) <= set(points)
    assert {min(values), max(values)} <= {value for _, value in kept}


def test_the_mean_is_weighted_by_time():
    # A minute at 10 told once, a second at 90 told often.
    points = [(0.0, 10.0), (60.0, 10.0), (60.2, 90.0), (60.6, 90.0), (61.0, 90.0)]
    assert summary(points, "W").mean == pytest.approx(11.3, abs=0.2)


def test_a_clock_that_falls_at_the_temperature_limit_is_throttling():
    assert read(hot([5000.0] * 20 + [4400.0] * 5), ZERO).throttled is True


@pytest.mark.parametrize(
    "text",
    [
        hot([5000.0] * 20 + [4400.0] * 5, temperature=90.0),  # cool
        hot([5000.0] * 20 + [4600.0] * 5),  # less than a tenth
        hot([5000.0] * 20 + [4400.0] + [5000.0] * 5),  # a single sample
        hot([5000.0] * 20 + [600.0] * 5, cpu_busy_cores=0.0),  # idle
    ],
)
def test_other_falls_of_the_clock_are_no_throttling(text):
    assert read(text, ZERO).throttled is False


def test_work_that_ended_is_no_throttling_though_the_chip_is_still_hot():
    busy = {"clock_max_mhz": 5000.0, "temperature_c": 99.0, "cpu_busy_cores": 16.0}
    idle = {"clock_max_mhz": 600.0, "temperature_c": 98.0, "cpu_busy_cores": 0.1}
    text = lines([busy] * 20 + [idle] * 5, limits={"temperature_c": 100.0})
    assert read(text, ZERO).throttled is False


def test_without_a_limit_throttling_is_unknown_unless_the_limit_is_given():
    samples = [{"clock_max_mhz": c, "temperature_c": 99.0} for c in [5000.0] * 20 + [4000.0] * 5]
    assert read(lines(samples), ZERO).throttled is None
    assert read(lines(samples), ZERO, limits={"temperature_c": 100.0}).throttled is True


def test_without_a_clock_or_a_temperature_throttling_is_unknown():
    assert (
        read(lines([{"temperature_c": 99.0}] * 9, limits={"temperature_c": 100.0}), ZERO).throttled
        is None
    )
    assert (
        read(lines([{"clock_mhz": 99.0}] * 9, limits={"temperature_c": 100.0}), ZERO).throttled
        is None
    )


def test_a_hot_gpu_throttles_too():
    samples = [
        {"gpu_clock_mhz": c, "gpu_temperature_c": 98.0, "gpu_busy_percent": 100.0}
        for c in [2900.0] * 20 + [2000.0] * 5
    ]
    assert read(lines(samples, limits={"gpu_temperature_c": 100.0}), ZERO).throttled is True


@pytest.mark.parametrize(("last", "verdict"), [(7.0, True), (5.0, False)])
def test_throttling_that_the_kernel_counted_is_believed(last, verdict):
    samples = [{"cpu_throttle_events": 5.0}] * 3 + [{"cpu_throttle_events": last}]
    assert read(lines(samples), ZERO).throttled is verdict


def test_energy_is_the_area_under_the_power():
    telemetry = powered([0.0, 10.0, 20.0, 30.0])
    assert energy_j(telemetry, 0, 3) == pytest.approx(45)
    assert mean_power_w(telemetry, 1, 3) == pytest.approx(20)


def test_energy_of_a_long_run_is_exact_though_the_series_is_thinned_out():
    watts = [100.0 if i % 7 == 0 else 20.0 for i in range(7000)]
    telemetry = powered(watts)
    assert len(telemetry.series["energy_j"].t) <= MAX_POINTS
    mean = sum(watts) / len(watts)
    assert mean_power_w(telemetry, 0, 6999) == pytest.approx(mean, rel=0.002)
    assert mean_power_w(telemetry, 1000, 1700) == pytest.approx(mean, rel=0.02)


def test_energy_is_unknown_outside_of_what_was_recorded_and_over_gaps():
    telemetry = powered([10.0] * 10)
    assert energy_j(telemetry, 0, 60) is None
    assert energy_j(telemetry, -30, 5) is None
    assert energy_j(telemetry, 5, 5) is None
    gap = lines([{"package_power_w": 1.0}] + [{"load_1min": 0.0}] * 30 + [{"package_power_w": 1.0}])
    assert "energy_j" not in read(gap, ZERO).series


def test_a_machine_without_power_has_no_energy_and_says_why():
    telemetry = read(lines([{"load_1min": 1.0}] * 3), ZERO)
    assert energy_j(telemetry, 0, 2) is None
    assert "power_w" in {gone.name for gone in telemetry.absent}


def test_the_power_of_an_apu_is_not_counted_twice():
    samples = [{"package_power_w": 50.0, "gpu_power_w": 48.0}] * 3
    apu = read(lines(samples, notes={"gpu": "integrated"}), ZERO)
    assert apu.summary["power_w"].mean == 50
    assert read(lines(samples), ZERO).summary["power_w"].mean == 98


def test_an_apu_without_rapl_tells_power_by_its_gpu_driver():
    assert (
        powered([48.0] * 3, "gpu_power_w", notes={"gpu": "integrated"}).summary["power_w"].mean
        == 48
    )


def test_a_graphics_card_alone_is_not_the_power_of_the_machine():
    assert "power_w" not in powered([300.0] * 3, "gpu_power_w").series


def test_energy_per_token_has_one_sample_for_each_repeat_that_counts():
    telemetry = powered([50.0] * 11 + [100.0] * 20)
    repeats = [
        repeat(0, 10, generation_tps=25.0),
        repeat(10.9, 5, "contaminated", generation_tps=1.0),
        repeat(12, 10, generation_tps=20.0),
    ]
    (energy,) = derived_energy_metrics(
        [metric("generation_tps", "t/s", 25.0, 20.0)], telemetry, repeats
    )
    assert (energy.name, energy.unit, energy.higher_is_better) == (
        "energy_per_token",
        "J/token",
        False,
    )
    assert energy.samples == pytest.approx([2.0, 5.0])
    assert energy.primary is False


def test_energy_per_token_is_not_told_where_two_phases_share_one_power():
    both = [metric("prompt_tps", "t/s", 500.0), metric("generation_tps", "t/s", 25.0)]
    values = {"prompt_tps": 500.0, "generation_tps": 25.0}
    assert derived_energy_metrics(both, powered([50.0] * 20), [repeat(0, 10, **values)]) == []


def test_efficiency_is_that_of_the_total_rating():
    ratings = [metric("compression_mips", "MIPS", 9000.0), metric("total_mips", "MIPS", 10000.0)]
    (efficiency,) = derived_energy_metrics(
        ratings, powered([50.0] * 20), [repeat(0, 10, total_mips=10000.0, compression_mips=9000.0)]
    )
    assert (efficiency.unit, efficiency.value) == ("MIPS/W", pytest.approx(200.0))


def test_without_power_nothing_is_derived():
    telemetry = read(lines([{"load_1min": 1.0}] * 20), ZERO)
    rates = [metric("generation_tps", "t/s", 25.0)]
    assert derived_energy_metrics(rates, telemetry, [repeat(0, 10, generation_tps=25.0)]) == []
