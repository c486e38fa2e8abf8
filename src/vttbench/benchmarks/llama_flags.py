"""Flags of llama-bench in the words that the installed version understands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
# How a model comes into memory: the older option, and the one that replaced it in 2026.
_MMAP_OPTIONS = ("-mmp", "--mmap")
_LOAD_MODE_OPTIONS = ("-lm", "--load-mode")
_LOAD_MODE_OF_MMAP = {"0": "none", "1": "mmap"}
_MMAP_OF_LOAD_MODE = {"none": "0", "mmap": "1"}


def translated(flags: Sequence[str], help_text: str) -> list[str]:
    """Return flags in the words of a version, so that an inventory outlives an upgrade.

    ``-mmp 0`` was replaced by ``-lm none`` and is refused by versions from 2026 on; older versions
    refuse ``-lm``. What a version knows is left as it is, and so is what nobody can translate: the
    tool then says itself what it does not understand.

    Args:
        flags: one word an entry, e.g. ``-fa 1 -mmp 0 -ngl 999``.
        help_text: what that version prints for ``--help``; nothing is translated without it.
    """
    known = set(_OPTION.findall(help_text))
    result = [str(flag) for flag in flags]
    for index, (option, value) in enumerate(pairwise(tuple(result))):
        if option in known:
            continue
        if option in _MMAP_OPTIONS and "-lm" in known and value in _LOAD_MODE_OF_MMAP:
            result[index : index + 2] = ["-lm", _LOAD_MODE_OF_MMAP[value]]
        elif option in _LOAD_MODE_OPTIONS and "-mmp" in known and value in _MMAP_OF_LOAD_MODE:
            result[index : index + 2] = ["-mmp", _MMAP_OF_LOAD_MODE[value]]
    return result
