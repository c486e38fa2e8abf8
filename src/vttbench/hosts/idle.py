"""The idle gate: wait until a host has been quiet for some seconds and no longer cools down.

One window is one command: a snapshot, a sleep on the host, another snapshot. Nothing is polled in
between, so that watching does not keep the host from being idle.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vttbench.hosts.contamination import disturbance, top_foreign
from vttbench.hosts.sections import sections
from vttbench.hosts.snapshot import parse_snapshot, snapshot_command

_AFTER = "==> after <=="
_SENSORS = ("k10temp", "coretemp", "zenpower", "cpu_thermal", "amdgpu")


@dataclass(frozen=True)
class IdleLimits:
    """What counts as quiet.

    Attributes:
        wait_s: how long to wait for it at most.
        window_s: for how long the host must have been quiet.
        cpu_cores: cores that may be busy, mean over the window. Below what contaminates a repeat.
        cooling_c: °C that the hottest sensor may still fall by in one window.
    """

    wait_s: float
    window_s: float
    cpu_cores: float = 0.2
    cooling_c: float = 0.5


PROFILES = {
    "quick": IdleLimits(wait_s=20, window_s=2),
    "standard": IdleLimits(wait_s=120, window_s=5),
    "full": IdleLimits(wait_s=600, window_s=10),
}


@dataclass(frozen=True)
class Window:
    """What one window saw; None where the host does not tell.

    Attributes:
        busy_cores: cores kept busy by processes, ours not counted as they sleep.
        temperature_c: of the hottest sensor of processor or graphics, at its end.
        cooled_c: by how much that fell during the window.
        swapped_pages: in and out.
        culprit: the process that used most CPU.
    """

    busy_cores: float | None = None
    temperature_c: float | None = None
    cooled_c: float | None = None
    swapped_pages: float | None = None
    culprit: str | None = None

    def quiet(self, limits: IdleLimits) -> bool:
        """Return whether nothing was going on, as far as can be told."""
        return self.busy_cores is None or self.busy_cores <= limits.cpu_cores

    def settled(self, limits: IdleLimits) -> bool:
        """Return whether temperature no longer falls, as far as can be told."""
        return self.cooled_c is None or self.cooled_c <= limits.cooling_c


@dataclass(frozen=True)
class IdleReport:
    """How the waiting ended: the last window, and for how long it was waited."""

    window: Window
    quiet: bool
    settled: bool
    waited_s: float


def window_command(seconds: float) -> str:
    """Return shell text that watches the host for so many seconds."""
    sensors = (
        "head -n 1 /sys/class/hwmon/hwmon*/name /sys/class/hwmon/hwmon*/temp1_input 2>/dev/null"
    )
    look = f"{sensors}\n{snapshot_command()}"
    return f"{look}sleep {seconds:g}\necho '{_AFTER}'\n{look}"


def parse_window(text: str) -> Window:
    """Read what :func:`window_command` printed; what is missing is absent."""
    first, _, second = text.partition(_AFTER)
    before, after = parse_snapshot(first), parse_snapshot(second)
    values = disturbance(before, after, tool_cpu_s=0.0)
    culprit = top_foreign(before, after)
    was, now = _hottest(first), _hottest(second)
    swapped = [values[name] for name in ("swap_in_pages", "swap_out_pages") if name in values]
    return Window(
        busy_cores=values.get("foreign_cpu_cores"),
        temperature_c=now,
        cooled_c=round(was - now, 2) if was is not None and now is not None else None,
        swapped_pages=sum(swapped) if swapped else None,
        culprit=str(culprit) if culprit else None,
    )


def wait_until_idle(
    watch: Callable[[str], str],
    limits: IdleLimits,
    *,
    clock: Callable[[], float],
    on_window: Callable[[Window], None] = lambda _: None,
) -> IdleReport:
    """Watch window after window until one is quiet and settled, or the time is over.

    Args:
        watch: runs shell text on the host and returns what it printed.
        limits: what counts as quiet; at least one window is watched, whatever the time.
        clock: seconds.
        on_window: hears of every window that was not quiet.
    """
    return first_quiet(
        lambda: parse_window(watch(window_command(limits.window_s))),
        limits,
        clock=clock,
        on_window=on_window,
    )


def first_quiet(
    look: Callable[[], Window],
    limits: IdleLimits,
    *,
    clock: Callable[[], float],
    on_window: Callable[[Window], None] = lambda _: None,
) -> IdleReport:
    """Look at window after window, whatever the system, as :func:`wait_until_idle` does.

    Args:
        look: watches the host for one window.
        limits: what counts as quiet.
        clock: seconds.
        on_window: hears of every window that was not quiet.
    """
    started = clock()
    while True:
        window = look()
        quiet, settled = window.quiet(limits), window.settled(limits)
        waited = clock() - started
        if (quiet and settled) or waited + limits.window_s > limits.wait_s:
            return IdleReport(window, quiet, settled, waited)
        on_window(window)


def _hottest(text: str) -> float | None:
    found = sections(text)
    temperatures = []
    for name, lines in found.items():
        match = re.fullmatch(r"(/sys/class/hwmon/hwmon\d+)/temp1_input", name)
        if match and lines and found.get(f"{match[1]}/name", [""])[0] in _SENSORS:
            try:
                temperatures.append(int(lines[0]) / 1000.0)
            except ValueError:
                continue
    return max(temperatures, default=None)
