"""Where a Windows machine gets its power from, which plan it follows, and when it goes to sleep.

Everything by identifiers that no language translates. The settings of a plan are those of
``powercfg``; CIM has them in ``Win32_PowerSettingDataIndex``, whose id names plan, AC or DC, and
setting.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vttbench.hosts.windows.cim import POWER, WMI, Answers, Query, whole

STANDBY = "29f6c1db-86da-48c5-9fdb-f2b67b1f44da"
HIBERNATE = "9d7815a6-7ee4-497e-8888-515a05f02364"
LID = "5ca83367-6e45-459f-a27b-476b1d01c936"

POWER_SAVER = "a1841308-3541-4fab-bc81-f71556f20b4a"
PLANS = {
    "381b4222-f694-41f0-9685-ff5bb260df2e": "Balanced",
    "8c5e7fda-e8bf-4a96-9a85-a6e23a8c635c": "High performance",
    "e9a42b02-d5df-448d-aa00-03f14749eb61": "Ultimate Performance",
    POWER_SAVER: "Power saver",
}

QUERIES = (
    Query("battery_line", "BatteryStatus", ("PowerOnline", "Discharging"), namespace=WMI),
    Query("battery", "Win32_Battery", ("BatteryStatus", "EstimatedChargeRemaining")),
    Query("plans", "Win32_PowerPlan", ("InstanceID", "ElementName", "IsActive"), namespace=POWER),
    Query(
        "settings",
        "Win32_PowerSettingDataIndex",
        ("InstanceID", "SettingIndexValue"),
        namespace=POWER,
        filter=" OR ".join(f"InstanceID LIKE '%{guid}%'" for guid in (STANDBY, HIBERNATE, LID)),
    ),
)

# Win32_Battery.BatteryStatus: "the system has access to AC", and the kinds of charging.
_ON_MAINS = {2, 3, 6, 7, 8, 9, 11}
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Plan:
    """The active power plan: its identifier, and its name in Windows' language."""

    guid: str
    name: str

    @property
    def title(self) -> str:
        """Name it alike on every host: Microsoft's plans in English, others as they are called."""
        return PLANS.get(self.guid, self.name)


def power_source(found: Answers) -> Literal["mains", "battery"] | None:
    """Return what feeds the machine; None where it can't be told."""
    lines = found.rows("battery_line")
    if lines:
        return "mains" if any(row.get("PowerOnline") is True for row in lines) else "battery"
    batteries = found.rows("battery")
    if batteries:
        known = {whole(row.get("BatteryStatus")) for row in batteries}
        return "mains" if known & _ON_MAINS else "battery"
    # A machine that answers and has no battery has nothing else to run on.
    return "mains" if found.told("battery") else None


def charge_percent(found: Answers) -> int | None:
    """Return how full the battery is."""
    return whole(found.first("battery").get("EstimatedChargeRemaining"))


def active_plan(found: Answers) -> Plan | None:
    """Return the power plan that is followed."""
    for row in found.rows("plans"):
        if row.get("IsActive") is True:
            guids = _GUID.findall(str(row.get("InstanceID")).lower())
            return Plan(guids[0] if guids else "", str(row.get("ElementName") or ""))
    return None


def setting(found: Answers, guid: str, *, plan: str | None = None) -> int | None:
    """Return a setting on mains: seconds until sleep (0: never), or what closing the lid does.

    Args:
        found: answers to :data:`QUERIES`.
        guid: of the setting.
        plan: identifier of a plan; the active one where it is left out.
    """
    active = active_plan(found)
    plan = plan or (active.guid if active else None)
    for row in found.rows("settings"):
        name = str(row.get("InstanceID"))
        guids = _GUID.findall(name.lower())
        if "\\AC\\" in name and guids[:1] == [plan] and guids[-1:] == [guid]:
            return whole(row.get("SettingIndexValue"))
    return None
