"""What the measuring loop needs of a host: the seam between Linux, Windows and tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from vttbench.benchmarks.output import RawOutput


class HostLostError(ConnectionError):
    """The host can't be reached any more; the message says since when and what was tried."""


class RunnerError(RuntimeError):
    """The host answers, but what we need of it does not work; the message says what."""


@dataclass(frozen=True)
class Attempt:
    """One run of the tool, as the host saw it.

    Attributes:
        started_at: by the host's clock.
        duration_s: wall time of the tool alone, by the host's clock.
        timed_out: ended by us after its limit.
        tool_cpu_s: user and system time of the tool and its children.
        harness_cpu_s: what we ourselves spent on the host for this repeat.
        disturbance: what else happened on the host meanwhile, by name.
        contamination: why this repeat must not count; None where nothing disturbed it.
    """

    raw: RawOutput
    started_at: datetime
    duration_s: float
    timed_out: bool = False
    tool_cpu_s: float | None = None
    harness_cpu_s: float | None = None
    disturbance: Mapping[str, float] = field(default_factory=dict)
    contamination: str | None = None


class Runner(Protocol):
    """Runs commands of one benchmark step on one host.

    Every method may raise :class:`HostLostError` and :class:`RunnerError`. ``close`` never raises:
    it leaves nothing running and nothing lying about, as far as the host can still be reached.
    """

    @property
    def shared(self) -> str:
        """Absolute path of the folder that is kept over all repeats."""

    def open(self) -> None:
        """Make a workspace of our own on the host and start telemetry where asked for."""

    def output_of(self, argv: Sequence[str], timeout_s: float) -> RawOutput:
        """Run a helper command (version, preparation) and return what it left behind."""

    def size_of(self, path: str) -> int | None:
        """Return the length of a file in bytes, None where it is not there."""

    def repeat(
        self,
        index: int,
        argv: Sequence[str],
        environment: Mapping[str, str],
        artifacts: Sequence[str],
        timeout_s: float,
    ) -> Attempt:
        """Run the tool once in a fresh directory."""

    def telemetry(self) -> bytes:
        """Stop the sampler and return its lines; empty where there is none."""

    def close(self) -> None:
        """End what still runs and remove the workspace."""
