"""From a result document to its rows in the table of results."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from statistics import fmean, median
from typing import Any

from pydantic import JsonValue

from vttbench.result import Host, Metric, Result, Scalar, Telemetry, comparability_of

DEMO_TAG = "demo"
"""Tag of results that nobody measured; their documents say so in :data:`DEMO_NOTE`."""
DEMO_NOTE = "demo data"
"""How the note of a made-up result begins."""

_BUILD_FIELDS = ("tool.build_commit", "tool.compiler", "tool.build")
_SYNTHETIC = re.compile(r"synthetic", re.IGNORECASE)


def rows_of(result: Result, path: Path | str | None = None) -> list[dict[str, Any]]:
    """Return one row a metric, or a single one with a null metric where there is none.

    Args:
        result: the document.
        path: its file.

    Returns:
        Rows with the names and types of :data:`vttbench.analysis.columns.SCHEMA`.
    """
    shared = _shared(result) | {"path": None if path is None else str(path)}
    if not result.metrics:
        return [shared | _no_metric()]
    return [shared | _of_metric(metric) for metric in result.metrics]


def workload_of(result: Result) -> str:
    """Return the key of what was run, whatever tool build, driver or power plan ran it.

    A series over time goes on when a driver changes; that is when it gets interesting. So this
    key is coarser than the comparability key.
    """
    benchmark = result.benchmark
    fields: dict[str, Scalar] = {
        "benchmark": benchmark.name,
        "benchmark_version": benchmark.version,
        "variant": benchmark.variant,
    }
    # A row of flags is how a build is told what to do, not what is measured: its words change with
    # the version of the tool.
    parameters = {name: value for name, value in benchmark.parameters.items() if name != "flags"}
    return comparability_of(fields | parameters).key


def driver_of(host: Host) -> str | None:
    """Return the graphics drivers with their versions, as far as the host told them."""
    details = host.details
    found: list[str] = []
    for group, name, version in (
        ("gpus", "driver", "driver_version"),
        ("nvidia", "", "driver_version"),
        ("vulkan", "driver", "driver_version"),
    ):
        for device in _devices(details.get(group)):
            if device.get("type") == "PHYSICAL_DEVICE_TYPE_CPU":
                continue
            words = [device.get(name) if name else group, device.get(version)]
            text = " ".join(str(word) for word in words if word)
            # Linux names the module and its version, Windows the version alone.
            if any(char.isdigit() for char in text) and text not in found:
                found.append(text)
    for name in ("gpu_driver", "driver"):
        if (own := details.get(name)) and str(own) not in found:
            found.append(str(own))
    return "; ".join(found) or None


def _devices(value: JsonValue) -> Iterable[Mapping[str, JsonValue]]:
    listed = value if isinstance(value, list) else []
    return [device for device in listed if isinstance(device, dict)]


def _shared(result: Result) -> dict[str, Any]:
    benchmark, host, provenance = result.benchmark, result.host, result.provenance
    fields, parameters = result.comparability.fields, benchmark.parameters
    model = _text(parameters.get("model"))
    synthetic = None if model is None else bool(_SYNTHETIC.search(model))
    if isinstance(parameters.get("synthetic"), bool):
        synthetic = bool(parameters["synthetic"])
    not_ok = [check for check in result.preflight if check.status in ("warn", "fail")]
    checked = bool(result.preflight)
    worst = "fail" if any(check.status == "fail" for check in not_ok) else "warn"
    shared: dict[str, Any] = {
        "result_id": result.result_id,
        "suite_id": result.suite_id,
        "session_id": result.session_id,
        "started_at": result.started_at.astimezone(UTC),
        "finished_at": result.finished_at.astimezone(UTC),
        "host": host.name,
        "fleet": host.fleet,
        "os_family": host.os_family,
        "os": host.os,
        "benchmark": benchmark.name,
        "variant": benchmark.variant,
        "workload": workload_of(result),
        "comparability_key": result.comparability.key,
        "tool": benchmark.tool,
        "tool_version": benchmark.tool_version,
        "tool_build": next(
            (_text(fields[name]) for name in _BUILD_FIELDS if fields.get(name)), None
        ),
        "backend": _text(fields.get("tool.backends") or parameters.get("backend")),
        "model": model,
        "quant": _text(parameters.get("quant")),
        "size_gb": _number(parameters.get("size_gb")),
        "context": None if model is None else _context(parameters),
        "synthetic": synthetic,
        "status": str(result.status),
        "error_kind": None if result.error is None else str(result.error.kind),
        "error": None if result.error is None else result.error.message,
        "cpu": host.cpu,
        "gpu": host.gpu,
        "memory_gb": host.memory_gb,
        "machine": host.model,
        "power_source": host.power_source,
        "power_profile": host.power_profile,
        "driver": driver_of(host) or _text(fields.get("tool.gpu_driver")),
        "bios": host.bios,
        "kernel": host.kernel,
        "microcode": _text(host.details.get("microcode")),
        "preflight": (worst if not_ok else "ok") if checked else None,
        "preflight_warnings": ",".join(check.name for check in not_ok) or None,
        "profile": provenance.profile,
        "play_id": provenance.play_id,
        "vttbench_version": provenance.vttbench_version,
        "git_commit": provenance.git_commit,
    }
    return (
        shared | _of_telemetry(result.telemetry) | {"tags": _tags(result, synthetic, not_ok != [])}
    )


def _of_metric(metric: Metric) -> dict[str, Any]:
    low, high = metric.ci95 or (None, None)
    return {
        "metric": metric.name,
        "unit": metric.unit,
        "higher_is_better": metric.higher_is_better,
        "primary": metric.primary,
        "value": metric.value,
        "ci_low": low,
        "ci_high": high,
        "cv": metric.cv,
        "n_samples": len(metric.samples),
        "median": median(metric.samples),
        "drift": drift_of(metric.samples, higher_is_better=metric.higher_is_better),
    }


def _no_metric() -> dict[str, Any]:
    names = "metric unit higher_is_better primary value ci_low ci_high cv drift median"
    return dict.fromkeys(names.split()) | {"n_samples": 0}


def drift_of(samples: Sequence[float], *, higher_is_better: bool) -> float | None:
    """Return how much faster the last repeat was than the first, by a robust line through all.

    The median of the slopes of all pairs (Theil 1950, Sen 1968) times the number of steps, over
    the median: one bad repeat does not make a drift.

    Args:
        samples: one value a repeat, in order.
        higher_is_better: a falling latency is a rise of speed.

    Returns:
        Share, -0.05 is 5 % slower at the end; None for fewer than four repeats or a median of 0.
    """
    count = len(samples)
    if count < 4:
        return None
    middle = median(samples)
    if middle == 0:
        return None
    slopes = [
        (samples[j] - samples[i]) / (j - i) for i in range(count) for j in range(i + 1, count)
    ]
    change = median(slopes) * (count - 1) / abs(middle)
    return change if higher_is_better else -change


def _of_telemetry(telemetry: Telemetry | None) -> dict[str, Any]:
    summary = {} if telemetry is None else telemetry.summary
    heat = _first(summary, "temperature_c", "cpu0_temperature_c", "gpu_temperature_c")
    clock = _first(summary, "clock_mhz", "gpu_clock_mhz")
    power = _first(summary, "power_w", "package_power_w", "gpu_power_w")
    energy = summary.get("energy_j")
    return {
        "temperature_mean_c": heat and heat.mean,
        "temperature_max_c": heat and heat.maximum,
        "clock_mean_mhz": clock and clock.mean,
        "clock_min_mhz": clock and clock.minimum,
        "power_mean_w": power and power.mean,
        "energy_j": energy and energy.maximum - energy.minimum,
        "throttled": None if telemetry is None else telemetry.throttled,
        "clock_drop": None if telemetry is None else clock_drop_of(telemetry),
    }


def clock_drop_of(telemetry: Telemetry) -> float | None:
    """Return the mean clock of the last third of a run over that of the first third, less 1.

    Returns:
        Share, -0.05 is 5 % less at the end; None for no clock or fewer than nine points.
    """
    series = telemetry.series.get("clock_mhz") or telemetry.series.get("gpu_clock_mhz")
    if series is None or len(series.v) < 9:
        return None
    third = len(series.v) // 3
    first = fmean(series.v[:third])
    return fmean(series.v[-third:]) / first - 1.0 if first else None


def _first(summary: Mapping[str, Any], *names: str) -> Any:  # noqa: ANN401  # SeriesSummary or None
    return next((summary[name] for name in names if name in summary), None)


def _tags(result: Result, synthetic: bool | None, warned: bool) -> str | None:
    tags = [str(tag) for tag in (result.model_extra or {}).get("tags") or []]
    if any(note.startswith(DEMO_NOTE) for note in result.notes):
        tags.append(DEMO_TAG)
    if result.provenance.profile:
        tags.append(f"profile:{result.provenance.profile}")
    if synthetic:
        tags.append("synthetic-model")
    if result.telemetry is not None and result.telemetry.throttled:
        tags.append("throttled")
    if warned:
        tags.append("preflight-warning")
    return ",".join(sorted({tag.replace(",", " ") for tag in tags})) or None


def _context(parameters: Mapping[str, Scalar]) -> int | None:
    sizes = [parameters.get(name) for name in ("prompt", "depth")]
    known = [int(size) for size in sizes if isinstance(size, int | float)]
    return sum(known) if known else None


def _text(value: JsonValue) -> str | None:
    return None if value is None or value == "" else str(value)


def _number(value: Scalar) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value is not None else None
