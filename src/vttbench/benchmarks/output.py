"""What goes into a parser and what comes out of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from vttbench.result import AbsentMetric, Scalar


class OutputError(ValueError):
    """The tool's output is not what its parser needs; the message says what was expected."""


@dataclass(frozen=True)
class RawOutput:
    """All that one run of a tool left behind.

    Attributes:
        stdout: bytes as written; never mixed with stderr.
        stderr: bytes as written.
        returncode: exit status of the tool.
        files: artifacts by file name, e.g. fio's ``--output`` file.
    """

    stdout: bytes = b""
    stderr: bytes = b""
    returncode: int = 0
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """One quantity as one run of the tool gave it.

    Attributes:
        name: as in the result document, e.g. ``triad_bandwidth``.
        unit: e.g. ``GB/s``.
        higher_is_better: direction.
        value: the run's value; finite.
        primary: whether repeats go on until this one is stable.
    """

    name: str
    unit: str
    higher_is_better: bool
    value: float
    primary: bool = True

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise OutputError(f"{self.name} is {self.value}: not a number that can be stored")


@dataclass(frozen=True)
class Parsed:
    """What a parser understood.

    Attributes:
        readings: at least one.
        absent: expected but not to be had, with the reason (NaN, no I/O in that direction, ...).
        tool_version: as the tool said it.
        comparable: facts that must be equal before values are compared (build, backend, driver).
        notes: lines of the output that a reader should see (fio's depth note, ...).
    """

    readings: tuple[Reading, ...]
    absent: tuple[AbsentMetric, ...] = ()
    tool_version: str | None = None
    comparable: Mapping[str, Scalar] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


Parser = Callable[[RawOutput], Parsed]
