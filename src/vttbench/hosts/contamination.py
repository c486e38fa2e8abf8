"""Whether something other than the tool was at work on a host during a repeat.

Signs that count, and why:

* **foreign CPU**: time of all processes less the tool's, less ours. Time in interrupts and of
  kernel threads is left out: a tool that reads a disk or drives a GPU causes plenty of it itself.
* **steal**: the hypervisor ran somebody else. Measured against the time the machine wanted to
  run, because an idle core can't be stolen from.
* **memory pressure** and **swapping**: whoever caused them, the repeat measured the swap device.
* **I/O pressure** only for tools that do no I/O of their own.

CPU pressure does not count. A tool with more threads than cores makes it alone.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from vttbench.hosts.snapshot import Process, Snapshot, parse_snapshot, snapshot_command

__all__ = [
    "ForeignProcess",
    "Snapshot",
    "Thresholds",
    "disturbance",
    "judge",
    "parse_snapshot",
    "snapshot_command",
    "thresholds_for",
    "top_foreign",
]


class Thresholds(BaseModel):
    """From where on a repeat is contaminated. None: that sign is recorded and never judged.

    The defaults let the housekeeping of a server or a virtual machine pass (some percent of one
    core) and catch another program that keeps half a core busy.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    foreign_cpu_cores: float | None = Field(
        default=0.25, gt=0, description="Cores that others kept busy, mean over the repeat"
    )
    foreign_cpu_s: float = Field(
        default=0.2,
        ge=0,
        description="Foreign CPU seconds below which nothing is said: clocks tick in 10 ms, and a "
        "repeat of a tenth of a second would be judged by its rounding",
    )
    steal_percent: float | None = Field(
        default=5.0, gt=0, description="Stolen share of the time that the machine wanted to run"
    )
    psi_memory_percent: float | None = Field(
        default=5.0, gt=0, description="Share of the repeat in which a task waited for memory"
    )
    psi_io_percent: float | None = Field(
        default=None, gt=0, description="Share of the repeat in which a task waited for a disk"
    )
    swap_pages: int | None = Field(
        default=2048, gt=0, description="Pages swapped in and out during the repeat (8 MiB)"
    )


def thresholds_for(*, tool_does_io: bool) -> Thresholds:
    """Return the defaults for a tool; one that does no I/O is also judged by I/O pressure."""
    return Thresholds() if tool_does_io else Thresholds(psi_io_percent=20.0)


@dataclass(frozen=True)
class ForeignProcess:
    """The process that used most CPU beside the tool."""

    pid: int
    name: str
    cpu_s: float
    children: bool = False

    def __str__(self) -> str:
        """Say who it was, as in ``ffmpeg (pid 4711, 12.3 CPU s)``."""
        who = f"children of {self.name}" if self.children else self.name
        return f"{who} (pid {self.pid}, {self.cpu_s:.1f} CPU s)"


def disturbance(
    before: Snapshot,
    after: Snapshot,
    tool_cpu_s: float | None,
    harness_cpu_s: float = 0.0,
    cores: int | None = None,
) -> dict[str, float]:
    """Return what else happened on the host between two snapshots.

    Args:
        before: taken right before the tool started.
        after: taken right after it ended.
        tool_cpu_s: user and system time of the tool and its children; None: foreign CPU is absent.
        harness_cpu_s: what we ourselves spent on the host meanwhile (wrapper, sampler).
        cores: logical CPUs, if known; what ``/proc/stat`` counted wins where it is more. In a
            container with a ``/proc/stat`` of the whole machine that is the machine's number, and
            so is the load.

    Returns:
        Values by name; the unit is the end of the name, ``percent`` of all cores for CPU and of
        the wall time for pressure. What a host does not offer is missing. Empty where the
        snapshots don't span a time, such as after a reboot.
    """
    if before.uptime_s is None or after.uptime_s is None or after.uptime_s <= before.uptime_s:
        return {}
    wall = after.uptime_s - before.uptime_s
    values: dict[str, float] = {}
    if before.busy_s is not None and after.busy_s is not None:
        total = after.total_s - before.total_s
        capacity = max(total, (cores or 1) * wall)
        kernel = _kernel_cpu_s(before, after)
        interrupts = max(0.0, after.interrupt_s - before.interrupt_s)
        stolen = max(0.0, after.steal_s - before.steal_s)
        busy = after.busy_s - before.busy_s
        values["kernel_cpu_percent"] = 100.0 * (kernel + interrupts) / capacity
        wanted = busy + interrupts + stolen
        values["steal_percent"] = 100.0 * stolen / wanted if wanted > 0 else 0.0
        if tool_cpu_s is not None:
            foreign = max(0.0, busy - kernel - tool_cpu_s - harness_cpu_s)
            values["foreign_cpu_s"] = foreign
            values["foreign_cpu_cores"] = foreign / wall
            values["foreign_cpu_percent"] = 100.0 * foreign / capacity
    for resource, stalled in after.stalled_s.items():
        if resource in before.stalled_s:
            share = (stalled - before.stalled_s[resource]) / wall
            values[f"psi_{resource}_percent"] = min(100.0, max(0.0, 100.0 * share))
    if before.swap_pages is not None and after.swap_pages is not None:
        values["swap_in_pages"] = float(max(0, after.swap_pages[0] - before.swap_pages[0]))
        values["swap_out_pages"] = float(max(0, after.swap_pages[1] - before.swap_pages[1]))
    if after.load_1min is not None:
        values["load_1min"] = after.load_1min
    return {name: round(value, 4) for name, value in values.items()}


def judge(
    values: Mapping[str, float],
    thresholds: Thresholds,
    foreign: ForeignProcess | None = None,
) -> str | None:
    """Return why a repeat must not count, as one sentence, or None where nothing disturbed it.

    Args:
        values: what :func:`disturbance` returned; what is missing there is not judged.
        thresholds: limits.
        foreign: who it was, if known (:func:`top_foreign`).
    """
    reasons = []
    cores = values.get("foreign_cpu_cores", 0.0)
    if (
        thresholds.foreign_cpu_cores is not None
        and cores >= thresholds.foreign_cpu_cores
        and values.get("foreign_cpu_s", 0.0) >= thresholds.foreign_cpu_s
    ):
        who = f", most of it {foreign}" if foreign is not None else ""
        share = values.get("foreign_cpu_percent", 0.0)
        reasons.append(f"other processes kept {cores:.2f} cores busy ({share:.0f} % of all{who})")
    for name, limit, words in (
        ("steal_percent", thresholds.steal_percent, "the hypervisor took {:.1f} % of the CPU time"),
        (
            "psi_memory_percent",
            thresholds.psi_memory_percent,
            "memory was short for {:.1f} % of it",
        ),
        ("psi_io_percent", thresholds.psi_io_percent, "tasks waited for a disk for {:.1f} % of it"),
    ):
        if limit is not None and values.get(name, 0.0) >= limit:
            reasons.append(words.format(values[name]))
    swapped = values.get("swap_in_pages", 0.0) + values.get("swap_out_pages", 0.0)
    if thresholds.swap_pages is not None and swapped >= thresholds.swap_pages:
        reasons.append(f"{swapped:.0f} pages were swapped")
    return f"During this repeat {'; '.join(reasons)}" if reasons else None


def top_foreign(
    before: Snapshot,
    after: Snapshot,
    *,
    own_sessions: Collection[int] = (),
    own_pids: Collection[int] = (),
) -> ForeignProcess | None:
    """Return the process that used most CPU between two snapshots, leaving out the tool's and ours.

    A process that began and ended in between is seen only through its parent, as "children of".

    Args:
        before: snapshot with its process list.
        after: snapshot with its process list.
        own_sessions: session ids whose processes are the tool or ours.
        own_pids: process ids that are ours.

    Returns:
        None where no process list is there or nobody used any measurable time.
    """
    # A parent is credited with the whole life of a child when that ends, also with what lay before.
    spent = (after.busy_s or math.inf) - (before.busy_s or 0.0)
    best: ForeignProcess | None = None
    for key, process in after.processes.items():
        if process.kernel or process.session in own_sessions or process.pid in own_pids:
            continue
        earlier = before.processes.get(key)
        own = process.own_cpu_s - (earlier.own_cpu_s if earlier else 0.0)
        children = process.children_cpu_s - (earlier.children_cpu_s if earlier else 0.0)
        children = children if children <= spent else 0.0
        used = max(own, children)
        if used > 0 and (best is None or used > best.cpu_s):
            best = ForeignProcess(process.pid, process.name, round(used, 2), children > own)
    return best


def _kernel_cpu_s(before: Snapshot, after: Snapshot) -> float:
    def used(key: tuple[int, int], process: Process) -> float:
        earlier = before.processes.get(key)
        return process.own_cpu_s - (earlier.own_cpu_s if earlier else 0.0)

    return max(0.0, sum(used(k, p) for k, p in after.processes.items() if p.kernel))
