"""Our STREAM kernel (``roles/benchmark_stream/files/stream.c``): memory bandwidth in GB/s.

Bandwidth is the best of all passes but the first, as McCalpin's rules have it, counted in bytes
that the program reads and writes: 1 GB = 1e9 bytes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from vttbench.benchmarks.output import OutputError, Parsed, RawOutput, Reading

KERNELS = ("copy", "scale", "add", "triad")

_MIN_TIMED_PASSES = 10
# McCalpin's rule: a pass must take at least so many steps of the clock, or the clock is measured.
_MIN_CLOCK_STEPS = 20
_CACHES = 4
_SMALLEST_ARRAY = 256 << 20


def array_bytes(llc_bytes_total: int) -> int:
    """Return how large each of the three arrays should be.

    At least four times the last-level cache. Rounded up to a power of two, and never under 256 MiB,
    so that machines with up to 64 MiB of cache all run the very same benchmark.

    Args:
        llc_bytes_total: last-level cache in bytes, summed over sockets and core complexes; 0 where
            it isn't known.
    """
    wanted = max(_SMALLEST_ARRAY, _CACHES * llc_bytes_total)
    return 1 << (wanted - 1).bit_length()


def parse(raw: RawOutput) -> Parsed:
    """Read the JSON object that the kernel prints.

    Raises:
        OutputError: the kernel refused, its arrays held wrong values at the end, its output isn't
            whole, or a pass was too short for the clock.
    """
    if raw.returncode != 0:
        said = raw.stderr.decode("utf-8", "replace").strip().splitlines()
        raise OutputError(
            f"stream ended with status {raw.returncode}: {said[-1] if said else 'no message'}"
        )
    data = _object(raw.stdout)
    if data.get("verified") is not True:
        raise OutputError("stream: the arrays held wrong values at the end: nothing of it counts")
    try:
        readings = tuple(_reading(name, data["kernels"][name], data) for name in KERNELS)
        return Parsed(
            readings=readings,
            tool_version=str(data["version"]),
            comparable={
                "stores": data["stores"],
                "vector_bytes": data["vector_bytes"],
                "threads": data["threads"],
                "proc_bind": data["proc_bind"],
                "array_bytes": data["array_bytes"],
                "compiler": data["compiler"],
                "compiler_flags": data["flags"],
                "program_version": data["version"],
            },
            notes=tuple(_notes(data)),
        )
    except (KeyError, TypeError) as error:
        raise OutputError(f"stream: its JSON lacks or misspells {error}") from error


def _object(stdout: bytes) -> Mapping[str, Any]:
    try:
        data = json.loads(stdout)
    except ValueError as error:
        raise OutputError(f"stream: one JSON object was expected on stdout: {error}") from error
    if not isinstance(data, dict):
        raise OutputError("stream: one JSON object was expected on stdout")
    return data


def _reading(name: str, kernel: Mapping[str, Any], data: Mapping[str, Any]) -> Reading:
    timed = [float(seconds) for seconds in kernel["times_s"][1:]]
    if len(timed) < _MIN_TIMED_PASSES:
        raise OutputError(f"stream: {len(timed)} passes of {name} counted, fewer than ten")
    if not all(math.isfinite(seconds) for seconds in timed):
        raise OutputError(f"stream: a pass of {name} took no finite time")
    best = min(timed)
    step = float(data["clock_resolution_s"])
    if not best > _MIN_CLOCK_STEPS * step:
        raise OutputError(
            f"stream: a pass of {name} took {best} s, too short for a clock with steps of {step} s"
        )
    return Reading(
        name=f"{name}_bandwidth",
        unit="GB/s",
        higher_is_better=True,
        value=float(kernel["bytes_per_pass"]) / best / 1e9,
    )


def _notes(data: Mapping[str, Any]) -> list[str]:
    notes = []
    cache, size = int(data["cache_bytes"]), int(data["array_bytes"])
    if size < _CACHES * cache:
        notes.append(
            f"arrays of {size} bytes are smaller than four times the last-level cache "
            f"({cache} bytes): part of this is the cache's bandwidth"
        )
    if data["proc_bind"] == "false":
        notes.append("threads were not pinned (OMP_PROC_BIND)")
    huge = int(data["huge_page_bytes"])
    if 0 <= huge < 3 * size * 0.9:
        notes.append(f"only {huge} of {3 * size} bytes lie in huge pages")
    return notes
