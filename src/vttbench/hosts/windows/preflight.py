"""Whether a Windows host is fit to be measured: what it is asked, and what to do if it is not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vttbench.hosts.idle import IdleLimits, IdleReport, Window, first_quiet
from vttbench.hosts.lock import Holder, LockState
from vttbench.hosts.preflight import (
    Finding,
    Needs,
    Severity,
    idle_findings,
    judged,
    lock_finding,
    mains_finding,
)
from vttbench.hosts.windows import power, snapshot
from vttbench.hosts.windows.cim import Answers, Query, number
from vttbench.hosts.windows.host import Answer
from vttbench.hosts.windows.paths import drive
from vttbench.hosts.windows.sensors import SENSORS, ZONES, sensors, zone_temperatures
from vttbench.result import Check

QUERIES = (
    *power.QUERIES,
    Query("os", "Win32_OperatingSystem", ("FreePhysicalMemory", "LastBootUpTime")),
    Query("computer", "Win32_ComputerSystem", ("UserName",)),
    Query(
        "disks",
        "Win32_LogicalDisk",
        ("DeviceID", "FreeSpace", "FileSystem"),
        filter="DriveType = 3",
    ),
)

# What one look of the idle gate reads: who used the processor, and how warm it is.
IDLE_QUERIES = (*snapshot.QUERIES, ZONES, SENSORS)

Look = Callable[[float], Answer]
"""Reads :data:`IDLE_QUERIES` twice, so many seconds apart."""


@dataclass(frozen=True)
class Host:
    """What a host said before a run.

    Attributes:
        found: answers to :data:`QUERIES`.
        reboot_pending: Ansible's fact; None where it was not gathered.
        work_dir: absolute path of the folder that benchmarks work in.
        cores: logical processors.
    """

    found: Answers
    reboot_pending: bool | None
    work_dir: str
    cores: int


def checks(
    host: Host,
    idle: IdleReport,
    policy: Mapping[str, Severity],
    *,
    needs: Needs | None = None,
    lock: LockState | None = None,
    me: Holder | None = None,
) -> list[Check]:
    """Answer every question that the policy does not ignore.

    Args:
        host: what it said.
        idle: how the idle gate ended.
        policy: severity by check.
        needs: of disk and memory.
        lock: of the host; None where nobody looked.
        me: the run that asks.
    """
    needs = needs or Needs()
    findings = [
        *(found for found in idle_findings(idle) if found.name != "swap"),
        mains_finding(power.power_source(host.found)),
        _plan(host.found),
        _sleep(host.found),
        _lid(host.found),
        _reboot(host.reboot_pending),
        _console_user(host.found),
        _memory(host.found, needs),
        _disk(host, needs),
        lock_finding(lock, me),
    ]
    return judged(findings, policy)


def wait_until_idle(
    look: Look,
    limits: IdleLimits,
    cores: int,
    *,
    clock: Callable[[], float],
    on_window: Callable[[Window], None] = lambda _: None,
) -> IdleReport:
    """Watch window after window until one is quiet and settled, or the time is over.

    Args:
        look: watches the host for so many seconds.
        limits: what counts as quiet; at least one window is watched, whatever the time.
        cores: logical processors of the host.
        clock: seconds.
        on_window: hears of every window that was not quiet.
    """
    return first_quiet(
        lambda: window_of(look(limits.window_s), cores), limits, clock=clock, on_window=on_window
    )


def window_of(answer: Answer, cores: int) -> Window:
    """Read what one look gave; what is missing is absent."""
    span = snapshot.span(
        snapshot.snapshot_of(answer.cim, answer.now),
        snapshot.snapshot_of(answer.later, answer.later_now),
        cores=cores,
        own_pids=(answer.pid,),
    )
    was, now = _hottest(answer.cim), _hottest(answer.later)
    return Window(
        busy_cores=span.disturbance.get("foreign_cpu_cores") if span else None,
        temperature_c=now,
        cooled_c=round(was - now, 2) if was is not None and now is not None else None,
        culprit=str(span.culprit) if span and span.culprit else None,
    )


def _hottest(found: Answers) -> float | None:
    # The processor's own sensor where there is one; a thermal zone of ACPI is often the board.
    return sensors(found).get("temperature_c") or max(zone_temperatures(found), default=None)


def _plan(found: Answers) -> Finding:
    plan = power.active_plan(found)
    bad = None if plan is None else plan.guid == power.POWER_SAVER
    return Finding(
        "power_profile",
        bad,
        plan.title if plan else None,
        "the power plan is Power saver; choose another, as windows_client_power_plan does"
        if bad
        else "",
    )


def _sleep(found: Answers) -> Finding:
    standby, hibernate = power.setting(found, power.STANDBY), power.setting(found, power.HIBERNATE)
    known = [each for each in (standby, hibernate) if each is not None]
    if not known:
        return Finding("sleep", None, None, "")
    soonest = min((each for each in known if each), default=0)
    return Finding(
        "sleep",
        soonest > 0,
        soonest,
        f"it goes to sleep after {soonest / 60:.0f} minutes without input; "
        "powercfg /change standby-timeout-ac 0 and hibernate-timeout-ac 0 (a run of benchmark.yml "
        "does so for its time, unless windows_client_keep_awake is off)"
        if soonest
        else "",
    )


def _lid(found: Answers) -> Finding:
    action = power.setting(found, power.LID)
    bad = None if action is None else action != 0
    return Finding(
        "lid",
        bad,
        action,
        "closing the lid sends it to sleep; leave it open, or let a run of benchmark.yml change it"
        if bad
        else "",
    )


def _reboot(pending: bool | None) -> Finding:
    return Finding(
        "pending_reboot",
        pending,
        pending,
        "a restart is pending: Windows installs something when it likes; restart it first"
        if pending
        else "",
    )


def _console_user(found: Answers) -> Finding:
    if not found.told("computer"):
        return Finding("console_user", None, None, "")
    user = str(found.first("computer").get("UserName") or "")
    return Finding(
        "console_user",
        not user,
        bool(user),
        ""
        if user
        else "nobody is logged on at the console: programs with a window can't be measured; log on "
        "at the machine itself, not by Remote Desktop",
    )


def _memory(found: Answers, needs: Needs) -> Finding:
    kib = number(found.first("os").get("FreePhysicalMemory"))
    if kib is None:
        return Finding("memory", None, None, "")
    free = kib * 1.024e-6
    bad = free < needs.memory_gb
    message = f"{free:.1f} GB of memory are free, {needs.memory_gb:g} GB are needed"
    return Finding("memory", bad, round(free, 2), message if bad else "")


def _disk(host: Host, needs: Needs) -> Finding:
    letter = drive(host.work_dir)
    for row in host.found.rows("disks"):
        space = number(row.get("FreeSpace"))
        if str(row.get("DeviceID")).upper() == letter and space is not None:
            free = space * 1e-9
            bad = free < needs.disk_gb
            message = (
                f"{letter} has room for {free:.1f} GB, {needs.disk_gb:g} GB are needed; free some, "
                "or choose another folder by preflight_work_dir"
            )
            return Finding("disk", bad, round(free, 2), message if bad else "")
    return Finding("disk", None, None, "")
