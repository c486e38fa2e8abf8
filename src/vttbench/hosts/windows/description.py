"""What a Windows host is: everything that can explain a difference between two machines.

What the host can't tell is absent, never a guess, and serial numbers never leave this module in the
clear.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from vttbench.hosts.probe import said
from vttbench.hosts.windows import power
from vttbench.hosts.windows.cim import (
    DEFENDER,
    DEVICE_GUARD,
    STORAGE,
    Answers,
    Query,
    moment,
    number,
    rows_of,
    whole,
)
from vttbench.result import Host

QUERIES = (
    *power.QUERIES,
    Query("os", "Win32_OperatingSystem", ("Caption", "Version", "BuildNumber", "MUILanguages")),
    Query(
        "cpu",
        "Win32_Processor",
        ("Name", "NumberOfCores", "NumberOfLogicalProcessors", "MaxClockSpeed", "L3CacheSize"),
    ),
    Query(
        "computer",
        "Win32_ComputerSystem",
        ("Manufacturer", "Model", "SystemSKUNumber", "HypervisorPresent", "TotalPhysicalMemory"),
    ),
    Query("product", "Win32_ComputerSystemProduct", ("UUID", "IdentifyingNumber")),
    Query("bios", "Win32_BIOS", ("Manufacturer", "SMBIOSBIOSVersion", "ReleaseDate")),
    Query(
        "memory",
        "Win32_PhysicalMemory",
        ("Capacity", "ConfiguredClockSpeed", "Speed", "PartNumber", "DeviceLocator"),
    ),
    Query("gpus", "Win32_VideoController", ("Name", "DriverVersion", "AdapterRAM")),
    Query(
        "disks",
        "MSFT_PhysicalDisk",
        ("FriendlyName", "BusType", "MediaType", "Size", "FirmwareVersion"),
        namespace=STORAGE,
    ),
    Query(
        "defender",
        "MSFT_MpPreference",
        ("DisableRealtimeMonitoring", "ExclusionPath"),
        namespace=DEFENDER,
    ),
    Query(
        "guard",
        "Win32_DeviceGuard",
        ("VirtualizationBasedSecurityStatus",),
        namespace=DEVICE_GUARD,
    ),
)

_BUSES = {3: "ATA", 7: "USB", 8: "RAID", 11: "SATA", 17: "NVMe"}
_SHARED_UUIDS = {
    "03000200-0400-0500-0006-000700080009",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "00000000-0000-0000-0000-000000000000",
}


def describe(
    name: str, facts: Mapping[str, Any], found: Answers, *, fleet: str | None = None
) -> Host:
    """Describe a Windows host.

    Args:
        name: in the inventory.
        facts: ``ansible_facts``, which fill in what a class does not tell.
        found: answers to :data:`QUERIES`.
        fleet: group of machines that are meant to be identical.
    """
    os, cpu, computer = found.first("os"), found.rows("cpu"), found.first("computer")
    plan = power.active_plan(found)
    total = number(computer.get("TotalPhysicalMemory"))
    total = total or (number(facts.get("memtotal_mb")) or 0.0) * 2**20
    model = _model(found)
    return Host(
        name=name,
        fleet=fleet,
        os_family="windows",
        os=said(os.get("Caption")) or said(facts.get("distribution")),
        kernel=said(os.get("Version")) or said(facts.get("kernel")),
        cpu=said(" ".join(str(cpu[0].get("Name") or "").split())) if cpu else None,
        cores=_sum(cpu, "NumberOfCores"),
        threads=_sum(cpu, "NumberOfLogicalProcessors") or whole(facts.get("processor_vcpus")),
        memory_gb=round(total / 2**30, 1) if total else None,
        gpu=_gpu(found),
        bios=_bios(found),
        model=model,
        serial_hash=_serial_hash(found, model),
        power_source=power.power_source(found),
        power_profile=plan.title if plan else None,
        details=_known(
            memory=_memory(found),
            base_clock_mhz=whole(cpu[0].get("MaxClockSpeed")) if cpu else None,
            l3_cache_kib=_sum(cpu, "L3CacheSize"),
            power_plan=plan.guid if plan else None,
            battery_percent=power.charge_percent(found),
            gpus=[
                _known(
                    name=said(gpu.get("Name")),
                    driver=said(gpu.get("DriverVersion")),
                )
                for gpu in found.rows("gpus")
            ],
            storage=[
                _known(
                    model=said(disk.get("FriendlyName")),
                    transport=_BUSES.get(whole(disk.get("BusType")) or 0),
                    size_gb=round((number(disk.get("Size")) or 0.0) / 1e9) or None,
                    firmware=said(disk.get("FirmwareVersion")),
                )
                for disk in found.rows("disks")
            ],
            language=next(iter(map(str, rows_of(os.get("MUILanguages")))), None),
            hypervisor_present=computer.get("HypervisorPresent"),
            virtualization_based_security=_security(found),
            defender=_defender(found),
            product_sku=said(computer.get("SystemSKUNumber")),
        ),
    )


def defender_exclusions(found: Answers) -> list[str] | None:
    """Return the folders that Defender leaves alone; None where it does not tell."""
    if not found.told("defender"):
        return None
    return [str(path) for path in rows_of(found.first("defender").get("ExclusionPath"))]


def _defender(found: Answers) -> dict[str, JsonValue]:
    # It reads along with every file that is opened: part of what a disk benchmark measures.
    exclusions = defender_exclusions(found)
    off = found.first("defender").get("DisableRealtimeMonitoring")
    return _known(
        real_time=None if off is None else not off,
        exclusions=[*exclusions] if exclusions else None,
    )


def _security(found: Answers) -> str | None:
    # Memory integrity costs some percent, and one of four laptops may have it switched off.
    status = whole(found.first("guard").get("VirtualizationBasedSecurityStatus"))
    return {0: "off", 1: "enabled", 2: "running"}.get(status) if status is not None else None


def _gpu(found: Answers) -> str | None:
    names = [name for gpu in found.rows("gpus") if (name := said(gpu.get("Name")))]
    # Drivers of remote desktops and of Windows itself draw no picture that is measured.
    real = [name for name in names if not name.startswith(("Microsoft ", "Parsec "))]
    return ", ".join(dict.fromkeys(real)) or None


def _model(found: Answers) -> str | None:
    computer = found.first("computer")
    vendor, product = said(computer.get("Manufacturer")), said(computer.get("Model"))
    if product is None or vendor is None or product.lower().startswith(vendor.lower()):
        return product
    return f"{vendor} {product}"


def _bios(found: Answers) -> str | None:
    bios = found.first("bios")
    version = said(bios.get("SMBIOSBIOSVersion"))
    released = moment(bios.get("ReleaseDate"))
    if version is None:
        return None
    return f"{version} ({released:%Y-%m-%d})" if released else version


def _memory(found: Answers) -> dict[str, JsonValue]:
    modules = found.rows("memory")
    parts = [part for module in modules if (part := said(module.get("PartNumber")))]
    speeds = [
        whole(module.get("ConfiguredClockSpeed")) or whole(module.get("Speed"))
        for module in modules
    ]
    return _known(
        modules=len(modules) or None,
        part_numbers=[*dict.fromkeys(parts)],
        speed_mts=min((speed for speed in speeds if speed), default=None),
    )


def _serial_hash(found: Answers, model: str | None) -> str | None:
    """Return the identity of the machine: from serial number and model, nothing that varies."""
    product = found.first("product")
    uuid = str(product.get("UUID") or "").lower()
    serial = uuid if uuid and uuid not in _SHARED_UUIDS else said(product.get("IdentifyingNumber"))
    if not serial:
        return None
    return hashlib.sha256(f"{serial.lower()}\n{model or ''}".encode()).hexdigest()


def _sum(rows: list[Mapping[str, Any]], name: str) -> int | None:
    numbers = [whole(row.get(name)) for row in rows]
    return sum(n for n in numbers if n) or None


def _known(**values: JsonValue) -> dict[str, JsonValue]:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}
