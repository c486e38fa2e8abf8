"""The parts of fio's JSON that we read, typed."""

from __future__ import annotations

import math
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

DIRECTIONS = ("read", "write", "trim")

_ALIASES = {"rw": ("rw", "readwrite"), "bs": ("bs", "blocksize")}
# What fio does where an option isn't given; its default engine depends on the system.
_DEFAULTS = {"rw": "read", "bs": "4k", "iodepth": "1", "direct": "0", "numjobs": "1"}

Options = Annotated[
    dict[str, str],
    BeforeValidator(
        lambda value: (
            {name: str(word) for name, word in value.items()} if isinstance(value, dict) else value
        )
    ),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", populate_by_name=True)


class Latency(_Part):
    """A distribution of latencies, in ns; in us before fio 3."""

    percentile: dict[str, float] = Field(default_factory=dict)


class Direction(_Part):
    """What one job did in one direction."""

    total_ios: float | None = None
    iops: float = math.nan
    bw_bytes: float | None = None
    bw: float = math.nan
    clat_ns: Latency | None = None
    clat: Latency | None = None

    @property
    def did_io(self) -> bool:
        """Whether anything was done at all; where requests aren't counted, IOPS say it."""
        return (self.iops if self.total_ios is None else self.total_ios) != 0

    @property
    def bytes_per_second(self) -> float:
        """Bandwidth; fio before 3 only says it in KiB/s."""
        return self.bw * 1024 if self.bw_bytes is None else self.bw_bytes

    def completion_us(self, percentile: str) -> float | None:
        """Return a percentile of the completion latency in us, None where fio gave none."""
        if self.clat_ns is not None:
            value = self.clat_ns.percentile.get(percentile)
            return None if value is None else value / 1000
        return None if self.clat is None else self.clat.percentile.get(percentile)


class Job(_Part):
    """One entry of ``jobs``."""

    jobname: str
    error: int = 0
    options: Options = Field(default_factory=dict, alias="job options")
    iodepth_level: dict[str, float] = Field(default_factory=dict)
    read: Direction | None = None
    write: Direction | None = None
    trim: Direction | None = None

    def direction(self, name: str) -> Direction | None:
        """Return what the job did in one of :data:`DIRECTIONS`."""
        return {"read": self.read, "write": self.write, "trim": self.trim}[name]


class Report(_Part):
    """The whole document."""

    version: str = Field(alias="fio version")
    global_options: Options = Field(default_factory=dict, alias="global options")
    jobs: list[Job]

    def option(self, job: Job, name: str) -> str | None:
        """Return an option as the job had it: its own, the global one, fio's default, or None."""
        for options in (job.options, self.global_options):
            for alias in _ALIASES.get(name, (name,)):
                if alias in options:
                    # A flag that is given without a value is on.
                    return options[alias] or "1"
        return _DEFAULTS.get(name)

    def depth(self, job: Job) -> int:
        """Return the depth that was asked for."""
        word = self.option(job, "iodepth") or "1"
        return int(word) if word.isdecimal() else 1

    def is_random(self, job: Job) -> bool:
        """Tell whether the job's offsets are random."""
        return (self.option(job, "rw") or "").startswith("rand")

    def directions(self, job: Job) -> list[str]:
        """Return the directions that the job was asked for, and those it went in anyway."""
        pattern = (self.option(job, "rw") or "").removeprefix("rand").partition(":")[0]
        asked = {
            "rw": ("read", "write"),
            "readwrite": ("read", "write"),
            "trimwrite": ("trim", "write"),
        }.get(pattern, (pattern,))
        return [
            name
            for name in DIRECTIONS
            if name in asked or ((part := job.direction(name)) is not None and part.did_io)
        ]
