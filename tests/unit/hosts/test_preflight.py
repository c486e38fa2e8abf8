"""Which answers make a host unfit, and what policy makes of them."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest

from vttbench.hosts.idle import IdleReport, Window
from vttbench.hosts.lock import Holder, LockState
from vttbench.hosts.preflight import (
    CHECKS,
    DEFAULT_POLICY,
    Needs,
    PolicyError,
    checks,
    failures,
    policy_for,
)
from vttbench.hosts.probe import Probe, probe_command

QUIET = IdleReport(Window(0.01, 45.0, 0.1, 0.0, "init (pid 1, 0.1 CPU s)"), True, True, 5.0)
FIT = {
    "/sys/class/power_supply/AC/type": "Mains",
    "/sys/class/power_supply/AC/online": "1",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver": "amd-pstate-epp",
    "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
    "/sys/devices/system/cpu/online": "0-15",
    "/proc/loadavg": "0.20 0.1 0.1 1/300 4000",
    "/proc/meminfo": "MemTotal: 64000000 kB\nMemAvailable:   60000000 kB",
    "df": "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
    "/dev/nvme0n1p2 1000000000 1000 500000000 1% /home",
    "filesystem": "ext2/ext3",
    "gpu users": "812 gnome-shell\n900 Xwayland",
}


def probe_of(**changes: str) -> Probe:
    found = FIT | {name.replace("__", " "): text for name, text in changes.items()}
    return Probe.of("".join(f"==> {name} <==\n{text}\n" for name, text in found.items()))


def ask(probe: Probe | None = None, idle: IdleReport = QUIET, profile: str = "standard", **more):
    answered = checks(
        probe or probe_of(), idle, policy_for(profile, more.pop("policy", None)), **more
    )
    return {check.name: check for check in answered}


def with_supply(**supply: str) -> Probe:
    found = {f"/sys/class/power_supply/{name.replace('_', '/')}": v for name, v in supply.items()}
    return Probe(dict(probe_of().found) | {name: [value] for name, value in found.items()})


def test_a_host_that_is_fit_passes_every_check_without_a_word():
    me = Holder.of_process(os.getpid(), "h")
    answered = ask(lock=LockState(holder=me, holder_id=me.id), me=me)
    assert list(answered) == list(CHECKS)
    assert {check.status for check in answered.values()} == {"ok"}
    assert not any(check.message for check in answered.values())
    assert failures(list(answered.values())) is None


def test_a_host_that_tells_nothing_is_absent_everywhere_and_stops_nothing():
    answered = ask(Probe(), IdleReport(Window(), True, True, 3.0), profile="full")
    assert {check.status for check in answered.values()} == {"absent"}
    assert failures(list(answered.values())) is None


def test_a_busy_host_is_told_with_the_culprit():
    busy = IdleReport(Window(2.0, None, None, None, "ffmpeg (pid 7, 9.9 CPU s)"), False, True, 120)
    check = ask(idle=busy)["idle"]
    assert check.status == "warn"
    assert "ffmpeg" in check.message
    assert "2.00 cores" in check.message
    assert ask(idle=busy, profile="full")["idle"].status == "fail"


def test_a_host_that_still_cools_down_is_told():
    warm = IdleReport(replace(QUIET.window, cooled_c=2.5), True, False, 120)
    assert ask(idle=warm)["temperature"].status == "warn"


def test_battery_fails_in_standard_and_warns_in_quick():
    battery = with_supply(AC_online="0", BAT0_type="Battery", BAT0_status="Discharging")
    assert ask(battery)["mains"].status == "fail"
    assert ask(battery, profile="quick")["mains"].status == "warn"
    assert "plug it in" in failures(list(ask(battery).values()))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("load", {"/proc/loadavg": "17.2 9 9 1/1 1"}),
        ("memory", {"/proc/meminfo": "MemAvailable: 900000 kB"}),
        ("disk", {"df": "Filesystem\n/dev/sda 100 100 900000 99% /"}),
        ("work_dir", {"filesystem": "tmpfs"}),
        ("gpu_users", {"gpu users": "812 gnome-shell\n4711 llama-server"}),
        ("gpu_users", {"nvidia apps": "4711, /usr/bin/ollama"}),
        ("power_profile", {"/sys/firmware/acpi/platform_profile": "low-power"}),
    ],
)
def test_what_is_off_is_told_and_says_what_to_do(name, changes):
    check = ask(probe_of(**changes))[name]
    assert check.status in ("warn", "fail")
    assert check.message


def test_swapping_is_told():
    swapping = IdleReport(replace(QUIET.window, swapped_pages=50.0), True, True, 5)
    assert ask(idle=swapping)["swap"].status == "warn"


def test_a_large_model_can_ask_for_more_memory_and_disk():
    answered = ask(needs=Needs(disk_gb=600, memory_gb=100))
    assert answered["disk"].status == "fail"
    assert answered["memory"].status == "warn"


def test_a_lock_of_another_run_fails_in_every_profile():
    me = Holder.of_process(os.getpid(), "h")
    other = replace(me, controller="far-away")
    held = LockState(holder=other, holder_id=other.id, age_s=60)
    for profile in DEFAULT_POLICY:
        assert ask(lock=held, me=me, profile=profile)["lock"].status == "fail"


def test_quick_stops_for_nothing_but_a_lock():
    assert [n for n, severity in DEFAULT_POLICY["quick"].items() if severity == "fail"] == ["lock"]


def test_what_policy_ignores_is_left_out_and_what_it_raises_fails():
    answered = ask(
        policy={"gpu_users": "ignore", "work_dir": "fail"}, probe=probe_of(filesystem="tmpfs")
    )
    assert "gpu_users" not in answered
    assert answered["work_dir"].status == "fail"


@pytest.mark.parametrize("changes", [{"batery": "warn"}, {"mains": "error"}])
def test_a_policy_with_a_typing_error_is_refused_by_name(changes):
    with pytest.raises(PolicyError, match=r"batery|error"):
        policy_for("standard", changes)


def test_the_probe_of_this_machine_comes_to_its_end_and_answers_disk_and_memory():
    command = probe_command("preflight_probe.sh", work_dir="/nowhere/yet")
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert run.stderr == ""
    probe = Probe.of(run.stdout)
    assert "probe end" in probe.found
    answered = ask(probe)
    assert answered["disk"].value > 0
    assert answered["memory"].value > 0
