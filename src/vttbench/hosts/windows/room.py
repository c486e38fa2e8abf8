"""Whether a disk of a Windows host can be measured in a folder."""

from __future__ import annotations

from vttbench.hosts.filesystem import SPARE_BYTES, size_bytes
from vttbench.hosts.windows.cim import Answers, Query, number, whole
from vttbench.hosts.windows.paths import drive

QUERIES = (
    Query("disks", "Win32_LogicalDisk", ("DeviceID", "DriveType", "FreeSpace", "FileSystem")),
)

_KINDS = {2: "a removable disk", 4: "a network drive", 5: "an optical disk", 6: "a disk in memory"}


def refusal(found: Answers, folder: str, size: str) -> str:
    """Say why a test file of that size can't be measured in a folder.

    Args:
        found: answers to :data:`QUERIES`.
        folder: absolute path.
        size: of the test file, as fio writes it, e.g. ``512M``.

    Returns:
        One sentence, or an empty text if nothing speaks against it.
    """
    letter = drive(folder)
    if letter is None:
        return f"{folder} is on no drive of this host: name a folder by benchmark_fio_dir"
    disk = next((d for d in found.rows("disks") if str(d.get("DeviceID")).upper() == letter), None)
    if disk is None:
        return f"this host has no drive {letter}"
    kind = _KINDS.get(whole(disk.get("DriveType")) or 0)
    if kind is not None:
        return f"{letter} is {kind}: name a folder on a built-in disk by benchmark_fio_dir"
    free, needed = number(disk.get("FreeSpace")), size_bytes(size) + SPARE_BYTES
    if free is None:
        return f"the free space of {letter} can't be told"
    if free < needed:
        return (
            f"{letter} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed "
            f"(a test file of {size} and 1 GiB to spare)"
        )
    return ""
