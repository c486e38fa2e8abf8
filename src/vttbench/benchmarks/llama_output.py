"""What llama.cpp's programs print around their results: objects among noise, devices."""

from __future__ import annotations

import json
import re
from typing import Any

from vttbench.benchmarks.output import OutputError

# printf writes these where JSON has nothing to offer; Python's decoder knows them by other names.
_C_NUMBER = re.compile(
    r"(?<=[\[:,\s])(-?)(?:(nan)|(inf)(?:inity)?)(?:\([^)]*\))?(?=[\s,\]}])", re.I
)

# ggml_vulkan: 0 = AMD Radeon Graphics (RADV GFX1151) (radv) | uma: 1 | fp16: 1 | ...
_VULKAN = re.compile(r"^\s*ggml_vulkan: \d+ = (?P<name>.+) \((?P<driver>[^()]+)\) \| .*$")
#   Device 0: Radeon 8060S Graphics, gfx1151 (0x1151), VMM: no, Wave Size: 32, VRAM: 126976 MiB
_CUDA = re.compile(
    r"^\s*Device \d+: (?P<name>.+), (?P<arch>gfx|compute capability )[^,]+, VMM: .*$"
)


def objects(text: str) -> tuple[list[dict[str, Any]], list[str]]:
    """Separate the JSON objects of ``-o json`` and ``-o jsonl`` from everything else.

    Programs with a GPU print lines about it in between (ggml-org/llama.cpp 15554), and an array
    that was begun before a model failed to load is a lone bracket.

    Returns:
        The objects, and the lines that belong to none.

    Raises:
        OutputError: an object begins and does not end.
    """
    decoder = json.JSONDecoder()
    found: list[dict[str, Any]] = []
    noise: list[str] = []
    text = _C_NUMBER.sub(lambda m: "NaN" if m[2] else f"{m[1]}Infinity", text)
    at = 0
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        begin = at + len(line) - len(line.lstrip("[], \t\r"))
        if begin < end and text[begin] == "{":
            try:
                value, at = decoder.raw_decode(text, begin)
            except ValueError as error:
                raise OutputError(
                    f"an object that isn't whole begins with {text[begin : begin + 60]!r}: {error}"
                ) from error
            found.append(value)
            continue
        if begin < end:
            noise.append(line.strip())
        at = end + 1
    return found, noise


def gpu_devices(text: str) -> tuple[list[str], str | None]:
    """Read which graphics devices llama.cpp found, and through which driver.

    The driver alone is worth a third of the speed (GPUOpen-Drivers/AMDVLK 420), and the results
    themselves don't name it.

    Returns:
        The lines that describe devices, and the drivers, e.g. ``radv``, ``ROCm``, ``CUDA``.
    """
    lines: list[str] = []
    drivers: set[str] = set()
    for line in text.splitlines():
        if match := _VULKAN.match(line):
            drivers.add(match["driver"])
        elif match := _CUDA.match(line):
            drivers.add("ROCm" if match["arch"] == "gfx" else "CUDA")
        else:
            continue
        lines.append(line.strip())
    return lines, ", ".join(sorted(drivers)) or None
