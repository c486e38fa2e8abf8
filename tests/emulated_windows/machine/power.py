"""Mains and battery, power plans, what sends the laptop to sleep."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Source(StrEnum):
    """Where the current comes from."""

    MAINS = "mains"
    BATTERY = "battery"


@dataclass(frozen=True)
class Plan:
    """A power plan."""

    guid: str
    name: str


BALANCED = Plan("381b4222-f694-41f0-9685-ff5bb260df2e", "Balanced")
HIGH_PERFORMANCE = Plan("8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c", "High performance")
POWER_SAVER = Plan("a1841308-3541-4fab-bc81-f71556f20b4a", "Power saver")

# Setting identifiers of powercfg: (subgroup, setting) -> alias, as `powercfg /aliases` prints them.
SUB_SLEEP = "238c9fa8-0aad-41ed-83f4-97be242c8f20"
SUB_BUTTONS = "4f971e89-eebd-4455-a8de-9e59040e7347"
SUB_VIDEO = "7516b95f-f776-4464-8c53-06167f40cc99"
STANDBY = (SUB_SLEEP, "29f6c1db-86da-48c5-9fdb-f2b67b1f44da")
HIBERNATE = (SUB_SLEEP, "9d7815a6-7ee4-497e-8888-515a05f02364")
LID = (SUB_BUTTONS, "5ca83367-6e45-459f-a27b-476b1d01c936")
MONITOR = (SUB_VIDEO, "3c0bc021-c8a8-4e07-a973-6b14cbcb2b7e")
ALIASES = {
    "SUB_SLEEP": SUB_SLEEP, "SUB_BUTTONS": SUB_BUTTONS, "SUB_VIDEO": SUB_VIDEO,
    "STANDBYIDLE": STANDBY[1], "HIBERNATEIDLE": HIBERNATE[1], "LIDACTION": LID[1],
    "VIDEOIDLE": MONITOR[1],
    "SCHEME_BALANCED": BALANCED.guid, "SCHEME_MIN": HIGH_PERFORMANCE.guid,
    "SCHEME_MAX": POWER_SAVER.guid,
}  # fmt: skip

LID_NOTHING, LID_SLEEP = 0, 1


def _laptop_defaults() -> dict[tuple[str, str], dict[str, int]]:
    return {
        STANDBY: {"ac": 900, "dc": 600},
        HIBERNATE: {"ac": 10800, "dc": 10800},
        LID: {"ac": LID_SLEEP, "dc": LID_SLEEP},
        MONITOR: {"ac": 600, "dc": 300},
    }


@dataclass
class Power:
    """What feeds the host, and what its plans say.

    Attributes:
        settings: per plan, per setting, seconds or index for ``ac`` and ``dc``.
    """

    source: Source = Source.MAINS
    battery_percent: int = 96
    lid_closed: bool = False
    plans: dict[str, Plan] = field(
        default_factory=lambda: {p.guid: p for p in (BALANCED, HIGH_PERFORMANCE, POWER_SAVER)}
    )
    active: str = BALANCED.guid
    settings: dict[str, dict[tuple[str, str], dict[str, int]]] = field(
        default_factory=lambda: {
            plan.guid: _laptop_defaults() for plan in (BALANCED, HIGH_PERFORMANCE, POWER_SAVER)
        }
    )

    @property
    def plan(self) -> Plan:
        """The active plan."""
        return self.plans[self.active]

    @property
    def line(self) -> str:
        """Which half of the settings counts now: ``ac`` or ``dc``."""
        return "ac" if self.source is Source.MAINS else "dc"

    def value(self, setting: tuple[str, str]) -> int:
        """What counts now for a setting."""
        return self.settings[self.active][setting][self.line]

    @property
    def sleeps_when_idle(self) -> bool:
        """Whether the laptop goes to sleep if nobody touches it."""
        return self.value(STANDBY) > 0 or self.value(HIBERNATE) > 0

    @property
    def sleeps_when_closed(self) -> bool:
        """Whether closing the lid sends it to sleep."""
        return self.value(LID) != LID_NOTHING
