"""The state of one emulated laptop; handlers read and change it, faults too."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .drive import Drive
from .power import Power
from .processes import Processes
from .weather import Weather

USER = "bench"
PASSWORD = "Emulated-Passw0rd"
"""The account of every emulated host; it protects nothing."""


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def _memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


@dataclass
class Hardware:
    """What CIM answers about the machine.

    Make and model are the laptop's that is emulated; processors and memory are those of the machine
    that really runs the programs, so that no result claims a processor which did not make it.
    """

    manufacturer: str = "HP"
    model: str = "HP ZBook Ultra G1a 14 inch (emulated)"
    serial: str = "5CG0000001"
    cpu: str = field(default_factory=_cpu_name)
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    threads: int = field(default_factory=lambda: os.cpu_count() or 1)
    max_clock_mhz: int = 3000
    l3_cache_kib: int = 32768
    memory_bytes: int = field(default_factory=_memory_bytes)
    gpu: str = "AMD Radeon(TM) 8060S Graphics (emulated)"
    gpu_driver: str = "32.0.21025.1024"
    bios: str = "X89 Ver. 01.03.09"
    disk_model: str = "SAMSUNG MZVL22T0HDLB-00BH1 (emulated)"


@dataclass
class Settings:
    """What an administrator can change that is no file."""

    machine_environment: dict[str, str] = field(default_factory=dict)
    user_environment: dict[str, str] = field(default_factory=dict)
    registry: dict[str, dict[str, Any]] = field(default_factory=dict)
    services: dict[str, dict[str, Any]] = field(default_factory=dict)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    packages: dict[str, dict[str, Any]] = field(default_factory=dict)
    firewall: dict[str, dict[str, Any]] = field(default_factory=dict)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    defender_exclusions: list[str] = field(default_factory=list)


class Journal:
    """What happened on a host, one line of JSON an event."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def note(self, event: str, **details: Any) -> None:
        """Write an event down."""
        line = json.dumps({"at": round(time.time(), 3), "event": event, **details}, default=str)
        with self._lock, self.path.open("a") as file:
            file.write(line + "\n")

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """Read the events, of one name or all."""
        if not self.path.exists():
            return []
        events = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [event for event in events if name in (None, event["event"])]


class Machine:
    """One emulated laptop.

    Args:
        name: of the host in the inventory.
        folder: all that belongs to it on this machine.
        clock: how much faster than real time the clock of its programs runs: 1.02 makes every
            program report speeds 2 % lower. It is how identical executables on one machine
            come out as laptops of slightly different speed.
    """

    def __init__(self, name: str, folder: Path, *, clock: float = 1.0) -> None:
        self.name = name
        self.folder = folder
        self.clock = clock
        self.user = USER
        self.journal = Journal(folder / "journal.jsonl")
        self.drive = Drive(folder / "prefix" / "drive_c", lambda: self.environment)
        self.power = Power()
        self.processes = Processes()
        self.weather = Weather(self.processes, lambda: self.hardware.threads)
        self.hardware = Hardware(serial=f"5CG{sum(map(ord, name)) % 10**7:07d}")
        self.settings = Settings()
        self.lock = threading.Lock()
        self.console_user: str | None = USER
        self.booted_at = time.time() - 3600.0
        self.load_percent = 2.0
        self.pending_reboot = False
        # Set by whoever runs the host: takes it down for so many seconds, after a delay.
        self.on_reboot: Callable[[float], None] = lambda delay_s: None
        # Spelled as Wine spells them, which adds its own files later.
        for path in (
            rf"C:\users\{USER}\AppData\Local\Temp", r"C:\windows\system32", r"C:\windows\temp",
            r"C:\ProgramData", r"C:\Program Files", r"C:\Program Files (x86)",
        ):  # fmt: skip
            self.drive.real(path).mkdir(parents=True, exist_ok=True)

    @property
    def computer_name(self) -> str:
        """NetBIOS name."""
        return self.name.upper()[:15]

    @property
    def uuid(self) -> str:
        """Identity of the machine in its firmware."""
        return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{self.name}.emulated")).upper()

    @property
    def environment(self) -> dict[str, str]:
        """Environment of a process that WinRM starts."""
        home = rf"C:\Users\{self.user}"
        return {
            "SYSTEMROOT": r"C:\Windows", "SYSTEMDRIVE": "C:", "WINDIR": r"C:\Windows",
            "COMPUTERNAME": self.computer_name, "USERNAME": self.user, "USERPROFILE": home,
            "TEMP": rf"{home}\AppData\Local\Temp", "TMP": rf"{home}\AppData\Local\Temp",
            "LOCALAPPDATA": rf"{home}\AppData\Local", "APPDATA": rf"{home}\AppData\Roaming",
            "PROGRAMDATA": r"C:\ProgramData", "ALLUSERSPROFILE": r"C:\ProgramData",
            "PROGRAMFILES": r"C:\Program Files", "PROGRAMFILES(X86)": r"C:\Program Files (x86)",
            "PROCESSOR_ARCHITECTURE": "AMD64",
            "NUMBER_OF_PROCESSORS": str(self.hardware.threads), "OS": "Windows_NT",
            "COMSPEC": r"C:\Windows\System32\cmd.exe", "PATHEXT": ".COM;.EXE;.BAT;.CMD",
            "PATH": r"C:\Windows\System32;C:\Windows",
            **self.settings.machine_environment, **self.settings.user_environment,
        }  # fmt: skip

    def reboot(self, delay_s: float = 0.0) -> None:
        """Restart the host after a delay; what runs is ended, the port is closed meanwhile."""
        self.journal.note("reboot", delay_s=delay_s)
        self.on_reboot(delay_s)

    def describe(self) -> Mapping[str, Any]:
        """What ``status`` shows."""
        return {
            "power": str(self.power.source),
            "plan": self.power.plan.name,
            "console_user": self.console_user,
            "free_gb": round(self.drive.free_bytes / 1e9, 1),
            "clock": self.clock,
        }
