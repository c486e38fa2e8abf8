"""What the machine is made of."""

from __future__ import annotations

from collections.abc import Iterator

from ..cim import Row, cim_class
from ..state import Machine

_STORAGE = "root/Microsoft/Windows/Storage"


@cim_class("Win32_Processor")
def processor(machine: Machine) -> Iterator[Row]:
    hardware = machine.hardware
    yield {
        "Name": hardware.cpu, "NumberOfCores": hardware.cores,
        "NumberOfLogicalProcessors": hardware.threads, "MaxClockSpeed": hardware.max_clock_mhz,
        "CurrentClockSpeed": hardware.max_clock_mhz, "L3CacheSize": hardware.l3_cache_kib,
        "L2CacheSize": hardware.cores * 1024, "LoadPercentage": int(machine.load_percent),
        "Manufacturer": "AuthenticAMD", "SocketDesignation": "FP11",
    }  # fmt: skip


@cim_class("Win32_ComputerSystem")
def computer(machine: Machine) -> Iterator[Row]:
    hardware, user = machine.hardware, machine.console_user
    yield {
        "Manufacturer": hardware.manufacturer, "Model": hardware.model,
        "SystemSKUNumber": "A0ZU1AV", "HypervisorPresent": False, "Name": machine.computer_name,
        "TotalPhysicalMemory": hardware.memory_bytes,
        "NumberOfLogicalProcessors": hardware.threads, "NumberOfProcessors": 1,
        "UserName": f"{machine.computer_name}\\{user}" if user else None,
        "PartOfDomain": False, "Workgroup": "WORKGROUP", "PCSystemType": 2,
    }  # fmt: skip


@cim_class("Win32_ComputerSystemProduct")
def product(machine: Machine) -> Iterator[Row]:
    yield {
        "UUID": machine.uuid, "IdentifyingNumber": machine.hardware.serial,
        "Name": machine.hardware.model, "Vendor": machine.hardware.manufacturer,
    }  # fmt: skip


@cim_class("Win32_BIOS")
def bios(machine: Machine) -> Iterator[Row]:
    yield {
        "Manufacturer": "HP", "SMBIOSBIOSVersion": machine.hardware.bios,
        "ReleaseDate": "2025-09-01T00:00:00.0000000Z", "SerialNumber": machine.hardware.serial,
    }  # fmt: skip


@cim_class("Win32_PhysicalMemory")
def memory(machine: Machine) -> Iterator[Row]:
    # Soldered: eight packages of LPDDR5X.
    for slot in range(8):
        yield {
            "Capacity": machine.hardware.memory_bytes // 8, "ConfiguredClockSpeed": 8000,
            "Speed": 8000, "PartNumber": "MT62F4G32D8DV-023 WT", "DeviceLocator": f"DIMM {slot}",
        }  # fmt: skip


@cim_class("Win32_VideoController")
def graphics(machine: Machine) -> Iterator[Row]:
    yield {
        "Name": machine.hardware.gpu, "DriverVersion": machine.hardware.gpu_driver,
        "AdapterRAM": 536_870_912, "Status": "OK",
        "CurrentHorizontalResolution": 2880 if machine.console_user else None,
        "CurrentVerticalResolution": 1800 if machine.console_user else None,
    }  # fmt: skip


@cim_class("MSFT_PhysicalDisk", _STORAGE)
def physical_disk(machine: Machine) -> Iterator[Row]:
    yield {
        "FriendlyName": machine.hardware.disk_model, "BusType": 17, "MediaType": 4,
        "Size": machine.drive.size_bytes, "FirmwareVersion": "HPS4NCXD", "HealthStatus": 0,
    }  # fmt: skip


@cim_class("Win32_LogicalDisk")
def logical_disk(machine: Machine) -> Iterator[Row]:
    yield {
        "DeviceID": "C:", "DriveType": 3, "FreeSpace": machine.drive.free_bytes,
        "Size": machine.drive.size_bytes, "FileSystem": "NTFS", "VolumeName": "Windows",
    }  # fmt: skip
