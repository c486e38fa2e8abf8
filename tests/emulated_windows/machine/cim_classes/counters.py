"""Performance counters by their class, which no language translates."""

from __future__ import annotations

from collections.abc import Iterator

from ..cim import Row, cim_class
from ..state import Machine

_TICKS = 1e7


@cim_class("Win32_PerfRawData_PerfOS_Processor")
def raw_processor(machine: Machine) -> Iterator[Row]:
    # _Total is the mean over all processors.
    awake = machine.processes.awake_s()
    busy = min(awake, machine.processes.busy_s() / machine.hardware.threads)
    yield {
        "Name": "_Total", "PercentIdleTime": int((awake - busy) * _TICKS),
        "PercentUserTime": int(busy * 0.9 * _TICKS),
        "PercentPrivilegedTime": int(busy * 0.1 * _TICKS),
    }  # fmt: skip


@cim_class("Win32_PerfFormattedData_Counters_ProcessorInformation")
def processor_information(machine: Machine) -> Iterator[Row]:
    busy = machine.weather.busy_share()
    for name in ("_Total", "0,_Total"):
        yield {
            "Name": name,
            "ProcessorFrequency": machine.hardware.max_clock_mhz,
            "PercentProcessorPerformance": int(100 + 60 * busy),
            "PercentProcessorTime": int(100 * busy),
        }


@cim_class("Win32_PerfFormattedData_Counters_ThermalZoneInformation")
def thermal_zone(machine: Machine) -> Iterator[Row]:
    kelvin = machine.weather.temperature_c() + 273.15
    yield {
        "Name": r"\_SB.TZ01", "Temperature": int(kelvin),
        "HighPrecisionTemperature": int(kelvin * 10), "PercentPassiveLimit": 100,
        "ThrottleReasons": 0,
    }  # fmt: skip


@cim_class("Win32_PerfFormattedData_PerfOS_Memory")
def memory(machine: Machine) -> Iterator[Row]:
    yield {"AvailableBytes": int(machine.hardware.memory_bytes * 0.7), "PagesPersec": 0}
