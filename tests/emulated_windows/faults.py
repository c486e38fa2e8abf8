"""Faults on demand: what befalls laptops, by name."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from .fleet import EmulatedHost
from .machine.power import Source

Act = Callable[[EmulatedHost, float], None]


@dataclass(frozen=True)
class Fault:
    """Something that can happen to a host.

    Attributes:
        value: what the number behind it means; empty where it takes none.
    """

    what: str
    act: Act
    value: str = ""
    default: float = 0.0


def _mains(host: EmulatedHost, _: float) -> None:
    host.machine.power.source = Source.MAINS


def _battery(host: EmulatedHost, percent: float) -> None:
    host.machine.power.source = Source.BATTERY
    host.machine.power.battery_percent = int(percent)


def _idle(host: EmulatedHost, _: float) -> None:
    if host.machine.power.sleeps_when_idle:
        host.sleep()


def _lid(host: EmulatedHost, _: float) -> None:
    host.machine.power.lid_closed = True
    if host.machine.power.sleeps_when_closed:
        host.sleep()


def _open_lid(host: EmulatedHost, _: float) -> None:
    host.machine.power.lid_closed = False
    host.wake()


def _drop(host: EmulatedHost, seconds: float) -> None:
    host.endpoint.cut()
    if seconds:
        host.vanish()
        _later(seconds, host.reappear)


def _later(seconds: float, act: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, act)
    timer.daemon = True
    timer.start()


def _kill(host: EmulatedHost, _: float) -> None:
    host.lose_power(silent=False)


def _slow(host: EmulatedHost, rate: float) -> None:
    host.endpoint.link.bytes_per_s = rate


def _mtu(host: EmulatedHost, size: float) -> None:
    host.endpoint.link.mtu = int(size)


def _credentials(host: EmulatedHost, reject: float) -> None:
    host.policy.reject = bool(reject)


def _quota(host: EmulatedHost, count: float) -> None:
    host.shells.refuse_commands = int(count)


def _disk(host: EmulatedHost, free_bytes: float) -> None:
    drive = host.machine.drive
    drive.used_bytes += drive.free_bytes - int(free_bytes)


def _console(host: EmulatedHost, there: float) -> None:
    host.machine.console_user = host.machine.user if there else None


def _busy(host: EmulatedHost, percent: float) -> None:
    host.machine.load_percent = percent
    host.machine.processes.set_foreign_load(percent / 100.0 * host.machine.hardware.threads)


FAULTS = {
    "freeze": Fault("hangs: nothing is answered, programs stand still", lambda h, _: h.freeze()),
    "thaw": Fault("goes on after freeze", lambda h, _: h.thaw()),
    "sleep": Fault("sleeps: nobody hears anything of it", lambda h, _: h.sleep()),
    "wake": Fault("wakes up; old connections are dead", lambda h, _: h.wake()),
    "idle": Fault("nobody touches it for long: sleeps, if its power plan says so", _idle),
    "close-lid": Fault("the lid is closed: sleeps, if its power plan says so", _lid),
    "open-lid": Fault("the lid is opened", _open_lid),
    "power-loss": Fault("off, from one moment to the next", lambda h, _: h.lose_power()),
    "kill": Fault("off, and its address refuses connections", _kill),
    "boot": Fault("starts after power-loss or kill", lambda h, _: h.boot()),
    "reboot": Fault("restarts by itself", lambda h, s: h.restart(s), "seconds until then"),
    "drop": Fault("the line is cut", _drop, "seconds until it is whole again"),
    "slow": Fault("a slow line", _slow, "bytes a second, 0 for fast", 20_000.0),
    "mtu": Fault("larger messages vanish", _mtu, "bytes, 0 for all pass", 1_400.0),
    "credentials": Fault("takes no password", _credentials, "0 takes them again", 1.0),
    "certificate": Fault(
        "shows a certificate nobody trusts",
        lambda h, strange: h.present_strange_certificate(bool(strange)),
        "0 shows the right one", 1.0,
    ),
    "quota": Fault("refuses commands for want of quota", _quota, "how many", 1.0),
    "disk": Fault("the disk is full", _disk, "bytes that are left", 0.0),
    "battery": Fault("runs on battery", _battery, "percent left", 80.0),
    "mains": Fault("is plugged in", _mains),
    "console": Fault("nobody is logged on", _console, "1: the user logs on", 0.0),
    "busy": Fault("something else works there", _busy, "percent of the processor", 60.0),
}  # fmt: skip


def strike(
    host: EmulatedHost,
    name: str,
    value: float | None = None,
    *,
    when: str | None = None,
    after_s: float = 0.0,
) -> None:
    """Let something happen to a host.

    Args:
        when: not before a program starts whose command line holds this.
        after_s: so long after that, or after now.

    Raises:
        ValueError: there is no such fault.
    """
    fault = FAULTS.get(name)
    if fault is None:
        raise ValueError(f"no such fault: {name}. There are: {', '.join(FAULTS)}")
    number = fault.default if value is None else value

    def act() -> None:
        host.machine.journal.note("fault", name=name, value=number)
        fault.act(host, number)

    def soon() -> None:
        _later(after_s, act)

    if when:
        host.machine.processes.when_starts(when, soon)
    elif after_s:
        soon()
    else:
        act()
