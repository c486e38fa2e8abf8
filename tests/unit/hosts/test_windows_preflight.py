"""Which answers make a Windows host unfit."""

import os

import pytest

from vttbench.hosts.idle import PROFILES, IdleReport, Window
from vttbench.hosts.lock import Holder, LockState
from vttbench.hosts.preflight import WINDOWS_CHECKS, failures, policy_for
from vttbench.hosts.windows import power
from vttbench.hosts.windows.cim import Answers
from vttbench.hosts.windows.host import Answer
from vttbench.hosts.windows.preflight import Host, checks, wait_until_idle

BALANCED = "381b4222-f694-41f0-9685-ff5bb260df2e"
QUIET = IdleReport(Window(0.01, 45.0, 0.1), quiet=True, settled=True, waited_s=5.0)


def setting(guid, value):
    name = f"Microsoft:PowerSettingDataIndex\\{{{BALANCED}}}\\AC\\{{{guid}}}"
    return {"InstanceID": name, "SettingIndexValue": value}


FIT = {
    "battery_line": [{"PowerOnline": True}],
    "plans": [{"InstanceID": f"x\\{{{BALANCED}}}", "ElementName": "Balanced", "IsActive": True}],
    "settings": [setting(guid, 0) for guid in (power.STANDBY, power.HIBERNATE, power.LID)],
    "os": [{"FreePhysicalMemory": 90_000_000}],
    "computer": [{"UserName": "ZBOOK-01\\vtt"}],
    "disks": [{"DeviceID": "C:", "FreeSpace": 500 * 10**9}],
}


def ask(profile="standard", *, reboot=False, idle=QUIET, **changes):
    host = Host(Answers(FIT | changes), reboot, r"C:\ProgramData\vttbench\work", 32)
    me = Holder.of_process(os.getpid(), "h")
    lock = LockState(holder=me, holder_id=me.id)
    answered = checks(host, idle, policy_for(profile), lock=lock, me=me)
    return {check.name: check for check in answered}


def test_a_host_that_is_fit_passes_every_check_without_a_word():
    answered = ask()
    assert list(answered) == list(WINDOWS_CHECKS)
    assert {check.status for check in answered.values()} == {"ok"}
    assert all(not check.message for check in answered.values())


@pytest.mark.parametrize(
    ("name", "changes", "words"),
    [
        ("mains", {"battery_line": [{"PowerOnline": False}]}, "plug it in"),
        ("sleep", {"settings": [setting(power.STANDBY, 900)]}, "after 15 minutes"),
        ("sleep", {"settings": [setting(power.HIBERNATE, 10800)]}, "after 180 minutes"),
        ("lid", {"settings": [setting(power.LID, 1)]}, "closing the lid"),
        ("pending_reboot", {"reboot": True}, "restart it first"),
        ("console_user", {"computer": [{"UserName": None}]}, "not by Remote Desktop"),
        ("memory", {"os": [{"FreePhysicalMemory": 100_000}]}, "0.1 GB of memory"),
        ("disk", {"disks": [{"DeviceID": "C:", "FreeSpace": 10**9}]}, "1.0 GB, 4 GB are needed"),
        (
            "power_profile",
            {"plans": [{"InstanceID": f"{{{power.POWER_SAVER}}}", "IsActive": True}]},
            "Power saver",
        ),
    ],
)
def test_what_is_off_is_named_with_what_to_do(name, changes, words):
    check = ask(**changes)[name]
    assert check.status in ("warn", "fail")
    assert words in check.message


def test_battery_and_a_full_disk_stop_the_run_and_a_closing_lid_does_not():
    answered = ask(
        battery_line=[{"PowerOnline": False}],
        settings=[setting(power.LID, 1)],
        disks=[{"DeviceID": "C:", "FreeSpace": 1}],
    )
    stopped = failures(list(answered.values())) or ""
    assert "mains" in stopped
    assert "disk" in stopped
    assert "lid" not in stopped


def test_what_a_host_does_not_tell_is_absent():
    answered = ask(plans=[], settings=[], os=[], disks=[], reboot=None)
    for name in ("power_profile", "sleep", "lid", "memory", "disk", "pending_reboot"):
        assert answered[name].status == "absent", name


def look_at(foreign_s):
    def process(cpu_s):
        return {"ProcessId": 8, "ParentProcessId": 4, "Name": "Teams.exe", "CreationDate": "",
                "KernelModeTime": 0, "UserModeTime": int(cpu_s * 1e7)}  # fmt: skip

    def look(seconds):
        from datetime import UTC, datetime, timedelta

        start = datetime(2026, 11, 25, tzinfo=UTC)
        return Answer(
            now=start,
            cim=Answers({"processes": [process(0)]}),
            later_now=start + timedelta(seconds=seconds),
            later=Answers({"processes": [process(foreign_s.pop(0) * seconds)]}),
        )

    return look


def test_it_is_waited_until_the_host_is_idle_and_said_who_keeps_it_busy():
    heard = []
    clock = iter(range(100))
    report = wait_until_idle(
        look_at([2.0, 1.0, 0.0]),
        PROFILES["standard"],
        32,
        clock=lambda: next(clock),
        on_window=heard.append,
    )
    assert report.quiet
    assert [round(window.busy_cores, 1) for window in heard] == [2.0, 1.0]
    assert "Teams.exe" in heard[0].culprit
