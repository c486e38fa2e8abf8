"""What a Windows host did between two moments, from counters that WMI reads out of the kernel.

``Win32_PerfRawData_PerfOS_Processor`` gives the time of all processors by kind, also of processes
that are gone; ``Win32_Process`` gives each living process. The tool itself is gone when the second
snapshot is taken, so its time is what nobody else accounts for. Somebody else's program that began
and ended within a repeat is counted to the tool: what is called foreign is a lower bound.

A process's times are in units of 100 ns, as are the raw counters (``PERF_100NSEC_TIMER``).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from vttbench.hosts.contamination import ForeignProcess
from vttbench.hosts.windows.cim import Answers, Query, Row, moment, number, whole

TICKS = 1e7

# Kernel threads and pseudo-processes: a tool that reads a disk makes them work.
_KERNEL = {"system idle process", "system", "registry", "memory compression", "secure system"}
# What carries our questions.
_OURS = {"wmiprvse.exe", "winrshost.exe", "wsmprovhost.exe"}
# So much may be missing of a span before we say that the machine slept; counters tick in 16 ms.
_SLEPT_S = 5.0

SYSTEM = Query("system", "Win32_OperatingSystem", ("LastBootUpTime",))

QUERIES = (
    Query(
        "processes",
        "Win32_Process",
        ("ProcessId", "ParentProcessId", "Name", "CreationDate", "KernelModeTime", "UserModeTime"),
    ),
    Query(
        "processor",
        "Win32_PerfRawData_PerfOS_Processor",
        ("PercentIdleTime", "PercentUserTime", "PercentPrivilegedTime"),
        filter="Name = '_Total'",
    ),
    SYSTEM,
)


@dataclass(frozen=True)
class Process:
    """A living process and the CPU seconds it used so far."""

    pid: int
    parent: int
    name: str
    created: str
    cpu_s: float


@dataclass(frozen=True)
class Snapshot:
    """Counters since boot; what the host does not offer is None or missing.

    Attributes:
        at: by the host's clock.
        booted: when the host was started.
        busy: user and privileged time of all processors, in ticks: a sum or a mean over them.
        total: the same with idle time.
        processes: by id and moment of creation, as ids are used again.
    """

    at: datetime | None
    booted: datetime | None
    busy: float | None
    total: float | None
    processes: dict[tuple[int, str], Process]


@dataclass(frozen=True)
class Span:
    """What happened between two snapshots.

    Attributes:
        tool_cpu_s: of everything that nobody else accounts for; None where it can't be told.
        harness_cpu_s: of what we had running there.
        disturbance: by name, as on Linux.
        culprit: who used most beside the tool and us.
        slept_s: for so long the machine stood still.
        restarted: whether it was started anew.
    """

    tool_cpu_s: float | None
    harness_cpu_s: float
    disturbance: dict[str, float]
    culprit: ForeignProcess | None
    slept_s: float
    restarted: bool


def snapshot_of(found: Answers, at: datetime | None) -> Snapshot:
    """Read what :data:`QUERIES` gave."""
    times = found.first("processor")
    idle, user, privileged = (
        number(times.get(name))
        for name in ("PercentIdleTime", "PercentUserTime", "PercentPrivilegedTime")
    )
    known = idle is not None and user is not None and privileged is not None
    busy = (user or 0.0) + (privileged or 0.0) if known else None
    processes = [process for row in found.rows("processes") if (process := _process(row))]
    return Snapshot(
        at=at,
        booted=moment(found.first("system").get("LastBootUpTime")),
        busy=busy,
        total=busy + (idle or 0.0) if busy is not None else None,
        processes={(process.pid, process.created): process for process in processes},
    )


def span(
    before: Snapshot, after: Snapshot, *, cores: int, own_pids: Collection[int] = ()
) -> Span | None:
    """Return what happened between two snapshots; None where they don't span a time.

    Args:
        before: taken right before the tool started.
        after: taken right after it ended.
        cores: logical processors of the host.
        own_pids: processes that are ours: the sampler, what runs our script.
    """
    if before.at is None or after.at is None or after.at <= before.at:
        return None
    wall = (after.at - before.at).total_seconds()
    restarted = (
        before.booted is not None
        and after.booted is not None
        and abs((after.booted - before.booted).total_seconds()) > 60
    )
    kernel = foreign = harness = 0.0
    culprit: ForeignProcess | None = None
    own = _with_descendants(after, own_pids)
    for key, process in after.processes.items():
        earlier = before.processes.get(key)
        used = max(0.0, process.cpu_s - (earlier.cpu_s if earlier else 0.0))
        name = process.name.lower()
        if name == "system idle process":
            continue
        if name in _KERNEL:
            kernel += used
        elif name in _OURS or process.pid in own:
            harness += used
        else:
            foreign += used
            if used > 0 and (culprit is None or used > culprit.cpu_s):
                culprit = ForeignProcess(process.pid, process.name, round(used, 2))
    values = {
        "foreign_cpu_s": foreign,
        "foreign_cpu_cores": foreign / wall,
        "foreign_cpu_percent": 100.0 * foreign / (cores * wall),
        "kernel_cpu_percent": 100.0 * kernel / (cores * wall),
    }
    tool, slept = _of_all(before, after, wall, cores, kernel + foreign + harness)
    return Span(
        tool_cpu_s=tool,
        harness_cpu_s=harness,
        disturbance={name: round(value, 4) for name, value in values.items()},
        culprit=culprit,
        slept_s=slept,
        restarted=restarted,
    )


def _of_all(
    before: Snapshot, after: Snapshot, wall: float, cores: int, others_s: float
) -> tuple[float | None, float]:
    """Return the CPU seconds that nobody else accounts for, and for how long the machine slept."""
    if before.busy is None or after.busy is None or before.total is None or after.total is None:
        return None, 0.0
    total = (after.total - before.total) / TICKS
    if total <= 0:
        return None, 0.0
    # `_Total` is the mean of all processors; should some Windows give the sum, this tells.
    processors = cores if total > 1.5 * wall else 1
    awake = total / processors
    busy = (after.busy - before.busy) / TICKS * cores / processors
    slept = wall - awake
    return max(0.0, busy - others_s), slept if slept > max(_SLEPT_S, 0.1 * wall) else 0.0


def _with_descendants(snapshot: Snapshot, pids: Collection[int]) -> set[int]:
    own = set(pids)
    while True:
        more = {p.pid for p in snapshot.processes.values() if p.parent in own} - own
        if not more:
            return own
        own |= more


def _process(row: Row) -> Process | None:
    pid = whole(row.get("ProcessId"))
    if pid is None:
        return None
    ticks = (number(row.get("KernelModeTime")) or 0.0) + (number(row.get("UserModeTime")) or 0.0)
    return Process(
        pid=pid,
        parent=whole(row.get("ParentProcessId")) or 0,
        name=str(row.get("Name") or ""),
        created=str(row.get("CreationDate") or ""),
        cpu_s=ticks / TICKS,
    )
