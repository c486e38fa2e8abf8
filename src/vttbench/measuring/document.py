"""From what was measured to the result document."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from vttbench.measuring.spec import Spec, Surroundings
from vttbench.measuring.tally import Tally
from vttbench.result import (
    Comparability,
    Error,
    ErrorKind,
    Result,
    Scalar,
    Status,
    Telemetry,
    comparability_of,
)

# Kinds of errors after which the same run may well succeed.
_RETRYABLE = frozenset(
    {
        ErrorKind.UNREACHABLE,
        ErrorKind.TIMEOUT,
        ErrorKind.CONTAMINATED,
        ErrorKind.NOT_CONVERGED,
        ErrorKind.INTERRUPTED,
        ErrorKind.PREFLIGHT,
    }
)


def error_of(kind: ErrorKind, message: str) -> Error:
    """Return an error; its kind says whether trying again makes sense."""
    return Error(kind=kind, message=message, retryable=kind in _RETRYABLE)


def comparability(spec: Spec, surroundings: Surroundings, tally: Tally) -> Comparability:
    """Return what must be equal before this result may be compared with another."""
    fields: dict[str, Scalar] = {
        "benchmark": spec.benchmark,
        "benchmark_version": spec.version,
        "variant": spec.variant,
        "tool": spec.tool,
        "tool_version": tally.tool_version,
        "power_source": surroundings.host.power_source,
        "power_profile": surroundings.host.power_profile,
    }
    fields |= {f"parameter.{name}": value for name, value in spec.parameters.items()}
    fields |= {f"tool.{name}": value for name, value in tally.comparable.items()}
    return comparability_of(fields)


def compose(
    result_id: str,
    spec: Spec,
    surroundings: Surroundings,
    tally: Tally,
    *,
    started_at: datetime,
    finished_at: datetime,
    status: Status,
    error: Error | None,
    command: Sequence[str] = (),
    telemetry: Telemetry | None = None,
) -> Result:
    """Put a result document together."""
    provenance = surroundings.provenance.model_copy(
        update={
            "harness_cpu_s": round(tally.harness_cpu_s, 3) if tally.repeats else None,
            "tool_cpu_s": round(tally.tool_cpu_s, 3) if tally.repeats else None,
            "prepare_s": round(tally.prepare_s, 3) if spec.prepare else None,
        }
    )
    return Result(
        result_id=result_id,
        suite_id=surroundings.suite_id,
        session_id=surroundings.session_id,
        benchmark=spec.as_benchmark(tally.tool_version, command),
        host=surroundings.host,
        started_at=started_at,
        finished_at=max(started_at, finished_at),
        status=status,
        error=error,
        metrics=tally.metrics(),
        absent=tally.absent(),
        repeats=list(tally.repeats),
        telemetry=telemetry,
        preflight=list(surroundings.preflight),
        notes=list(tally.notes),
        comparability=comparability(spec, surroundings, tally),
        provenance=provenance,
    )
