"""Graphics processors, their drivers and what these say of themselves."""

from __future__ import annotations

import re

from pydantic import JsonValue

from vttbench.hosts.probe import Probe, said

_VENDORS = {"0x1002": "AMD", "0x10de": "NVIDIA", "0x8086": "Intel"}
_NVIDIA_COLUMNS = ("name", "driver_version", "memory_total", "power_limit", "vbios_version")
# Words of nvidia-smi for what a card can't tell.
_UNKNOWN = {"n/a", "[n/a]", "[not supported]", "[unknown error]", ""}


def gpus(probe: Probe) -> list[dict[str, JsonValue]]:
    """Return one entry a graphics processor that the kernel knows, in its order."""
    names = _lspci(probe)
    cards: list[dict[str, JsonValue]] = []
    for card, vendor in sorted(probe.matching(r"/sys/class/drm/(card\d+)/device/vendor").items()):
        base = f"/sys/class/drm/{card}/device"
        device = probe.word(f"{base}/device") or ""
        ids = f"{vendor[2:]}:{device[2:]}".lower()
        uevent = dict(line.split("=", 1) for line in probe.lines(f"{base}/uevent") if "=" in line)
        driver = uevent.get("DRIVER")
        vram = probe.number(f"{base}/mem_info_vram_total")
        gtt = probe.number(f"{base}/mem_info_gtt_total")
        cards.append(
            _known(
                name=names.get(ids) or f"{_VENDORS.get(vendor, vendor)} {ids}",
                pci_id=ids,
                driver=driver,
                driver_version=probe.word(f"/sys/module/{driver}/version")
                or (probe.word("modinfo amdgpu") if driver == "amdgpu" else None),
                vbios=probe.word(f"{base}/vbios_version"),
                vram_gb=vram / 1e9 if vram else None,
                gtt_gb=gtt / 1e9 if gtt else None,
            )
        )
    return cards


def nvidia(probe: Probe) -> list[dict[str, JsonValue]]:
    """Return what nvidia-smi says of each card; a word for "can't tell" is absent."""
    rows = []
    for line in probe.lines("nvidia-smi"):
        words = [word.strip() for word in line.split(",")]
        # A failure is told in a sentence on the same stream, not in a row of columns.
        if len(words) == len(_NVIDIA_COLUMNS):
            rows.append(
                {
                    name: word
                    for name, word in zip(_NVIDIA_COLUMNS, words, strict=True)
                    if word.lower() not in _UNKNOWN
                }
            )
    return [{**row} for row in rows]


def vulkan(probe: Probe) -> list[dict[str, JsonValue]]:
    """Return the devices of ``vulkaninfo --summary`` with their drivers."""
    wanted = {
        "deviceName": "name",
        "deviceType": "type",
        "driverName": "driver",
        "driverInfo": "driver_version",
        "apiVersion": "api_version",
    }
    devices: list[dict[str, JsonValue]] = []
    for line in probe.lines("vulkaninfo"):
        if re.fullmatch(r"GPU\d+:", line.strip()):
            devices.append({})
        elif devices and (match := re.match(r"\s+(\w+)\s*=\s*(.+)", line)) and match[1] in wanted:
            devices[-1][wanted[match[1]]] = match[2].strip()
    return [device for device in devices if device]


def name_of(
    cards: list[dict[str, JsonValue]],
    nvidia_cards: list[dict[str, JsonValue]],
    vulkan_devices: list[dict[str, JsonValue]],
) -> str | None:
    """Return what people call the machine's graphics, several joined by `` + ``."""
    names = [str(card["name"]) for card in nvidia_cards if "name" in card]
    drivers_own = [
        str(device["name"])
        for device in vulkan_devices
        if "name" in device and not str(device.get("type", "")).endswith("_CPU")
    ]
    others = [card for card in cards if not str(card.get("pci_id")).startswith("10de:")]
    if len(others) == 1 and str(others[0]["name"]).endswith(str(others[0].get("pci_id"))):
        # Nothing but numbers: an old pci.ids. The Vulkan driver knows its own device better.
        names += drivers_own[:1] or [str(others[0]["name"])]
    else:
        names += [str(card["name"]) for card in others]
    return " + ".join(dict.fromkeys(names)) or None


def _lspci(probe: Probe) -> dict[str, str]:
    """Return names by vendor and device id, from ``lspci -nn``."""
    names = {}
    for line in probe.lines("lspci"):
        # c1:00.0 Display controller [0380]: AMD Strix Halo [Radeon 8060S] [1002:1586] (rev c1)
        match = re.match(r"\S+ [^\[]+\[03\d\d\]: (.+) \[([0-9a-f]{4}:[0-9a-f]{4})\]", line)
        if match and (name := said(match[1])) and not re.search(r"\bDevice$", name):
            names[match[2]] = name
    return names


def _known(**values: JsonValue) -> dict[str, JsonValue]:
    return {
        name: round(value, 2) if isinstance(value, float) else value
        for name, value in values.items()
        if value is not None
    }
