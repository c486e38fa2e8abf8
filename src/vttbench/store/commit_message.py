"""What a commit of results says: which host, what it is, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from vttbench.result import Metric, Result, Status
from vttbench.store.results import Stored

_HEADLINES = 40  # lines of figures; a large suite says how many are left out


def subject_of(host: str, results: Sequence[Stored]) -> str:
    """Return the first line: host and the end of its newest result, in UTC."""
    newest = max(stored.result.finished_at for stored in results).astimezone(UTC)
    return _line(f"Auto: Benchmark results {host} {newest:%Y-%m-%dT%H:%M:%SZ}")


def body_of(results: Sequence[Stored]) -> str:
    """Return what the host is and its headline figures, one a line."""
    host = results[-1].result.host
    memory = None if host.memory_gb is None else f"{host.memory_gb:.4g} GB"
    facts = {"CPU": host.cpu, "Memory": memory, "GPU": host.gpu, "OS": host.os or host.os_family}
    lines = [f"{name}: {value}" for name, value in facts.items() if value]
    headlines = [headline for stored in results for headline in _headlines(stored.result)]
    left_out = len(headlines) - _HEADLINES
    headlines = headlines[:_HEADLINES]
    if left_out > 0:
        headlines.append(f"... and {left_out} more")
    return "\n".join([*map(_line, lines), "", *map(_line, headlines)])


def _headlines(result: Result) -> list[str]:
    variant = f" {result.benchmark.variant}" if result.benchmark.variant else ""
    label = f"{result.benchmark.name}{variant}"
    doubt = "" if result.status is Status.OK else f" ({result.status})"
    primary = [metric for metric in result.metrics if metric.primary]
    if not primary:
        reason = result.error.message if result.error else "no metric"
        return [f"{label}: {result.status}: {reason}"]
    return [f"{label}: {metric.name} {_figure(metric)}{doubt}" for metric in primary]


def _figure(metric: Metric) -> str:
    rounded = float(f"{metric.value:.4g}")
    spread = ""
    if metric.ci95 is not None and metric.value:
        half = 50 * (metric.ci95[1] - metric.ci95[0]) / abs(metric.value)
        spread = f" ±{half:.2g} %"
    return f"{rounded:.10g} {metric.unit}{spread}"


def _line(text: str) -> str:
    return " ".join(text.split())
