"""Background jobs, the process table, restarts: what outlives a connection and what does not."""

from __future__ import annotations

import time

from . import faults
from .ansible_runs import task
from .machine.processes import Processes


def _wait_task(seconds: int, **keywords):
    return task(
        "work", "ansible.windows.win_wait_for", path="C:\\never", timeout=seconds,
        _failed_when=False, **keywords,
    )  # fmt: skip


def test_a_job_is_polled_to_its_end(ansible):
    run = ansible.play([_wait_task(2, _async=60, _poll=1)])
    assert "timeout while waiting" in run.of("work")["msg"]
    assert run.of("work")["finished"]


def test_a_job_that_exceeds_its_limit_is_called_failed(ansible):
    job = "{{ job.ansible_job_id }}"
    run = ansible.play(
        [
            _wait_task(30, _async=1, _poll=0, _register="job"),
            task("pause", "ansible.builtin.pause", seconds=3),
            task("status", "ansible.builtin.async_status", jid=job, _ignore_errors=True),
        ]
    )
    assert "timed out waiting for module completion" in run.of("status")["msg"]


def test_a_job_is_gone_after_a_power_loss(a_fleet):
    fleet, ansible = a_fleet()
    laptop = fleet["laptop-1"]
    assert ansible.play([_wait_task(60, _async=100, _poll=0)]).returncode == 0
    assert any("async" in p.line for p in laptop.machine.processes.table())
    laptop.lose_power()
    laptop.boot()
    assert not any("async" in p.line for p in laptop.machine.processes.table())
    folder = laptop.machine.drive.real(r"%USERPROFILE%\.ansible_async")
    assert b'"finished": false' in next(folder.iterdir()).read_bytes()


def test_a_restart_is_seen_and_waited_for(a_fleet):
    fleet, ansible = a_fleet()
    before = fleet["laptop-1"].machine.booted_at
    run = ansible.play([task("reboot", "ansible.windows.win_reboot", reboot_timeout=120)])
    assert run.of("reboot")["rebooted"], run.output
    assert fleet["laptop-1"].machine.booted_at > before


def test_ending_a_process_ends_what_it_started():
    processes = Processes()
    parent = processes.start("powershell.exe")
    child = processes.start("fio.exe", parent=parent.pid)
    assert processes.kill_tree(parent.pid)
    assert child.ended.is_set()
    assert not {parent.pid, child.pid} & {p.pid for p in processes.table()}


def test_a_machine_that_sleeps_counts_no_waking_hours():
    processes = Processes()
    processes.freeze()
    asleep = processes.awake_s()
    time.sleep(0.05)
    assert processes.awake_s() == asleep


def test_a_fault_strikes_when_a_program_starts(laptop):
    faults.strike(laptop, "battery", 40, when="fio.exe")
    assert laptop.machine.power.source == "mains"
    laptop.machine.processes.starting(r"C:\tools\FIO.exe --version")
    deadline = time.monotonic() + 10
    while laptop.machine.power.source == "mains" and time.monotonic() < deadline:
        time.sleep(0.02)
    assert laptop.machine.power.battery_percent == 40
    faults.strike(laptop, "mains")
