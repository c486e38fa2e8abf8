"""The factor of speed: a clock that is preloaded into Wine."""

from __future__ import annotations

import hashlib
import time
from functools import cache
from pathlib import Path

from ..executables.building import Recipe, run

_SOURCE = Path(__file__).with_name("scaled_clock.c")
# One for the life of this process: all programs of all hosts agree on it.
_ORIGIN = int(time.time())


def environment(factor: float) -> dict[str, str]:
    """Variables that give programs such a clock; none where it is the machine's own.

    Args:
        factor: seconds that programs see for each real one.

    Raises:
        BuildError: there is no C compiler.
    """
    if factor == 1.0:
        return {}
    return {
        "LD_PRELOAD": str(_library()),
        "VTTBENCH_CLOCK_FACTOR": repr(factor),
        "VTTBENCH_CLOCK_ORIGIN": str(_ORIGIN),
    }


@cache
def _library() -> Path:
    digest = hashlib.sha256(_SOURCE.read_bytes()).hexdigest()[:12]
    return Recipe("scaled-clock", digest, "scaled_clock.so", {"gcc": "gcc"}, _build).get()


def _build(work: Path) -> Path:
    library = work / "scaled_clock.so"
    run(["gcc", "-O2", "-Wall", "-Werror", "-shared", "-fPIC", _SOURCE, "-o", library], work)
    return library
