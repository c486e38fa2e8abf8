"""What a result looks like in MLflow: names, parameters, metrics and tags. Pure functions.

The same document always gives the same run, so that writing it twice changes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from vttbench.result import Metric, Repeat, Result, Scalar, Status
from vttbench.tracking.backend import Point
from vttbench.tracking.limits import KEY_CHARACTERS, PARAM_CHARACTERS, TAG_CHARACTERS

# MLflow gets slow from long histories; all samples stand in the document, which is an artifact.
_STEPS = 48
RESULT_TAGS = frozenset(
    {
        "result_id", "suite_id", "session_id", "play_id", "host", "fleet", "os", "benchmark",
        "variant", "status", "error_kind", "error", "profile", "comparability_key",
        "schema_version", "git_commit", "git_dirty", "controller", "awx_job_id", "missing_files",
    }
)  # fmt: skip
"""Names of the tags that we give a run, beside those that begin ``mlflow.`` or ``vttbench.``."""
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_\-./ ]")
_RUN_STATUS = {
    Status.OK: "FINISHED",
    Status.UNSTABLE: "FINISHED",
    Status.SKIPPED: "FINISHED",
    Status.FAILED: "FAILED",
    Status.PARTIAL: "KILLED",
}


@dataclass(frozen=True)
class Content:
    """A run as it should stand in MLflow, artifacts aside.

    Attributes:
        name: as shown in lists.
        status: FINISHED, FAILED or KILLED.
        start_ms: milliseconds since 1970, UTC.
        end_ms: the same.
        tags: text by name.
        params: text by name.
        metrics: points; the last step of each name is its value.
    """

    name: str
    status: str
    start_ms: int
    end_ms: int
    tags: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    metrics: list[Point] = field(default_factory=list)


def of_result(result: Result) -> Content:
    """Lay out one result."""
    return Content(
        name=run_name(result),
        status=_RUN_STATUS[result.status],
        start_ms=milliseconds(result.started_at),
        end_ms=milliseconds(result.finished_at),
        tags=_tags(result),
        params=_params(result),
        metrics=list(_metrics(result)),
    )


def run_name(result: Result) -> str:
    """Return ``<hostname>-<model>`` for AI runs, ``<hostname>-<benchmark>[-<variant>]`` else."""
    benchmark = result.benchmark
    model = benchmark.parameters.get("model")
    if model:
        return f"{result.host.name}-{model}"
    parts = [result.host.name, benchmark.name, benchmark.variant]
    return "-".join(part for part in parts if part)


def metric_name(*parts: str) -> str:
    """Join parts with a slash into a name that MLflow takes.

    MLflow takes letters, digits, underscore, dash, period, space and slash (a colon only in newer
    versions), and reads the name as a path: it must be relative and normal.

    Raises:
        ValueError: nothing is left of it.
    """
    cleaned = (_NOT_IN_A_NAME.sub("_", part) for part in parts)
    steps = (step.strip() for part in cleaned for step in part.split("/"))
    name = "/".join(step for step in steps if step.strip("."))[:KEY_CHARACTERS].rstrip("/ ")
    if not name:
        raise ValueError(f"{'/'.join(parts)!r} can't be made into a name for MLflow")
    return name


def milliseconds(moment: datetime) -> int:
    """Return milliseconds since 1970, UTC, as MLflow counts."""
    return round(moment.timestamp() * 1000)


def clip(text: str, limit: int) -> str:
    """Cut a text to a server's limit, and show that it was cut."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def cleaned_tags(tags: dict[str, str | None]) -> dict[str, str]:
    """Return tags as MLflow takes them; what is None or empty is absent."""
    return {key: clip(value, TAG_CHARACTERS) for key, value in tags.items() if value}


def cleaned_params(params: dict[str, Scalar]) -> dict[str, str]:
    """Return parameters as MLflow takes them; what is None or empty is absent."""
    return {
        metric_name(key): clip(_text(value), PARAM_CHARACTERS)
        for key, value in params.items()
        if value is not None and value != ""
    }


def _tags(result: Result) -> dict[str, str]:
    benchmark, host, provenance = result.benchmark, result.host, result.provenance
    error = result.error
    return cleaned_tags(
        {
            "result_id": result.result_id,
            "suite_id": result.suite_id,
            "session_id": result.session_id,
            "play_id": provenance.play_id,
            "host": host.name,
            "fleet": host.fleet,
            "os": host.os_family,
            "benchmark": benchmark.name,
            "variant": benchmark.variant,
            "status": result.status.value,
            "error_kind": error.kind.value if error else None,
            "error": error.message if error else None,
            "profile": provenance.profile,
            "comparability_key": result.comparability.key,
            "schema_version": result.schema_version,
            "git_commit": provenance.git_commit,
            "git_dirty": None if provenance.git_dirty is None else _text(provenance.git_dirty),
            "controller": provenance.controller,
            "awx_job_id": provenance.awx_job_id,
            "mlflow.user": provenance.user,
            "mlflow.source.type": "PROJECT",
            "mlflow.source.name": "vttbench",
            "mlflow.source.git.commit": provenance.git_commit,
            "mlflow.note.content": _note(result),
        }
    )


def _note(result: Result) -> str | None:
    """Return what the page of the run shows at its top: why the numbers are in doubt."""
    lines = [f"**{result.status.value}**: {result.error.message}"] if result.error else []
    lines += [f"- {note}" for note in result.notes]
    lines += [f"- {metric.name} is absent: {metric.reason}" for metric in result.absent]
    return "\n".join(lines) or None


def _params(result: Result) -> dict[str, str]:
    benchmark, host = result.benchmark, result.host
    fixed: dict[str, Scalar] = {
        "hostname": host.name,
        "cpu": host.cpu,
        "memory_gb": host.memory_gb,
        "gpu": host.gpu,
        "os": host.os,
        "host_model": host.model,
        "power_source": host.power_source,
        "power_profile": host.power_profile,
        "tool": benchmark.tool,
        "tool_version": benchmark.tool_version,
        "benchmark_version": benchmark.version,
    }
    own = {
        (f"parameter/{name}" if name in fixed else name): value
        for name, value in benchmark.parameters.items()
    }
    return cleaned_params(fixed | own)


def _metrics(result: Result) -> Iterator[Point]:
    end = milliseconds(result.finished_at)
    measured = [repeat for repeat in result.repeats if repeat.kind == "measured"]
    counted = [repeat for repeat in measured if repeat.status == "ok"]
    for metric in result.metrics:
        yield from _history(metric, counted, end)
        if metric.ci95 is not None:
            yield from _single(f"{metric.name}_ci_low", metric.ci95[0], end)
            yield from _single(f"{metric.name}_ci_high", metric.ci95[1], end)
        yield from _single(f"{metric.name}_cv", metric.cv, end)
    if result.telemetry is not None:
        for name, summary in result.telemetry.summary.items():
            for suffix, value in (
                ("mean", summary.mean),
                ("min", summary.minimum),
                ("max", summary.maximum),
            ):
                yield from _single(metric_name("telemetry", f"{name}_{suffix}"), value, end)
        if result.telemetry.throttled is not None:
            yield from _single("telemetry/throttled", float(result.telemetry.throttled), end)
    duration = (result.finished_at - result.started_at).total_seconds()
    yield from _single("harness/duration_s", duration, end)
    yield from _single("harness/repeats", float(len(counted)), end)
    yield from _single("harness/repeats_not_counted", float(len(measured) - len(counted)), end)
    yield from _single("harness/cpu_s", result.provenance.harness_cpu_s, end)


def _history(metric: Metric, counted: list[Repeat], end: int) -> Iterator[Point]:
    """Give each repeat as a step from 0 on, and the document's value as the last one.

    MLflow shows the highest step as *the* value of a metric, so the mean has to come last; what
    comes before it are the repeats, in order. A single repeat is a single point.
    """
    key, samples = metric_name(metric.name), metric.samples
    stride = math.ceil(len(samples) / _STEPS)
    for step in range(0, len(samples) if len(samples) > 1 else 0, stride):
        moment = end
        if len(counted) == len(samples):
            repeat = counted[step]
            moment = milliseconds(repeat.started_at) + round(1000 * repeat.duration_s)
        if math.isfinite(samples[step]):
            yield Point(key, samples[step], moment, step)
    if math.isfinite(metric.value):
        yield Point(key, metric.value, end, len(samples) if len(samples) > 1 else 0)


def _single(name: str, value: float | None, end: int) -> Iterator[Point]:
    if value is not None and math.isfinite(value):
        yield Point(metric_name(name), value, end, 0)


def _text(value: Scalar) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:.12g}" if isinstance(value, float) else str(value)
