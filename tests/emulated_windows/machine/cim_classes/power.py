"""Battery, power plans and their settings."""

from __future__ import annotations

from collections.abc import Iterator

from ..cim import Row, cim_class
from ..power import Source
from ..state import Machine

_POWER = "root/cimv2/power"
_WMI = "root/wmi"


@cim_class("Win32_Battery")
def battery(machine: Machine) -> Iterator[Row]:
    power = machine.power
    mains = power.source is Source.MAINS
    yield {
        "BatteryStatus": 2 if mains else 1, "EstimatedChargeRemaining": power.battery_percent,
        "Name": "Primary", "EstimatedRunTime": 71_582_788 if mains else 190,
    }  # fmt: skip


@cim_class("BatteryStatus", _WMI)
def battery_status(machine: Machine) -> Iterator[Row]:
    power = machine.power
    mains = power.source is Source.MAINS
    yield {
        "PowerOnline": mains, "Discharging": not mains, "Charging": False,
        "DischargeRate": 0 if mains else 18_500, "RemainingCapacity": power.battery_percent * 745,
    }  # fmt: skip


@cim_class("Win32_PowerPlan", _POWER)
def power_plans(machine: Machine) -> Iterator[Row]:
    for plan in machine.power.plans.values():
        yield {
            "InstanceID": f"Microsoft:PowerPlan\\{{{plan.guid}}}", "ElementName": plan.name,
            "IsActive": plan.guid == machine.power.active,
        }  # fmt: skip


@cim_class("Win32_PowerSettingDataIndex", _POWER)
def power_settings(machine: Machine) -> Iterator[Row]:
    for plan, settings in machine.power.settings.items():
        for (_, setting), values in settings.items():
            for line, value in values.items():
                yield {
                    "InstanceID": (
                        f"Microsoft:PowerSettingDataIndex\\{{{plan}}}\\{line.upper()}\\{{{setting}}}"
                    ),
                    "SettingIndexValue": value,
                }
