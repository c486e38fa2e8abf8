"""Temperatures, clocks and powers that a Windows host offers to programs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vttbench.hosts.windows.cim import Answers, Query, number

ZONES = Query(
    "zones",
    "Win32_PerfFormattedData_Counters_ThermalZoneInformation",
    ("Name", "HighPrecisionTemperature", "Temperature", "PercentPassiveLimit"),
)

SENSORS = Query(
    "sensors",
    "Sensor",
    ("Identifier", "Name", "SensorType", "Value"),
    namespace="root/LibreHardwareMonitor",
)
"""Of LibreHardwareMonitor, where somebody runs it with its WMI provider."""


def zone_temperatures(found: Answers) -> Iterator[float]:
    """Yield the temperatures of ACPI's thermal zones in °C; often one of them is the board."""
    for row in found.rows("zones"):
        tenths, kelvin = number(row.get("HighPrecisionTemperature")), number(row.get("Temperature"))
        celsius = tenths / 10.0 - 273.15 if tenths else kelvin - 273.15 if kelvin else None
        # Makers who built no sensor give a constant of 0 K or of 300 K and more.
        if celsius is not None and 0.0 < celsius < 150.0:
            yield celsius


def sensors(found: Answers) -> dict[str, float]:
    """Return what LibreHardwareMonitor gives; the first sensor of a kind is that of the whole."""
    wanted = (
        (r"/(amd|intel)cpu/", "Temperature", r"(?i)tctl|package|core max", "temperature_c"),
        (r"/(amd|intel)cpu/", "Power", r"(?i)^(cpu )?package", "package_power_w"),
        (r"/gpu-", "Temperature", r"(?i)gpu core|gpu vr soc", "gpu_temperature_c"),
        (r"/gpu-", "Clock", r"(?i)gpu core", "gpu_clock_mhz"),
        (r"/gpu-", "Power", r"(?i)gpu (package|core|power)", "gpu_power_w"),
        (r"/gpu-", "Load", r"(?i)gpu core", "gpu_busy_percent"),
    )
    values: dict[str, float] = {}
    for row in found.rows("sensors"):
        for place, kind, name, series in wanted:
            value = number(row.get("Value"))
            if (
                series not in values
                and value is not None
                and row.get("SensorType") == kind
                and re.match(place, str(row.get("Identifier")))
                and re.search(name, str(row.get("Name")))
            ):
                values[series] = value
    return values
