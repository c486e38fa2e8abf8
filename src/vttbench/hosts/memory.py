"""Memory modules and their speed, from ``dmidecode -t memory`` (SMBIOS type 17)."""

from __future__ import annotations

import re

from pydantic import JsonValue

from vttbench.hosts.probe import Probe, said


def memory(probe: Probe) -> dict[str, JsonValue]:
    """Return the modules, and speed in MT/s and type where all agree; empty where not told.

    The speed that counts is the configured one: a module may be able to do more. dmidecode before
    3.1 called it ``Configured Clock Speed`` and gave MT/s as MHz.
    """
    modules = [module for device in _devices(probe) if (module := _module(device))]
    if not modules:
        return {}
    found: dict[str, JsonValue] = {"modules": [{**module} for module in modules]}
    for name in ("configured_mts", "type"):
        values = {module.get(name) for module in modules}
        if len(values) == 1 and (value := values.pop()) is not None:
            found[name] = value
    return found


def _devices(probe: Probe) -> list[dict[str, str]]:
    devices: list[dict[str, str]] = []
    inside = False
    for line in probe.lines("dmidecode"):
        if not line.startswith(("\t", " ")):
            inside = line == "Memory Device"
            if inside:
                devices.append({})
        elif inside and ":" in line:
            name, _, value = line.strip().partition(":")
            devices[-1][name] = value.strip()
    return devices


def _module(device: dict[str, str]) -> dict[str, JsonValue] | None:
    size = re.fullmatch(r"(\d+) (MB|GB|MiB|GiB|TB)", device.get("Size", ""))
    if size is None:
        return None  # an empty slot says "No Module Installed"
    factor = {"M": 1 / 1024, "G": 1.0, "T": 1024.0}[size[2][0]]
    speed = device.get("Configured Memory Speed") or device.get("Configured Clock Speed")
    values: dict[str, JsonValue] = {
        "size_gb": int(size[1]) * factor,
        "locator": said(device.get("Locator")),
        "type": said(device.get("Type")),
        "rated_mts": _mts(device.get("Speed")),
        "configured_mts": _mts(speed),
        "manufacturer": said(device.get("Manufacturer")),
        "part_number": said(device.get("Part Number")),
    }
    return {name: value for name, value in values.items() if value is not None}


def _mts(text: str | None) -> int | None:
    match = re.fullmatch(r"(\d+) (?:MT/s|MHz)", text or "")
    return int(match[1]) if match else None
