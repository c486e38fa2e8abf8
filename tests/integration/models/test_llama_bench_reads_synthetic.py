"""A real llama-bench loads and measures what ``vttbench models synth`` writes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from vttbench.models.shape import describe
from vttbench.models.synthetic import write_synthetic


def bench(program: Path, model: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, "-m", model, "-p", "16", "-n", "4", "-r", "1", "-t", "1", "-o", "jsonl"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def measured(program: Path, model: Path) -> list[dict]:
    done = bench(program, model)
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("quant", ["Q4_0", "Q8_0", "F16"])
@pytest.mark.parametrize("preset", ["tiny", "moe-tiny"])
def test_llama_bench_measures_a_synthetic_model_as_what_it_is(
    llama_bench: Path, tmp_path: Path, preset: str, quant: str
) -> None:
    [model] = write_synthetic(tmp_path / "x.gguf", preset, quant, 1).files
    prompt, generation = measured(llama_bench, model)
    shape = describe(model)
    for test in (prompt, generation):
        assert test["avg_ts"] > 0
        assert test["model_n_params"] == shape.parameters
        assert test["model_size"] == shape.tensor_bytes
        assert quant in test["model_type"]


@pytest.mark.parametrize("preset", ["tiny", "moe-tiny"])
def test_llama_bench_reads_all_parts_from_the_first(
    llama_bench: Path, tmp_path: Path, preset: str
) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", preset, "Q4_0", 1, split=3).files
    prompt, _ = measured(llama_bench, parts[0])
    assert prompt["model_n_params"] == describe(parts[0]).parameters


def test_llama_bench_refuses_a_set_that_lacks_a_part(llama_bench: Path, tmp_path: Path) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=3).files
    parts[1].unlink()
    assert bench(llama_bench, parts[0]).returncode != 0


@pytest.mark.parametrize("preset", ["qwen3-0.6b", "moe-small"])
def test_llama_bench_measures_shapes_of_each_architecture(
    llama_bench: Path, tmp_path: Path, preset: str
) -> None:
    [model] = write_synthetic(tmp_path / "x.gguf", preset, "Q4_0", 1).files
    prompt, generation = measured(llama_bench, model)
    assert prompt["model_n_params"] == describe(model).parameters
    assert generation["avg_ts"] > 0
