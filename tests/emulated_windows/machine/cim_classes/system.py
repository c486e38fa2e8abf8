"""Windows itself: version, security, what runs."""

from __future__ import annotations

import time
from collections.abc import Iterator

from ..cim import Row, cim_class
from ..moments import iso
from ..state import Machine

_TICKS = 1e7


@cim_class("Win32_OperatingSystem")
def operating_system(machine: Machine) -> Iterator[Row]:
    total_kib = machine.hardware.memory_bytes // 1024
    yield {
        "Caption": "Microsoft Windows 11 Pro", "Version": "10.0.26100", "BuildNumber": "26100",
        "MUILanguages": ["en-US"], "OSLanguage": 1033, "OSArchitecture": "64-bit",
        "LastBootUpTime": iso(machine.booted_at), "LocalDateTime": iso(time.time()),
        "InstallDate": "2025-10-01T08:00:00.0000000Z", "TotalVisibleMemorySize": total_kib,
        "FreePhysicalMemory": int(total_kib * 0.7), "CSName": machine.computer_name,
        "ProductType": 1,
    }  # fmt: skip


@cim_class("MSFT_MpPreference", "root/Microsoft/Windows/Defender")
def defender(machine: Machine) -> Iterator[Row]:
    yield {
        "DisableRealtimeMonitoring": False,
        "ExclusionPath": machine.settings.defender_exclusions or None,
        "ExclusionProcess": None,
    }


@cim_class("MSFT_MpComputerStatus", "root/Microsoft/Windows/Defender")
def defender_status(machine: Machine) -> Iterator[Row]:
    yield {"RealTimeProtectionEnabled": True, "AntivirusEnabled": True, "IsTamperProtected": True}


@cim_class("Win32_DeviceGuard", "root/Microsoft/Windows/DeviceGuard")
def device_guard(machine: Machine) -> Iterator[Row]:
    yield {"VirtualizationBasedSecurityStatus": 2, "SecurityServicesRunning": [2]}


@cim_class("Win32_Process")
def processes(machine: Machine) -> Iterator[Row]:
    for process in machine.processes.table():
        used = int(machine.processes.used_s(process) * _TICKS)
        yield {
            "ProcessId": process.pid, "ParentProcessId": process.parent, "Name": process.name,
            "CommandLine": process.line or None, "SessionId": process.session,
            "CreationDate": iso(process.created), "KernelModeTime": used // 10,
            "UserModeTime": used - used // 10, "Priority": 8,
        }  # fmt: skip
    if machine.console_user:
        yield {
            "ProcessId": 3100, "ParentProcessId": 700, "Name": "explorer.exe", "SessionId": 1,
            "CommandLine": r"C:\Windows\Explorer.EXE", "CreationDate": iso(machine.booted_at + 30),
            "KernelModeTime": 0, "UserModeTime": 0, "Priority": 8,
        }  # fmt: skip
