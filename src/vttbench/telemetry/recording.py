"""The sampler's lines, read back at full resolution."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Points = list[tuple[float, float]]
"""Time (Unix seconds by the host's clock) and value, in order of time."""

_NOT_SERIES = {"t", "cpu_s"}


@dataclass(frozen=True)
class Recording:
    """What one sampler wrote.

    Attributes:
        interval_s: as asked for.
        series: points by name of the series; a series without a point is not in it.
        units: by name of the series.
        limits: temperature in °C from where on the hardware slows down, by name of the series.
        integrated: names of GPUs that are part of the processor, e.g. ``gpu``.
        absent: why a series is not there.
        cpu_s: what the sampler itself used on the host so far; None for no sample.
        ended: why it ended; None where the last line is missing, i.e. it was killed or cut off.
    """

    interval_s: float = 1.0
    series: Mapping[str, Points] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    integrated: frozenset[str] = frozenset()
    absent: Mapping[str, str] = field(default_factory=dict)
    cpu_s: float | None = None
    ended: str | None = None


def parse(lines: bytes) -> Recording:
    """Read the sampler's file.

    A last line that was cut off, and any line that is not JSON, is passed over: losing telemetry
    never costs the score. A value that is not a finite number is left out.

    Raises:
        ValueError: there is no header, so this is not a sampler's file.
    """
    header: Mapping[str, Any] | None = None
    series: dict[str, Points] = {}
    cpu_s = ended = None
    for line in lines.splitlines():
        try:
            data = json.loads(line)
        except ValueError:
            continue
        if not isinstance(data, dict):
            continue
        if "vttbench_sampler" in data:
            header = data
        elif "end" in data:
            ended = str(data["end"])
        elif (t := _number(data.get("t"))) is not None:
            cpu_s = _number(data.get("cpu_s")) or cpu_s
            for name in data.keys() - _NOT_SERIES:
                if (value := _number(data[name])) is not None:
                    series.setdefault(name, []).append((t, value))
    if header is None:
        raise ValueError("no header of the telemetry sampler")
    units = {str(k): str(v) for k, v in _mapping(header.get("units")).items()}
    absent = {str(k): str(v) for k, v in _mapping(header.get("absent")).items()}
    for name in units:
        if _concrete(name) not in series:
            absent.setdefault(_concrete(name), "never gave a number")
    limits = {str(k): _number(v) for k, v in _mapping(header.get("limits")).items()}
    notes = _mapping(header.get("notes"))
    return Recording(
        interval_s=_number(header.get("interval_s")) or 1.0,
        series={name: sorted(points) for name, points in sorted(series.items())},
        units={name: units.get(name) or units.get(_template(name)) or "1" for name in series},
        limits={name: limit for name, limit in limits.items() if limit is not None},
        integrated=frozenset(str(gpu) for gpu, note in notes.items() if note == "integrated"),
        absent=absent,
        cpu_s=cpu_s,
        ended=ended,
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _template(name: str) -> str:
    # The sampler can't know how many cards nvidia-smi will tell of: `gpu{}_clock_mhz`.
    return re.sub(r"^gpu\d*_", "gpu{}_", name)


def _concrete(name: str) -> str:
    return name.replace("{}", "")
