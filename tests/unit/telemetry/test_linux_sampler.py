"""What the sampler finds on a machine, and what it does when files vanish or lie."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vttbench.telemetry import linux_sampler
from vttbench.telemetry.linux_sampler import File, Sources, busy_reader, parse_nvidia, power_reader

SCRIPT = Path(linux_sampler.__file__)


def sample(root: Path) -> dict[str, float]:
    return Sources(str(root)).sample()


@pytest.fixture
def start():
    """Start samplers, and leave none behind whatever becomes of the test."""
    started = []

    def begin(*words: str, cwd: Path | None = None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-I", "-S", str(SCRIPT), *words]
        started.append(subprocess.Popen(command, cwd=cwd))
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.wait()


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def wait_for_lines(path: Path, count: int) -> None:
    for _ in range(600):
        if path.exists() and len(path.read_text().splitlines()) >= count:
            return
        time.sleep(0.05)
    pytest.fail(f"{path} never had {count} lines")


def test_a_laptop_tells_temperatures_clocks_and_memory(plant, laptop):
    values = sample(plant(laptop))
    assert values["temperature_c"] == 88.25
    assert values["nvme_temperature_c"] == 41.85
    assert values["load_1min"] == 0.52
    assert values["memory_available_gb"] == pytest.approx(51.2)
    assert values["swap_used_gb"] == pytest.approx(1.024)


def test_of_two_threads_of_a_core_only_the_first_tells_its_clock(plant, laptop):
    values = sample(plant(laptop))
    assert values["clock_mhz"] == 4500
    assert values["clock_max_mhz"] == 5000


def test_an_amd_gpu_tells_clock_power_and_memory_and_whether_it_is_integrated(plant, laptop):
    sources = Sources(str(plant(laptop)))
    values = sources.sample()
    assert values["gpu_clock_mhz"] == 1100
    assert values["gpu_power_w"] == pytest.approx(54.321)
    assert values["gpu_busy_percent"] == 97
    assert values["gpu_vram_used_gb"] == pytest.approx(0.5369, abs=1e-4)
    assert values["gpu_gtt_used_gb"] == 42
    assert sources.notes == {"gpu": "integrated"}


def test_newer_name_of_the_power_file_is_read_too(plant, laptop):
    base = "sys/class/drm/card1/device/hwmon/hwmon5/power1_"
    laptop[base + "input"] = laptop.pop(base + "average")
    assert sample(plant(laptop))["gpu_power_w"] == pytest.approx(54.321)


def test_battery_power_is_told_only_while_it_feeds_the_machine(plant, laptop):
    assert sample(plant(laptop))["battery_power_w"] == 61
    laptop["sys/class/power_supply/BAT0/status"] = "Charging"
    assert "battery_power_w" not in sample(plant(laptop))


def test_what_a_machine_does_not_offer_is_absent_with_a_reason_and_not_zero(plant):
    sources = Sources(str(plant({"proc/loadavg": "0.10 0.2 0.3 1/2 3"})))
    assert sources.sample() == {"load_1min": 0.1}
    assert set(sources.absent) == {"temperature_c", "clock_mhz", "package_power_w"}


def test_a_machine_that_offers_nothing_at_all_is_no_error(plant):
    assert sample(plant({})) == {}


@pytest.mark.parametrize("garbage", ["", "N/A", "12.5.1", "-"])
def test_a_file_that_turns_to_garbage_is_absent_from_that_sample_only(plant, laptop, garbage):
    root = plant(laptop)
    sources = Sources(str(root))
    path = root / "sys/class/hwmon/hwmon1/temp1_input"
    path.write_text(garbage)
    values = sources.sample()
    assert "temperature_c" not in values
    assert values["nvme_temperature_c"] == 41.85
    path.write_text("90000")
    assert sources.sample()["temperature_c"] == 90


def test_a_device_that_goes_away_while_sampling_is_absent_from_then_on(plant, laptop):
    # A file of a real process vanishes with it, as a file of sysfs does with its device: ESRCH.
    device = subprocess.Popen(["sleep", "600"])
    root = plant(laptop)
    path = root / "sys/class/hwmon/hwmon1/temp1_input"
    path.unlink()
    path.symlink_to(f"/proc/{device.pid}/oom_score_adj")
    sources = Sources(str(root))
    assert "temperature_c" in sources.sample()
    device.kill()
    device.wait()
    values = sources.sample()
    assert "temperature_c" not in values
    assert values["nvme_temperature_c"] == 41.85


def test_power_is_the_difference_of_energy_over_time_and_survives_a_wrap(tmp_path):
    counter, ceiling = tmp_path / "energy_uj", tmp_path / "max"
    counter.write_text("262143000000\n")
    ceiling.write_text("262143328850\n")
    clock = iter([100.0, 102.0, 104.0])
    read = power_reader([(File(str(counter)), File(str(ceiling)).number())], lambda: next(clock))
    assert read() is None
    counter.write_text("29671150\n")  # 0.32885 J to the ceiling and 29.67115 J from zero
    assert read() == pytest.approx(15.0)
    counter.write_text("69671150\n")
    assert read() == pytest.approx(20.0)


def test_a_wrap_of_unknown_range_is_absent_and_not_negative(tmp_path):
    counter = tmp_path / "energy_uj"
    counter.write_text("500\n")
    clock = iter([1.0, 2.0])
    read = power_reader([(File(str(counter)), None)], lambda: next(clock))
    read()
    counter.write_text("100\n")
    assert read() is None


def test_only_whole_packages_count_as_package_power(plant, laptop):
    root = plant(laptop)
    sources = Sources(str(root))
    sources.sample()
    (root / "sys/class/powercap/intel-rapl:0:0/energy_uj").write_text("900000000")
    assert sources.sample()["package_power_w"] == 0


def test_a_package_that_is_shown_twice_counts_once(plant, laptop, monkeypatch):
    for file in ("name", "energy_uj", "max_energy_range_uj"):
        other = f"sys/class/powercap/intel-rapl-mmio:0/{file}"
        laptop[other] = laptop[f"sys/class/powercap/intel-rapl:0/{file}"]
    root = plant(laptop)
    now = [100.0]
    monkeypatch.setattr(linux_sampler.time, "monotonic", lambda: now[0])
    sources = Sources(str(root))
    sources.sample()
    for zone in ("intel-rapl:0", "intel-rapl-mmio:0"):
        (root / "sys/class/powercap" / zone / "energy_uj").write_text("61000000")
    now[0] = 104.0
    assert sources.sample()["package_power_w"] == pytest.approx(60 / 4)


def test_busy_cores_leave_out_idle_iowait_and_steal(tmp_path):
    stat = tmp_path / "stat"
    stat.write_text("cpu  100 0 100 1000 10 0 0 5 0 0\n")
    clock = iter([10.0, 12.0])
    read = busy_reader(File(str(stat)), lambda: next(clock))
    read()
    ticks = os.sysconf("SC_CLK_TCK")
    stat.write_text(f"cpu  {100 + 2 * ticks} 0 {100 + ticks} 5000 900 0 0 700 0 0\n")
    assert read() == pytest.approx(1.5)


@pytest.mark.parametrize("word", ["N/A", "[N/A]", "[Not Supported]", "[Unknown Error]", "nan", ""])
def test_what_nvidia_smi_does_not_know_is_absent(word):
    assert parse_nvidia(f"0, {word}, 1980", [1.0, 1.0, 2.0]) == [0, None, 3960]


def test_a_column_that_an_older_nvidia_smi_lacks_is_absent():
    assert parse_nvidia("0, 45", [1.0, 1.0, 1.0]) == [0, 45, None]


def test_lines_of_nvidia_smi_become_series_of_their_card(start, tmp_path):
    # Stands in for NVIDIA's program: same arguments, its words for what a card can't tell.
    command = tmp_path / "nvidia-smi"
    command.write_text(
        "#!/bin/sh\n"
        "while :; do echo '0, 61, 1980, [N/A], 97, 2048'; "
        "echo '1, 35, 210, 20.5, 0, 0'; sleep 0.2; "
        "done\n"
    )
    command.chmod(0o755)
    out = tmp_path / "out"
    process = start("--output", str(out), "--interval", "0.3", "--nvidia-smi", str(command))
    wait_for_lines(out, 5)
    process.terminate()
    process.wait(20)
    last = lines_of(out)[-2]
    assert (last["gpu_temperature_c"], last["gpu_clock_mhz"]) == (61, 1980)
    assert "gpu_power_w" not in last
    assert last["gpu1_power_w"] == 20.5
    assert last["gpu_vram_used_gb"] == pytest.approx(2.1475, abs=1e-4)


def test_a_missing_nvidia_smi_costs_nothing_but_its_series(start, tmp_path):
    out = tmp_path / "out"
    missing = str(tmp_path / "none")
    process = start("--output", str(out), "--max-seconds", "0.1", "--nvidia-smi", missing)
    process.wait(20)
    header, first, *_ = lines_of(out)
    assert "nvidia" in header["absent"]
    assert "load_1min" in first


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_last_line(start, tmp_path, number):
    out = tmp_path / "out"
    process = start("--output", str(out), "--interval", "60")
    wait_for_lines(out, 2)
    process.send_signal(number)
    assert process.wait(20) == 0
    assert lines_of(out)[-1]["end"] == "signal"


def test_it_ends_by_itself_when_the_lease_is_gone(start, tmp_path):
    out, lease = tmp_path / "out", tmp_path / "lease"
    lease.touch()
    process = start("--output", str(out), "--interval", "0.1", "--lease", str(lease))
    wait_for_lines(out, 3)
    assert process.poll() is None
    lease.unlink()
    assert process.wait(20) == 0
    assert lines_of(out)[-1]["end"] == "lease is gone"


def test_it_ends_by_itself_when_the_folder_that_it_works_in_is_removed(start, tmp_path):
    out, workspace = tmp_path / "out", tmp_path / "workspace"
    workspace.mkdir()
    process = start("--output", str(out), "--interval", "0.1", "--lease", ".", cwd=workspace)
    wait_for_lines(out, 3)
    assert process.poll() is None
    workspace.rmdir()
    assert process.wait(20) == 0
    assert lines_of(out)[-1]["end"] == "lease is gone"


def test_it_ends_by_itself_when_nobody_renews_the_lease(start, tmp_path):
    out, lease = tmp_path / "out", tmp_path / "lease"
    lease.mkdir()
    words = ["--interval", "0.1", "--lease", str(lease), "--lease-seconds", "600"]
    process = start("--output", str(out), *words)
    wait_for_lines(out, 3)
    assert process.poll() is None
    os.utime(lease, (time.time() - 700, time.time() - 700))
    assert process.wait(20) == 0
    assert lines_of(out)[-1]["end"] == "lease is old"


def test_it_ends_by_itself_when_its_parent_is_gone(start, tmp_path):
    out = tmp_path / "out"
    parent = subprocess.Popen(["sleep", "600"])
    process = start("--output", str(out), "--interval", "0.1", "--parent", str(parent.pid))
    wait_for_lines(out, 3)
    parent.kill()
    parent.wait()
    assert process.wait(20) == 0
    assert lines_of(out)[-1]["end"] == "parent is gone"


def test_it_ends_after_its_time(start, tmp_path):
    out = tmp_path / "out"
    assert start("--output", str(out), "--interval", "0.1", "--max-seconds", "0.3").wait(20) == 0
    assert lines_of(out)[-1]["end"] == "max-seconds"


def test_the_header_says_units_and_limits_and_every_sample_what_it_cost(
    start, tmp_path, plant, laptop
):
    out = tmp_path / "out"
    root = str(plant(laptop))
    start("--output", str(out), "--interval", "0.1", "--max-seconds", "0.2", "--root", root).wait(
        20
    )
    header, *samples, _ = lines_of(out)
    assert header["units"]["temperature_c"] == "°C"
    assert header["limits"] == {"temperature_c": 100}
    assert all(isinstance(line["cpu_s"], float) and line["cpu_s"] > 0 for line in samples)


def test_the_script_is_understood_by_python_3_6():
    ast.parse(SCRIPT.read_text(), feature_version=(3, 6))
