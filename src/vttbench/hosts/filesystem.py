"""Whether a disk can be measured in a folder."""

from __future__ import annotations

import re

# What these hold lies in memory: a benchmark of them would measure that.
_IN_MEMORY = frozenset({"tmpfs", "ramfs", "devtmpfs", "hugetlbfs"})
_UNITS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
# A disk that is filled to the brim is slower, and nobody likes what happens next.
SPARE_BYTES = 1 << 30


def refusal(stat_output: str, folder: str, size: str) -> str:
    """Say why a test file of that size can't be measured in a folder.

    Args:
        stat_output: what ``stat --file-system --format='%T %a %S'`` printed for the folder: type,
            blocks that are free for users, bytes of a block.
        folder: for the message.
        size: of the test file, as fio writes it, e.g. ``512M``.

    Returns:
        One sentence, or an empty text if nothing speaks against it.
    """
    words = stat_output.split()
    if len(words) != 3 or not (words[1].isdigit() and words[2].isdigit()):
        return f"the file system of {folder} can't be told from {stat_output.strip()!r}"
    if words[0] in _IN_MEMORY:
        return (
            f"{folder} lies in memory ({words[0]}), not on a disk: "
            "name a folder on a disk by benchmark_fio_dir"
        )
    free, needed = int(words[1]) * int(words[2]), size_bytes(size) + SPARE_BYTES
    if free < needed:
        return (
            f"{folder} has {free / 1e9:.1f} GB free and {needed / 1e9:.1f} GB are needed "
            f"(a test file of {size} and 1 GiB to spare)"
        )
    return ""


def size_bytes(size: str) -> int:
    """Return a size as fio writes it, such as ``512M`` or ``4G``, in bytes.

    Raises:
        ValueError: not a size.
    """
    found = re.fullmatch(r"(\d+)\s*([kmgt]?)(i?b)?", size.strip().lower())
    if found is None:
        raise ValueError(f"{size!r} is not a size such as 512M or 4G")
    return int(found[1]) * _UNITS[found[2]]
