"""llama-bench: tokens per second of a model, from ``-o jsonl`` or ``-o json``.

One process measures one model at one context size, so a model that doesn't fit costs one result.
The value of a process is the mean of its repetitions, computed here from each of them.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from vttbench.benchmarks.llama_output import gpu_devices, objects
from vttbench.benchmarks.output import OutputError, Parsed, RawOutput, Reading
from vttbench.result import AbsentMetric, Scalar

# Facts that change what a number means. A field that some version lacks is left out: the build
# that belongs to it is in the key anyway.
_COMPARABLE = (
    "build_commit", "build_number", "backends", "devices", "n_gpu_layers", "flash_attn",
    "type_k", "type_v", "n_batch", "n_ubatch", "n_threads", "load_mode", "use_mmap",
    "model_type", "model_size", "model_n_params",
)  # fmt: skip

# Until autumn 2024 each backend was a field of its own.
_OLDER_BACKENDS = ("cuda", "vulkan", "kompute", "metal", "sycl")

# No machine runs a prompt in less: such a repetition was not measured (AlexsJones/llmfit 1038).
_SHORTEST_NS = 1_000
_ABSURD_RATIO = 10.0
_STDERR_LINES = 4


def parse(raw: RawOutput) -> Parsed:
    """Read what one process of llama-bench printed.

    Returns:
        ``prompt_tps`` and ``generation_tps``, with ``_d<depth>`` where the context was filled
        before; if one process ran several sizes, each carries its size, e.g. ``prompt_tps_512``.

    Raises:
        OutputError: the tool failed (its last words are in the message), printed no test or half
            of one, ran more than one setting, or gave no number that can be believed.
    """
    stdout = raw.stdout.decode("utf-8", "replace")
    stderr = raw.stderr.decode("utf-8", "replace")
    if raw.returncode != 0:
        last = [line.strip() for line in stderr.splitlines() if line.strip()][-_STDERR_LINES:]
        raise OutputError(
            f"llama-bench ended with status {raw.returncode}: {' | '.join(last) or 'no message'}"
        )
    found, noise = objects(stdout)
    tests = [test for test in found if "n_prompt" in test or "n_gen" in test]
    if not tests:
        raise OutputError("llama-bench printed no test: one JSON object a test was expected")
    comparable = _settings(tests)
    readings: list[Reading] = []
    absent: list[AbsentMetric] = []
    for name, test in _named(tests).items():
        rates = _rates(test)
        if reason := _unbelievable(test, rates):
            absent.append(AbsentMetric(name=name, reason=reason))
        else:
            readings.append(Reading(name, "tokens/s", True, statistics.fmean(rates)))
    if not readings:
        raise OutputError(
            "llama-bench gave no number that can be believed: "
            + "; ".join(f"{metric.name}: {metric.reason}" for metric in absent)
        )
    devices, driver = gpu_devices(f"{stderr}\n{stdout}")
    if driver:
        comparable["gpu_driver"] = driver
    warnings = [line.strip() for line in stderr.splitlines() if line.startswith("warning:")]
    return Parsed(
        readings=tuple(readings),
        absent=tuple(absent),
        tool_version=_version(tests[0]),
        comparable=comparable,
        notes=(
            *warnings,
            *devices,
            *(line for line in noise if not any(device in line for device in devices)),
            *(f"{metric.name} left out: {metric.reason}" for metric in absent),
        ),
    )


def _version(test: Mapping[str, Any]) -> str | None:
    if "build_number" not in test or "build_commit" not in test:
        return None
    return f"{test['build_number']} ({test['build_commit']})"


def _settings(tests: Sequence[Mapping[str, Any]]) -> dict[str, Scalar]:
    """Return what all tests have in common; they must have been run with the same settings."""
    settings: dict[str, Scalar] = {}
    for field in ("model_filename", *_COMPARABLE):
        values = {str(test[field]): test[field] for test in tests if field in test}
        if len(values) > 1:
            raise OutputError(
                f"llama-bench ran with several values of {field} ({', '.join(values)}): one "
                "process has to measure one model with one setting"
            )
        if values and field != "model_filename":
            value = next(iter(values.values()))
            settings[field] = value if isinstance(value, str | int | float | bool) else str(value)
    if "backends" not in settings and any(field in tests[0] for field in _OLDER_BACKENDS):
        used = [field for field in _OLDER_BACKENDS if tests[0].get(field) is True]
        settings["backends"] = ",".join(used) or "CPU"
    return settings


def _named(tests: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Name each test by what it does; by its size too where there are several."""
    kinds: dict[tuple[str, int], list[Mapping[str, Any]]] = defaultdict(list)
    for test in tests:
        prompt, generation = _whole(test, "n_prompt"), _whole(test, "n_gen")
        words = [word for word, n in (("prompt", prompt), ("generation", generation)) if n]
        if not words:
            raise OutputError("llama-bench ran a test of no tokens")
        kinds["_".join(words), _whole(test, "n_depth")].append(test)
    named: dict[str, Mapping[str, Any]] = {}
    for (kind, depth), group in kinds.items():
        for test in group:
            sizes = [str(n) for n in (_whole(test, "n_prompt"), _whole(test, "n_gen")) if n]
            name = f"{kind}_tps" + (f"_d{depth}" if depth else "")
            if len(group) > 1:
                name += "_" + "_".join(sizes)
            if name in named:
                raise OutputError(f"llama-bench ran the test behind {name} twice")
            named[name] = test
    return named


def _whole(test: Mapping[str, Any], field: str) -> int:
    value = test.get(field, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise OutputError(f"llama-bench: {field} is {value!r}, not a number of tokens")
    return value


def _rates(test: Mapping[str, Any]) -> list[float]:
    """Return tokens/s of each repetition; of the mean where a version prints nothing else."""
    rates = test.get("samples_ts") or [test.get("avg_ts")]
    return [float(rate) if isinstance(rate, int | float) else math.nan for rate in rates]


def _unbelievable(test: Mapping[str, Any], rates: Sequence[float]) -> str | None:
    """Say why a machine can't have given these samples; None if it can."""
    unfit = Counter(f"{rate:g}" for rate in rates if not math.isfinite(rate) or rate <= 0)
    if unfit:
        return f"tokens/s of {', '.join(unfit)} in {len(rates)} repetitions"
    durations = [ns for ns in test.get("samples_ns") or () if isinstance(ns, int | float)]
    if durations and min(durations) < _SHORTEST_NS:
        return f"a repetition of {min(durations):g} ns is below what a clock can time"
    if max(rates) > _ABSURD_RATIO * min(rates):
        return f"repetitions from {min(rates):g} to {max(rates):g} tokens/s can't all be true"
    return None
