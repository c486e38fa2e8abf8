"""The idle gate waits for a quiet and cool host, and for no longer than it may."""

from __future__ import annotations

import subprocess
from itertools import count

import pytest

from vttbench.hosts.idle import PROFILES, IdleLimits, parse_window, wait_until_idle, window_command

LIMITS = IdleLimits(wait_s=30, window_s=5)


def look(uptime: float, busy_s: float, temperature: float | None = None, swapped: int = 0) -> str:
    text = (
        f"==> /proc/uptime <==\n{uptime} 1.0\n"
        f"==> /proc/stat <==\ncpu  {busy_s * 100:.0f} 0 0 {1e6:.0f} 0 0 0 0\n"
        f"==> /proc/vmstat <==\npswpin {swapped}\npswpout 0\n"
    )
    if temperature is not None:
        text += (
            "==> /sys/class/hwmon/hwmon0/name <==\nacpitz\n"
            "==> /sys/class/hwmon/hwmon0/temp1_input <==\n120000\n"
            "==> /sys/class/hwmon/hwmon3/name <==\nk10temp\n"
            f"==> /sys/class/hwmon/hwmon3/temp1_input <==\n{temperature * 1000:.0f}\n"
        )
    return text


def window(busy_cores: float, cooled: float | None = None) -> str:
    now = None if cooled is None else 50.0
    was = None if cooled is None else 50.0 + cooled
    return look(100, 10, was) + "==> after <==\n" + look(105, 10 + 5 * busy_cores, now)


def wait(windows: list[str]):
    """Let each window take five seconds of a clock; the last one goes on for ever."""
    numbers = count()
    moment = [0.0]

    def watch(command: str) -> str:
        moment[0] += 5
        return windows[min(next(numbers), len(windows) - 1)]

    return wait_until_idle(watch, LIMITS, clock=lambda: moment[0]), next(numbers)


def test_a_quiet_host_is_not_kept_waiting():
    report, watched = wait([window(0.05)])
    assert (report.quiet, report.settled, watched) == (True, True, 1)


def test_it_waits_until_the_host_becomes_quiet():
    report, watched = wait([window(2.0), window(0.9), window(0.1)])
    assert report.quiet
    assert watched == 3


def test_it_gives_up_when_the_time_is_over():
    report, watched = wait([window(2.0)])
    assert not report.quiet
    assert watched == 6
    assert report.window.busy_cores == pytest.approx(2.0)


def test_it_waits_until_the_host_no_longer_cools_down():
    report, watched = wait(
        [window(0.0, cooled=3.0), window(0.0, cooled=0.6), window(0.0, cooled=0.5)]
    )
    assert (report.settled, watched) == (True, 3)
    assert report.window.temperature_c == 50


def test_a_host_that_warms_up_a_little_has_settled():
    assert wait([window(0.0, cooled=-1.0)])[0].settled


def test_a_host_that_tells_nothing_passes_and_is_not_called_quiet_by_number():
    report, watched = wait(["sh: head: not found"])
    assert (report.quiet, report.settled, watched) == (True, True, 1)
    assert report.window.busy_cores is None


def test_swapping_during_the_window_is_counted():
    text = look(100, 10) + "==> after <==\n" + look(105, 10, swapped=40)
    assert parse_window(text).swapped_pages == 40


def test_a_real_window_on_this_machine_tells_how_busy_it_is():
    run = subprocess.run(["sh", "-c", window_command(0.5)], capture_output=True, text=True)
    assert run.stderr == ""
    seen = parse_window(run.stdout)
    assert seen.busy_cores is not None
    assert seen.busy_cores >= 0


def test_a_longer_profile_waits_longer():
    waits = [PROFILES[name].wait_s for name in ("quick", "standard", "full")]
    assert waits == sorted(set(waits))
