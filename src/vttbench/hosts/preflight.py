"""Whether a host is fit to be measured: one question a check, and what to do where it is not.

A check says ``absent`` where the host can't tell. What is off is recorded in every result of the
run; whether it also stops the run is decided by policy.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vttbench.hosts.idle import IdleReport
from vttbench.hosts.lock import Holder, LockState
from vttbench.hosts.power import power_policy, power_source
from vttbench.hosts.probe import Probe
from vttbench.result import Check, Scalar

Severity = Literal["warn", "fail", "ignore"]

CHECKS: dict[str, str] = {
    "idle": "nothing else uses the processor",
    "temperature": "the machine no longer cools down",
    "mains": "it runs on mains power",
    "power_profile": "no profile or governor holds it back",
    "load": "few tasks wait to run",
    "memory": "enough memory is free",
    "swap": "nothing is being swapped",
    "disk": "enough room in the working folder",
    "work_dir": "the working folder lies on a disk",
    "gpu_users": "nobody else uses the graphics processor",
    "lock": "no other run measures this host",
}
"""What a Linux host is asked, in the order of the answers."""

WINDOWS_CHECKS: dict[str, str] = {
    "idle": CHECKS["idle"],
    "temperature": CHECKS["temperature"],
    "mains": CHECKS["mains"],
    "power_profile": "no power plan holds it back",
    "sleep": "it does not go to sleep by itself",
    "lid": "closing the lid does not send it to sleep",
    "pending_reboot": "Windows waits for no restart",
    "console_user": "somebody is logged on at the machine itself",
    "memory": CHECKS["memory"],
    "disk": CHECKS["disk"],
    "lock": CHECKS["lock"],
}
"""What a Windows host is asked, in the order of the answers."""

# One order for both: what only Windows is asked follows the power profile.
_ORDER = list(CHECKS)
_ORDER[4:4] = [name for name in WINDOWS_CHECKS if name not in CHECKS]
_WARN: dict[str, Severity] = dict.fromkeys(_ORDER, "warn")
# A quick look is wanted now, as the machine is. Two runs at once are never wanted.
DEFAULT_POLICY: dict[str, dict[str, Severity]] = {
    "quick": {**_WARN, "lock": "fail"},
    "standard": {**_WARN, "lock": "fail", "mains": "fail", "disk": "fail"},
    "full": {**_WARN, "lock": "fail", "mains": "fail", "disk": "fail", "idle": "fail"},
}

# They hold the device all day and draw next to nothing while nobody moves the mouse.
_DESKTOP = re.compile(
    r"Xorg|Xwayland|gnome-shell|gdm|kwin\w*|plasmashell|sddm\S*|mutter\S*|sway|weston|cosmic-\w+"
    r"|systemd-logind|xdg-desktop\S*"
)


class PolicyError(ValueError):
    """A policy names a check or a severity that does not exist."""


@dataclass(frozen=True)
class Needs:
    """What a run needs of the host, in GB (10^9 bytes)."""

    disk_gb: float = 4.0
    memory_gb: float = 1.0


@dataclass(frozen=True)
class Finding:
    """An answer before policy has spoken: ``bad`` None means that the host can't tell."""

    name: str
    bad: bool | None
    value: Scalar
    message: str


def policy_for(profile: str, changes: Mapping[str, str] | None = None) -> dict[str, Severity]:
    """Return the policy of a profile with the user's changes.

    Raises:
        PolicyError: an unknown check or severity; says which there are.
    """
    policy = dict(DEFAULT_POLICY.get(profile, DEFAULT_POLICY["standard"]))
    for name, severity in (changes or {}).items():
        if name not in _ORDER:
            raise PolicyError(f"preflight knows no check {name!r}; it knows {', '.join(_ORDER)}")
        if severity not in ("warn", "fail", "ignore"):
            raise PolicyError(f"preflight check {name}: {severity!r} is not warn, fail or ignore")
        policy[name] = severity  # type: ignore[assignment]
    return policy


def checks(
    probe: Probe,
    idle: IdleReport,
    policy: Mapping[str, Severity],
    *,
    needs: Needs | None = None,
    lock: LockState | None = None,
    me: Holder | None = None,
) -> list[Check]:
    """Answer every question that the policy does not ignore.

    Args:
        probe: what ``preflight_probe.sh`` printed.
        idle: how the idle gate ended.
        policy: severity by check.
        needs: of disk and memory.
        lock: of the host; None where nobody looked.
        me: the run that asks.
    """
    needs = needs or Needs()
    findings = [
        *idle_findings(idle),
        mains_finding(power_source(probe)),
        _power_profile(probe),
        _load(probe),
        _memory(probe, needs),
        _disk(probe, needs),
        _work_dir(probe),
        _gpu_users(probe),
        lock_finding(lock, me),
    ]
    return judged(findings, policy)


def judged(findings: Sequence[Finding], policy: Mapping[str, Severity]) -> list[Check]:
    """Return the answers that the policy does not ignore, with what it makes of them."""
    answered = []
    for finding in sorted(findings, key=lambda found: _ORDER.index(found.name)):
        severity = policy.get(finding.name, "warn")
        if severity == "ignore":
            continue
        answered.append(
            Check(
                name=finding.name,
                status="absent" if finding.bad is None else severity if finding.bad else "ok",
                value=finding.value,
                message=finding.message,
            )
        )
    return answered


def failures(answered: Sequence[Check]) -> str | None:
    """Return what stops the run, one sentence a check, or None."""
    failed = [f"{check.name}: {check.message}" for check in answered if check.status == "fail"]
    return "; ".join(failed) or None


def idle_findings(report: IdleReport) -> Iterator[Finding]:
    """Say how waiting for an idle host ended."""
    window = report.window
    busy = window.busy_cores
    who = f", most of it {window.culprit}" if window.culprit else ""
    waited = f"after {report.waited_s:.0f} s of waiting"
    yield Finding(
        "idle",
        None if busy is None else not report.quiet,
        None if busy is None else round(busy, 3),
        ""
        if report.quiet
        else f"{waited} other processes still keep {busy:.2f} cores busy{who}; end them, or "
        "raise preflight_idle_wait",
    )
    yield Finding(
        "temperature",
        None if window.cooled_c is None else not report.settled,
        window.temperature_c,
        ""
        if report.settled
        else f"{waited} the machine still cools down ({window.temperature_c:.1f} °C, "
        f"{window.cooled_c:.1f} °C less than a moment ago); raise preflight_idle_wait",
    )
    swapped = window.swapped_pages
    yield Finding(
        "swap",
        None if swapped is None else swapped > 0,
        swapped,
        f"{swapped:.0f} pages were swapped while the host should be idle; end what fills its memory"
        if swapped
        else "",
    )


def mains_finding(source: str | None) -> Finding:
    """Say what feeds the machine."""
    bad = None if source is None else source == "battery"
    return Finding("mains", bad, source, "it runs on battery; plug it in" if bad else "")


def _power_profile(probe: Probe) -> Finding:
    policy = power_policy(probe)
    complaint = policy.complaint
    advice = "; choose another, e.g. powerprofilesctl set performance" if complaint else ""
    bad = None if policy.name is None else complaint is not None
    return Finding("power_profile", bad, policy.name, f"{complaint or ''}{advice}")


def _load(probe: Probe) -> Finding:
    words = (probe.lines("/proc/loadavg") or [""])[0].split()
    threads = _count(probe.word("/sys/devices/system/cpu/online") or "")
    try:
        load = float(words[0])
    except (IndexError, ValueError):
        return Finding("load", None, None, "")
    bad = load > max(1, threads or 1)
    message = (
        f"the mean of the last minute is {load:.2f} tasks on {threads or 'an unknown number of'} "
        "threads; it falls slowly after work has ended, and tasks that wait for a disk count too"
    )
    return Finding("load", bad, load, message if bad else "")


def _memory(probe: Probe, needs: Needs) -> Finding:
    for line in probe.lines("/proc/meminfo"):
        if match := re.match(r"MemAvailable:\s+(\d+) kB", line):
            free = int(match[1]) * 1.024e-6
            bad = free < needs.memory_gb
            message = f"{free:.1f} GB of memory are available, {needs.memory_gb:g} GB are needed"
            return Finding("memory", bad, round(free, 2), message if bad else "")
    return Finding("memory", None, None, "")


def _disk(probe: Probe, needs: Needs) -> Finding:
    for line in probe.lines("df")[1:]:
        if match := re.match(r".+\s\d+\s+-?\d+\s+(-?\d+)\s+\S+%\s+(.+)", line):
            free = int(match[1]) * 1.024e-6
            bad = free < needs.disk_gb
            message = (
                f"{match[2]} has room for {free:.1f} GB, {needs.disk_gb:g} GB are needed; free "
                "some, or choose another folder by preflight_work_dir"
            )
            return Finding("disk", bad, round(free, 2), message if bad else "")
    return Finding("disk", None, None, "")


def _work_dir(probe: Probe) -> Finding:
    kind = probe.word("filesystem")
    bad = None if kind is None else kind in ("tmpfs", "ramfs")
    message = f"the working folder lies on {kind}, in memory: fio would not measure a disk"
    return Finding("work_dir", bad, kind, message if bad else "")


def _gpu_users(probe: Probe) -> Finding:
    asked = [name for name in ("gpu users", "nvidia apps") if name in probe.found]
    if not asked:
        return Finding("gpu_users", None, None, "")
    users = []
    for line in probe.lines("gpu users"):
        pid, _, name = line.partition(" ")
        if pid.isdigit() and not _DESKTOP.fullmatch(name):
            users.append(f"{name or 'a process'} ({pid})")
    for line in probe.lines("nvidia apps"):
        pid, _, name = line.partition(",")
        if pid.strip().isdigit():
            users.append(f"{name.strip().rsplit('/', 1)[-1]} ({pid.strip()})")
    names = ", ".join(dict.fromkeys(users))
    message = f"{names} use the graphics processor; end them before a model is measured on it"
    return Finding("gpu_users", bool(users), len(set(users)), message if users else "")


def lock_finding(lock: LockState | None, me: Holder | None) -> Finding:
    """Say whether another run measures this host."""
    if lock is None or me is None:
        return Finding("lock", None, None, "")
    verdict, why = lock.verdict(me)
    bad = verdict == "held"
    advice = "; wait for it" if bad else ""
    return Finding("lock", bad, verdict, f"{why}{advice}" if verdict != "mine" else "")


def _count(cpus: str) -> int | None:
    """Count a list such as ``0-15,32``."""
    total = 0
    for part in cpus.split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if match is None:
            return None
        total += int(match[2] or match[1]) - int(match[1]) + 1
    return total
