"""Windows' telemetry: which classes are read, and what their values are as series.

The sampler on the host (``windows_sampler.ps1``) writes down what CIM classes say. Here that
becomes the lines of ``linux_sampler.py``, so that everything behind it is the same for both.

Sources, all built into Windows unless said otherwise:

* ``Win32_PerfFormattedData_Counters_ProcessorInformation``: clock as a share of the nominal one
  (above 100 % with boost), and how busy the processors are.
* ``Win32_PerfFormattedData_Counters_ThermalZoneInformation``: ACPI's thermal zones in kelvin. What
  they measure is the maker's choice, often the board and not the processor.
* ``BatteryStatus`` (root/wmi): discharge in mW: the power of the whole machine, on battery only.
* ``Win32_PerfFormattedData_PerfOS_Memory``: memory that is available.
* LibreHardwareMonitor's ``Sensor``, where somebody runs it with its WMI provider: temperatures,
  clocks and powers of processor and graphics by the hardware's own sensors.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from vttbench.hosts.windows.cim import Answers, Query, answers, number
from vttbench.hosts.windows.paths import join
from vttbench.hosts.windows.sensors import SENSORS, ZONES, sensors, zone_temperatures

LINES = "telemetry.jsonl"
STOP = "stop"

# A reading costs more than on Linux; twice as seldom, it stays below half a percent of 16 cores.
SLOWEST_USEFUL_S = 2.0

QUERIES = (
    Query(
        "processor",
        "Win32_PerfFormattedData_Counters_ProcessorInformation",
        ("Name", "PercentProcessorPerformance", "ProcessorFrequency", "PercentProcessorTime"),
        filter="Name LIKE '%_Total'",
    ),
    Query("threads", "Win32_ComputerSystem", ("NumberOfLogicalProcessors",)),
    ZONES,
    Query("memory", "Win32_PerfFormattedData_PerfOS_Memory", ("AvailableBytes",)),
    Query("battery", "BatteryStatus", ("Discharging", "DischargeRate"), namespace="root/wmi"),
    SENSORS,
)

UNITS = {
    "clock_mhz": "MHz",
    "cpu_busy_cores": "1",
    "temperature_c": "°C",
    "zone_temperature_c": "°C",
    "zone_passive_limit_percent": "%",
    "memory_available_gb": "GB",
    "battery_power_w": "W",
    "package_power_w": "W",
    "gpu_temperature_c": "°C",
    "gpu_clock_mhz": "MHz",
    "gpu_power_w": "W",
    "gpu_busy_percent": "%",
}

_ABSENT = {
    "zones": "zone_temperature_c",
    "battery": "battery_power_w",
    "processor": "clock_mhz",
    "memory": "memory_available_gb",
}
_NO_SENSORS = (
    "Windows gives no processor temperature or power to programs; LibreHardwareMonitor does where "
    "it runs with its WMI provider"
)


def request(*, folder: str, interval_s: float, lifetime_s: float, lease_s: float) -> dict[str, Any]:
    """Return what ``windows_sampler.ps1`` is asked for.

    Args:
        folder: the step's workspace on the host, which is also the lease.
        interval_s: between two samples, as asked for; made longer if it costs too much there.
        lifetime_s: it ends by itself after so long.
        lease_s: it ends when no repeat was begun for so long.
    """
    return {
        "cim": [query.as_request() for query in QUERIES],
        "lines": join(folder, LINES),
        "stop": join(folder, STOP),
        "lease": folder,
        "lease_s": lease_s,
        "lifetime_s": lifetime_s,
        "interval_s": max(interval_s, SLOWEST_USEFUL_S),
    }


def translate(lines: bytes) -> bytes:
    """Turn the sampler's lines into those that :mod:`vttbench.telemetry.recording` reads.

    A line that was cut off is passed over. Empty where there is no header.
    """
    header: Mapping[str, Any] | None = None
    samples: list[dict[str, float | str]] = []
    errors: dict[str, str] = {}
    threads: float | None = None
    for data in _objects(lines):
        if "windows_sampler" in data:
            header = data
        elif "end" in data:
            samples.append({"end": str(data["end"]), "t": number(data.get("t")) or 0.0})
        elif (t := number(data.get("t"))) is not None:
            found = answers(data.get("cim"))
            errors |= found.errors
            threads = number(found.first("threads").get("NumberOfLogicalProcessors")) or threads
            sample: dict[str, float | str] = {"t": t}
            sample |= {name: round(value, 4) for name, value in sample_of(found, threads).items()}
            if (cpu_s := number(data.get("cpu_s"))) is not None:
                sample["cpu_s"] = cpu_s
            samples.append(sample)
    if header is None:
        return b""
    seen = {name for sample in samples for name in sample}
    absent = {_ABSENT[name]: _one_line(error) for name, error in errors.items() if name in _ABSENT}
    if "temperature_c" not in seen:
        absent |= {"temperature_c": _NO_SENSORS, "package_power_w": _NO_SENSORS}
    first = {
        "vttbench_sampler": 1,
        "interval_s": number(header.get("interval_s")) or SLOWEST_USEFUL_S,
        "started": number(header.get("started")),
        "pid": header.get("pid"),
        "units": {name: unit for name, unit in UNITS.items() if name in seen},
        "limits": {},
        "notes": {"gpu": "integrated"} if "gpu_power_w" in seen else {},
        "absent": {name: reason for name, reason in absent.items() if name not in seen},
    }
    return b"".join(json.dumps(each).encode() + b"\n" for each in (first, *samples))


def sample_of(found: Answers, threads: float | None) -> dict[str, float]:
    """Return one sample by name of the series; what can't be told is missing."""
    values: dict[str, float | None] = {}
    total = _total(found)
    share, nominal = (
        number(total.get(name)) for name in ("PercentProcessorPerformance", "ProcessorFrequency")
    )
    if share and nominal:
        values["clock_mhz"] = nominal * share / 100.0
    busy = number(total.get("PercentProcessorTime"))
    if busy is not None and threads:
        values["cpu_busy_cores"] = threads * busy / 100.0
    values["zone_temperature_c"] = max(zone_temperatures(found), default=None)
    limits = [number(row.get("PercentPassiveLimit")) for row in found.rows("zones")]
    known = [limit for limit in limits if limit is not None]
    values["zone_passive_limit_percent"] = min(known, default=None)
    available = number(found.first("memory").get("AvailableBytes"))
    values["memory_available_gb"] = None if available is None else available * 1e-9
    battery = found.first("battery")
    if battery.get("Discharging") in (True, 1, "True"):
        rate = number(battery.get("DischargeRate"))
        values["battery_power_w"] = None if rate is None else rate * 1e-3
    values |= sensors(found)
    return {name: value for name, value in values.items() if value is not None}


def _total(found: Answers) -> Mapping[str, Any]:
    rows = found.rows("processor")
    exact = [row for row in rows if row.get("Name") == "_Total"]
    return (exact or rows or [{}])[0]


def _objects(lines: bytes) -> Iterator[dict[str, Any]]:
    for line in lines.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if isinstance(data, dict):
            yield data


def _one_line(text: str) -> str:
    return " ".join(text.split())[:200]
