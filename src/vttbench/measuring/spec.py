"""What is to be measured, and in which surroundings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from vttbench.benchmarks.output import Parser
from vttbench.result import Benchmark, Check, Host, Provenance, Scalar


@dataclass(frozen=True)
class Spec:
    """One benchmark step.

    Attributes:
        argv: the command; ``$VTTBENCH_SHARED`` in a word stands for the folder that is kept over
            all repeats.
        prepare: commands run once before the first repeat.
        version_argv: command whose first line of output says the tool's version.
        artifacts: files that the tool writes into its working directory.
        targets: files that must be there after the preparation, with their size in bytes.
        timeout_s: limit on one repeat.
        telemetry_interval_s: None for no telemetry.
    """

    benchmark: str
    tool: str
    argv: tuple[str, ...]
    parser: Parser
    version: str = "1"
    variant: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    prepare: tuple[tuple[str, ...], ...] = ()
    version_argv: tuple[str, ...] = ()
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    artifacts: tuple[str, ...] = ()
    targets: Mapping[str, int] = field(default_factory=dict)
    timeout_s: float = 1800.0
    telemetry_interval_s: float | None = 1.0

    @property
    def title(self) -> str:
        """Benchmark and variant, as people call it."""
        return f"{self.benchmark} {self.variant}" if self.variant else self.benchmark

    def as_benchmark(self, tool_version: str | None, command: Sequence[str] = ()) -> Benchmark:
        """Return the part of the result document that says what was run."""
        return Benchmark(
            name=self.benchmark,
            version=self.version,
            variant=self.variant,
            tool=self.tool,
            tool_version=tool_version,
            command=list(command or self.argv),
            parameters=dict(self.parameters),
        )


@dataclass(frozen=True)
class Surroundings:
    """What a result document says beside the measurement itself."""

    suite_id: str
    session_id: str
    host: Host
    provenance: Provenance
    preflight: tuple[Check, ...] = ()
