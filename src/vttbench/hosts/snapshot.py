"""What a Linux host had done up to one moment: counters read before and after each repeat.

The host runs a few lines of POSIX shell (two short-lived processes, three with the process list);
everything else happens here. Counters rather than rates: what lies between two snapshots is known
exactly, however short a repeat is, and nothing has to run while the tool does.

Sources: proc(5), Documentation/accounting/psi.rst. ``/proc/stat`` and ``/proc/PID/stat`` count in
USER_HZ, which Linux fixes at 100 for all architectures in use.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from vttbench.hosts.sections import sections

USER_HZ = 100.0
PF_KTHREAD = 0x00200000  # include/linux/sched.h

_FILES = (
    "/proc/uptime",
    "/proc/stat",
    "/proc/loadavg",
    "/proc/pressure/cpu",
    "/proc/pressure/io",
    "/proc/pressure/memory",
)


def snapshot_command(*, processes: bool = True) -> str:
    """Return the shell text that prints a snapshot; it never fails and needs no root.

    Args:
        processes: also list every process, so that a disturbance can be given a name. Costs about
            40 microseconds of CPU a process.
    """
    lines = [
        # Given several files, head names each before its lines and passes over missing ones.
        f"head -n 3 {' '.join(_FILES)} 2>/dev/null",
        "echo '==> /proc/vmstat <=='",
        "grep '^pswp' /proc/vmstat 2>/dev/null",
    ]
    if processes:
        lines += ["echo '==> processes <=='", "cat /proc/[0-9]*/stat 2>/dev/null"]
    return "\n".join([*lines, "echo '==> end <=='"]) + "\n"


@dataclass(frozen=True)
class Process:
    """One line of ``/proc/PID/stat``; times in CPU seconds since the process began."""

    pid: int
    name: str
    session: int
    kernel: bool
    own_cpu_s: float
    children_cpu_s: float
    started_ticks: int


@dataclass(frozen=True)
class Snapshot:
    """Counters since boot. What the host does not offer is None or missing.

    Attributes:
        uptime_s: seconds since boot, resolution 10 ms.
        busy_s: user, nice and system time of all CPUs.
        interrupt_s: time in hard and soft interrupts, which belongs to no process.
        steal_s: time the hypervisor gave to others while this machine had work.
        total_s: all of it, idle included: cores times seconds.
        stalled_s: by resource, seconds in which at least one task waited for it (PSI "some").
        swap_pages: pages swapped in and out.
        processes: by process id and start time, so that a reused id is another process.
    """

    uptime_s: float | None = None
    busy_s: float | None = None
    interrupt_s: float = 0.0
    steal_s: float = 0.0
    total_s: float = 0.0
    load_1min: float | None = None
    stalled_s: Mapping[str, float] = field(default_factory=dict)
    swap_pages: tuple[int, int] | None = None
    processes: Mapping[tuple[int, int], Process] = field(default_factory=dict)


def parse_snapshot(text: str) -> Snapshot:
    """Read what :func:`snapshot_command` printed; a part that is missing or broken is absent."""
    found = sections(text)
    cpu = _cpu(found.get("/proc/stat", []))
    pressures = {
        name: stalled
        for name in ("cpu", "io", "memory")
        if (stalled := _stalled(found.get(f"/proc/pressure/{name}", []))) is not None
    }
    processes = [_process(line) for line in found.get("processes", [])]
    return Snapshot(
        uptime_s=_first_number(found.get("/proc/uptime", [])),
        busy_s=sum(cpu[:3]) if cpu else None,
        interrupt_s=sum(cpu[5:7]) if cpu else 0.0,
        steal_s=cpu[7] if cpu else 0.0,
        total_s=sum(cpu) if cpu else 0.0,
        load_1min=_first_number(found.get("/proc/loadavg", [])),
        stalled_s=pressures,
        swap_pages=_swap(found.get("/proc/vmstat", [])),
        processes={(p.pid, p.started_ticks): p for p in processes if p is not None},
    )


def _cpu(lines: list[str]) -> list[float] | None:
    # user nice system idle iowait irq softirq steal; guest time is part of user already
    for line in lines:
        words = line.split()
        if words[0] == "cpu":
            try:
                ticks = [int(word) / USER_HZ for word in words[1:9]]
            except ValueError:
                return None
            return ticks + [0.0] * (8 - len(ticks)) if len(ticks) >= 4 else None
    return None


def _first_number(lines: list[str]) -> float | None:
    try:
        return float(lines[0].split()[0])
    except (IndexError, ValueError):
        return None


def _stalled(lines: list[str]) -> float | None:
    for line in lines:
        if match := re.match(r"some .*\btotal=(\d+)", line):
            return int(match[1]) / 1e6
    return None


def _swap(lines: list[str]) -> tuple[int, int] | None:
    counts = dict(line.split(None, 1) for line in lines if len(line.split()) == 2)
    try:
        return int(counts["pswpin"]), int(counts["pswpout"])
    except (KeyError, ValueError):
        return None


def _process(line: str) -> Process | None:
    # The name stands in brackets and may itself hold brackets and spaces: the last one closes it.
    head, _, tail = line.rpartition(") ")
    pid, _, name = head.partition(" (")
    words = tail.split()
    try:
        return Process(
            pid=int(pid),
            name=name,
            session=int(words[3]),
            kernel=bool(int(words[6]) & PF_KTHREAD),
            own_cpu_s=(int(words[11]) + int(words[12])) / USER_HZ,
            children_cpu_s=(int(words[13]) + int(words[14])) / USER_HZ,
            started_ticks=int(words[19]),
        )
    except (ValueError, IndexError):
        return None
