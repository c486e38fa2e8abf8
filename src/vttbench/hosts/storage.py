"""The device behind a folder."""

from __future__ import annotations

import re

from pydantic import JsonValue

from vttbench.hosts.probe import Probe, pairs, said


def storage(probe: Probe) -> dict[str, JsonValue]:
    """Return the device behind the working folder."""
    words = next(iter(probe.lines("findmnt")), "").split(" ")
    source = words[0] if words[0] else None
    disks = [pairs(re.findall(r'[A-Z:]+="[^"]*"', line)) for line in probe.lines("lsblk")]
    by_name = {str(disk.get("NAME")): disk for disk in disks}
    name = re.sub(r"\[.*\]$", "", source or "").rsplit("/", 1)[-1]
    disk = by_name.get(name)
    for _ in range(8):  # from a partition or mapping down to the disk
        parent = by_name.get(str(disk.get("PKNAME"))) if disk else None
        if parent is None:
            break
        disk = parent
    known: dict[str, JsonValue] = {
        "source": source,
        "filesystem": words[1] if len(words) > 1 else None,
        "mount_options": words[2] if len(words) > 2 else None,
        "model": said(disk.get("MODEL")) if disk else None,
        "transport": said(disk.get("TRAN")) if disk else None,
        "rotational": disk.get("ROTA") == "1" if disk and "ROTA" in disk else None,
        "size": said(disk.get("SIZE")) if disk else None,
    }
    return {name: value for name, value in known.items() if value not in (None, "")}
