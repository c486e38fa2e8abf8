"""The machines of the demo fleet, and what is planted in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from vttbench.demo.workloads import Area

_CHIP = "AMD Ryzen AI Max+ 395"
_GPU = "AMD Radeon 8060S"


@dataclass(frozen=True)
class Change:
    """Something on a machine that is another from a session on.

    Attributes:
        at: share of the sessions that lie before it, 0 to 1.
        facts: fields of the host that change: driver, bios, kernel, power_profile.
        effect: by area, factor on the speed; empty for a change without consequence.
        metrics: names of the metrics it strikes; empty for all of the area.
    """

    at: float
    facts: Mapping[str, str]
    effect: Mapping[Area, float] = field(default_factory=dict)
    metrics: frozenset[str] = frozenset()

    def begins(self, sessions: int) -> int:
        """Return the first session, from 0, that it holds for."""
        return round(self.at * sessions)


@dataclass(frozen=True)
class Machine:
    """One machine of the demo fleet.

    Attributes:
        name: in the inventory.
        fleet: machines that are meant to be identical.
        os_family: linux or windows.
        facts: what the host tells of itself.
        lottery: what this very machine got: factor on all speeds.
        speed: factor by area of its kind of machine.
        changes: in order of time.
        hot: it throttles: slower from repeat to repeat, near its limit of temperature.
        battery_session: share of the sessions before the one that somebody forgot to plug it in.
    """

    name: str
    fleet: str | None
    os_family: Literal["linux", "windows"]
    facts: Mapping[str, str | float | int]
    lottery: float = 1.0
    speed: Mapping[Area, float] = field(default_factory=dict)
    changes: tuple[Change, ...] = ()
    hot: bool = False
    battery_session: float | None = None


def fleet(hosts: int, rng: np.random.Generator) -> list[Machine]:
    """Return the machines: four laptops, a desktop and a server of the story, then rigs.

    Args:
        hosts: how many; at least the four laptops.
        rng: decides what the rigs got in the lottery.

    Raises:
        ValueError: fewer than four.
    """
    if hosts < 4:
        raise ValueError(f"the demo fleet has at least four machines, not {hosts}")
    rigs = (_rig(number, float(rng.normal(0, 0.008))) for number in range(1, hosts))
    return [*_story(), *rigs][:hosts]


def _story() -> list[Machine]:
    worse = Change(
        0.6,
        {"driver": "AMD 26.10.3"},
        {Area.AI: 0.94},
        metrics=frozenset({"generation_tps"}),
    )
    better = Change(0.5, {"bios": "INSYDE 03.05 (08/14/2026)"}, {Area.MEMORY: 1.04})
    decoy = Change(0.35, {"kernel": "6.18.9-amd64"})
    update = Change(0.7, {"driver": "AMD 26.10.3"})
    return [
        _zbook(1, 1.000, changes=(update,), battery_session=0.25),
        _zbook(2, 0.997, changes=(worse,)),
        _zbook(3, 1.021, changes=()),
        _zbook(4, 1.001, changes=(), hot=True),
        Machine(
            name="framework-desktop", fleet=None, os_family="linux",
            facts={
                "os": "Debian 13.2", "kernel": "6.12.57-amd64", "cpu": _CHIP, "cores": 16,
                "threads": 32, "memory_gb": 125.1, "gpu": _GPU, "bios": "INSYDE 03.03 (05/02/2026)",
                "model": "Framework Desktop", "power_profile": "performance",
                "driver": "Mesa 26.2.1",
            },
            speed={Area.CPU: 1.06, Area.MEMORY: 1.02, Area.AI: 1.05, Area.STORAGE: 0.93},
            changes=(decoy, better),
        ),
        Machine(
            name="ms01", fleet=None, os_family="linux",
            facts={
                "os": "Debian 13.2", "kernel": "6.14.11-4-pve", "cpu": "Intel Core i9-13900H",
                "cores": 14, "threads": 20, "memory_gb": 62.5, "gpu": "Intel Iris Xe",
                "bios": "AMI 1.27 (01/20/2026)", "model": "Minisforum MS-01",
                "power_profile": "performance", "driver": "Mesa 26.2.1",
            },
            speed={Area.CPU: 0.58, Area.MEMORY: 0.36, Area.AI: 0.11, Area.STORAGE: 1.02},
        ),
    ]  # fmt: skip


def _zbook(
    number: int,
    lottery: float,
    *,
    changes: tuple[Change, ...],
    hot: bool = False,
    battery_session: float | None = None,
) -> Machine:
    return Machine(
        name=f"zbook-{number:02d}", fleet="zbooks", os_family="windows",
        facts={
            "os": "Windows 11 Pro 25H2", "kernel": "10.0.26200.7171", "cpu": _CHIP, "cores": 16,
            "threads": 32, "memory_gb": 127.6, "gpu": _GPU, "bios": "HP X89 01.04.02 (07/30/2026)",
            "model": "HP ZBook Ultra G1a 14", "power_profile": "High performance",
            "driver": "AMD 26.8.1",
        },
        lottery=lottery, changes=changes, hot=hot, battery_session=battery_session,
    )  # fmt: skip


def _rig(number: int, offset: float) -> Machine:
    group = "abcdefghijklmnopqrstuvwxyz"[(number - 1) // 8 % 26]
    return Machine(
        name=f"rig-{number:03d}", fleet=f"rigs-{group}", os_family="windows",
        facts={
            "os": "Windows 11 Pro 25H2", "kernel": "10.0.26200.7171",
            "cpu": "AMD Ryzen 9 9950X3D", "cores": 16, "threads": 32, "memory_gb": 63.6,
            "gpu": "NVIDIA GeForce RTX 5080", "bios": "AMI 3.20 (06/11/2026)",
            "model": "ASUS ProArt X870E", "power_profile": "High performance",
            "driver": "NVIDIA 581.80",
        },
        lottery=1.0 + offset,
        speed={Area.CPU: 1.18, Area.MEMORY: 0.38, Area.AI: 1.9, Area.STORAGE: 1.3},
    )  # fmt: skip
