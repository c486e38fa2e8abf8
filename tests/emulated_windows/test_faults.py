"""Faults on demand, as Ansible sees them: what a host that went away looks like."""

from __future__ import annotations

import threading

import pytest

from . import faults
from .ansible_runs import task

PING = task("ping", "ansible.windows.win_ping")
SOON = {
    "ansible_winrm_operation_timeout_sec": 2,
    "ansible_winrm_read_timeout_sec": 4,
    "ansible_winrm_connection_timeout": 2,
}


def _lost(run) -> str:
    """What is said of a host that was lost: FAILED or UNREACHABLE, both occur."""
    result = run.of("ping")
    assert result.get("unreachable") or result.get("failed"), run.output
    return str(result["msg"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("freeze", "timed out"),
        ("sleep", "timed out"),
        ("power-loss", "timed out"),
        ("kill", "refused"),
        ("mtu", "timed out"),
    ],
)
def test_a_host_is_lost_by(a_fleet, name, words):
    fleet, ansible = a_fleet()
    faults.strike(fleet["laptop-1"], name)
    assert words in _lost(ansible.play([PING], vars=SOON))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("name", "remedy"),
    [("freeze", "thaw"), ("sleep", "wake"), ("power-loss", "boot"), ("kill", "boot")],
)
def test_a_host_is_as_before_after(a_fleet, name, remedy):
    fleet, ansible = a_fleet()
    laptop = fleet["laptop-1"]
    laptop.machine.drive.write(laptop.machine.drive.real(r"C:\kept"), b"x")
    faults.strike(laptop, name)
    faults.strike(laptop, remedy)
    stat = task("stat", "ansible.windows.win_stat", path=r"C:\kept")
    assert ansible.play([PING, stat]).of("stat")["stat"]["exists"]


def test_a_freeze_shorter_than_the_patience_of_a_request_is_not_noticed(a_fleet):
    fleet, ansible = a_fleet()
    laptop = fleet["laptop-1"]
    laptop.freeze()
    threading.Timer(3.0, laptop.thaw).start()
    assert ansible.play([PING]).of("ping")["ping"] == "pong"


def test_a_line_that_is_cut_for_a_moment_loses_no_background_job(a_fleet):
    fleet, ansible = a_fleet()
    laptop = fleet["laptop-1"]
    job = task("job", "ansible.windows.win_wait_for", path="C:\\x", timeout=4, _failed_when=False)
    assert ansible.play([{**job, "async": 60, "poll": 0}]).returncode == 0
    faults.strike(laptop, "drop", 600)
    assert "timed out" in _lost(ansible.play([PING], vars=SOON))
    laptop.reappear()
    folder = laptop.machine.drive.real(r"%USERPROFILE%\.ansible_async")
    done = threading.Event()
    for _ in range(100):
        if b'"finished": true' in next(folder.iterdir()).read_bytes():
            break
        done.wait(0.2)
    assert b"timeout while waiting" in next(folder.iterdir()).read_bytes()
    assert ansible.play([PING]).of("ping")["ping"] == "pong"


def test_a_slow_line_takes_its_time_and_loses_nothing(a_fleet):
    fleet, ansible = a_fleet()
    faults.strike(fleet["laptop-1"], "slow", 200_000)
    assert ansible.play([PING]).of("ping")["ping"] == "pong"


@pytest.mark.parametrize(("name", "setting"), [("idle", "standby-timeout"), ("close-lid", "lid")])
def test_a_laptop_sleeps_unless_its_plan_was_changed(a_fleet, name, setting):
    fleet, _ = a_fleet()
    laptop = fleet["laptop-1"]
    faults.strike(laptop, name)
    assert laptop.describe()["state"] == "silent", setting
    faults.strike(laptop, "wake")
    for values in laptop.machine.power.settings[laptop.machine.power.active].values():
        values["ac"] = 0
    faults.strike(laptop, name)
    assert laptop.describe()["state"] == "up"


def test_an_unknown_fault_is_named_with_those_that_there_are(laptop):
    with pytest.raises(ValueError, match=r"no such fault: flood\. There are: freeze"):
        faults.strike(laptop, "flood")
