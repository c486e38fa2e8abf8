"""What the demo fleet is measured with: benchmarks, their parameters, and plausible values.

The values are those of no machine. They stand for the size of number that a laptop with a Ryzen AI
Max+ 395 gives, so that units and axes look as they will.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from vttbench.result import Scalar


class Area(StrEnum):
    """Part of a machine that a benchmark stresses."""

    CPU = "cpu"
    MEMORY = "memory"
    STORAGE = "storage"
    AI = "ai"


@dataclass(frozen=True)
class DemoMetric:
    """One metric and its size on a machine of speed 1."""

    name: str
    unit: str
    typical: float
    higher_is_better: bool = True
    primary: bool = True


@dataclass(frozen=True)
class Workload:
    """One benchmark with its parameters.

    Attributes:
        benchmark: name, as ``vttbench.benchmarks`` has it.
        variant: which of several.
        tool: program.
        tool_version: as it says of itself.
        area: which part of the machine decides.
        metrics: what comes out.
        repeat_s: seconds one repeat takes.
        noise: coefficient of variation from repeat to repeat.
        heavy_tails: noise of repeats and sessions is Student's t with 3 degrees of freedom.
        parameters: as in the document.
        comparable: further fields of the comparability key.
    """

    benchmark: str
    variant: str | None
    tool: str
    tool_version: str
    area: Area
    metrics: tuple[DemoMetric, ...]
    repeat_s: float
    noise: float = 0.006
    heavy_tails: bool = False
    parameters: Mapping[str, Scalar] = field(default_factory=dict)
    comparable: Mapping[str, Scalar] = field(default_factory=dict)


def _llama(model: str, quant: str, size_gb: float, prompt: float, generation: float) -> Workload:
    return Workload(
        benchmark="llama",
        variant=f"{model} pp512-tg128",
        tool="llama-bench",
        tool_version="11312 (0c1e57098)",
        area=Area.AI,
        metrics=(
            DemoMetric("prompt_tps", "tokens/s", prompt),
            DemoMetric("generation_tps", "tokens/s", generation),
        ),
        repeat_s=18.0,
        parameters={
            "model": model, "quant": quant, "size_gb": size_gb, "prompt": 512, "generation": 128,
            "depth": 0, "repetitions": 1, "flags": "",
        },
        comparable={"tool.backends": "Vulkan", "tool.build_commit": "0c1e57098"},
    )  # fmt: skip


def _fio(job: str, metric: str, rw: str, unit: str, typical: float, latency: float) -> Workload:
    name = job.replace("-", "_")
    return Workload(
        benchmark="fio",
        variant=job,
        tool="fio",
        tool_version="3.41",
        area=Area.STORAGE,
        metrics=(
            DemoMetric(f"{name}_{metric}", unit, typical),
            DemoMetric(f"{name}_latency_p99", "us", latency, higher_is_better=False, primary=False),
        ),
        repeat_s=35.0,
        noise=0.015,
        heavy_tails=True,
        parameters={"job": job, "rw": rw, "size": "8G", "runtime_s": 30, "ramp_s": 5},
    )


WORKLOADS: tuple[Workload, ...] = (
    Workload(
        benchmark="sevenzip", variant=None, tool="7zz", tool_version="26.02", area=Area.CPU,
        metrics=(
            DemoMetric("compression_mips", "MIPS", 148_000),
            DemoMetric("decompression_mips", "MIPS", 196_000),
            DemoMetric("total_mips", "MIPS", 172_000),
        ),
        repeat_s=42.0, parameters={"passes": 3, "dictionary": 25},
    ),
    Workload(
        benchmark="stream", variant=None, tool="vttbench-stream", tool_version="1.0",
        area=Area.MEMORY,
        metrics=(
            DemoMetric("copy_bandwidth", "GB/s", 212.0),
            DemoMetric("triad_bandwidth", "GB/s", 208.0),
        ),
        repeat_s=9.0, noise=0.004,
        parameters={"array_bytes": 2_147_483_648, "passes": 21, "threads": 16},
        comparable={"tool.compiler": "gcc 14.2.0", "tool.stores": "nt"},
    ),
    _fio("sequential-read", "bandwidth", "read", "MB/s", 6_850.0, 2_400.0),
    _fio("random-read", "iops", "randread", "1/s", 712_000.0, 118.0),
    _fio("random-write", "iops", "randwrite", "1/s", 545_000.0, 160.0),
    _llama("Llama-3.2-3B-Instruct-Q4_K_M", "Q4_K_M", 2.02, 1_910.0, 84.0),
    _llama("gpt-oss-20b-MXFP4", "MXFP4", 12.1, 1_260.0, 64.5),
    _llama("Qwen3-30B-A3B-Q4_K_M", "Q4_K_M", 18.6, 884.0, 71.0),
    _llama("Llama-3.3-70B-Instruct-Q4_K_M", "Q4_K_M", 42.5, 92.0, 5.05),
)  # fmt: skip
