"""Session 0 and the console user: the mistakes that keep a window from ever appearing."""

from __future__ import annotations

import pytest

from . import faults
from .ansible_runs import task

TASK = "community.windows.win_scheduled_task"


def _tasks(**settings):
    interactive = {
        "actions": [{"path": r"C:\Windows\System32\hostname.exe"}],
        "username": "bench",
        "logon_type": "interactive_token",
        **settings,
    }
    stat = "community.windows.win_scheduled_task_stat"
    return [
        task("make", TASK, **{"name": "t", **interactive}),
        task("again", TASK, **{"name": "t", **interactive}),
        task("run", "ansible.windows.win_command", cmd="schtasks /run /tn t"),
        task("stat", stat, name="t", _register="seen", _retries=20, _delay=1,
             _until="seen.state.status != 'TASK_STATE_RUNNING'"),
        task("gone", TASK, name="t", state="absent"),
    ]  # fmt: skip


def test_a_task_of_the_console_user_runs_in_session_1(laptop, ansible):
    run = ansible.play(_tasks())
    assert run.returncode == 0, run.output
    assert run.of("make")["changed"]
    assert not run.of("again")["changed"]
    assert run.of("stat")["state"]["last_task_result"] == 0
    assert laptop.machine.journal.events("program")[-1]["session"] == 1


def test_nothing_appears_where_nobody_is_logged_on(laptop, ansible):
    faults.strike(laptop, "console")
    run = ansible.play(_tasks())
    faults.strike(laptop, "console", 1)
    assert run.of("stat")["state"]["last_task_result"] == 0x80070520


@pytest.mark.parametrize(("settings", "state"), [
    ({}, "TASK_STATE_QUEUED"),
    ({"disallow_start_if_on_batteries": False}, "TASK_STATE_READY"),
])  # fmt: skip
def test_on_battery_a_task_with_defaults_waits_for_ever(laptop, ansible, settings, state):
    faults.strike(laptop, "battery")
    run = ansible.play(_tasks(**settings))
    faults.strike(laptop, "mains")
    assert run.of("stat")["state"]["status"] == state


def test_what_winrm_starts_is_in_session_0(laptop, ansible):
    ansible.play([task("run", "ansible.windows.win_command", cmd="hostname")])
    assert laptop.machine.journal.events("program")[-1]["session"] == 0


def test_winget_does_not_exist_for_winrm(ansible):
    run = ansible.play(
        [task("run", "ansible.windows.win_command", cmd="winget list", _ignore_errors=True)]
    )
    assert "cannot find the file" in run.of("run")["msg"]
