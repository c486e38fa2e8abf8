"""What measuring costs the measurement: one command, bare and through `benchmark.yml`, in pairs.

Usage: .venv/bin/python benchmarks/perturbation/compare.py [--benchmark sevenzip|llama] [--pairs N]

Each pair runs the tool once by itself and once through `ansible-playbook benchmark.yml`, in an
order drawn by chance, and takes the ratio of the two values. Printed is the median ratio with its
bootstrap interval, and, accounted rather than inferred, the CPU seconds that the harness spent on
the host beside those of the tool.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy import stats

from vttbench.benchmarks.output import RawOutput
from vttbench.benchmarks.registry import parser_for
from vttbench.result import Result
from vttbench.store.results import ResultStore

ROOT = Path(__file__).resolve().parents[2]
PARSERS = {"sevenzip": "sevenzip", "llama": "llama_bench"}
HEADLINES = {"sevenzip": "total_mips", "llama": "generation_tps"}
ONCE = {"warmup": 0, "min_repeats": 1, "max_repeats": 1, "budget_s": 600}


def through_the_harness(benchmark: str) -> Result:
    """Run one repeat through the playbook and return its document."""
    with tempfile.TemporaryDirectory() as folder:
        variables = {
            "profile": "quick",
            "results_dir": folder,
            "measure_limits": ONCE,
            "measure_contamination_thresholds": dict.fromkeys(
                ("foreign_cpu_cores", "steal_percent", "psi_memory_percent")
            ),
        }
        command = ["ansible-playbook", "benchmark.yml", "--tags", benchmark]
        done = subprocess.run(
            [*command, "-e", json.dumps(variables)],
            cwd=ROOT,
            env=os.environ
            | {"ANSIBLE_INVENTORY": "inventory/local", "VTTBENCH_MLFLOW_ENABLED": "false"}
            | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        results = [stored.result for stored in ResultStore(Path(folder)).results()]
    if done.returncode or not results:
        sys.exit(f"the playbook failed:\n{done.stdout}\n{done.stderr}")
    return results[0]


def bare(benchmark: str, command: list[str], environment: dict[str, str]) -> float:
    """Run the same command by itself and return the same number."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            command,
            cwd=folder,
            env=os.environ | {"LC_ALL": "C"} | environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=True,
        )
    parsed = parser_for(PARSERS[benchmark])(RawOutput(done.stdout, done.stderr))
    return next(r.value for r in parsed.readings if r.name == HEADLINES[benchmark])


def main() -> None:
    """Print the ratios and the account."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--benchmark", choices=PARSERS, default="sevenzip")
    options.add_argument("--pairs", type=int, default=15)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    name, headline = chosen.benchmark, HEADLINES[chosen.benchmark]
    draw = random.Random(chosen.seed)
    command = through_the_harness(name).benchmark.command
    ratios, harness, tool = [], 0.0, 0.0
    for number in range(1, chosen.pairs + 1):
        values: dict[str, float] = {}
        for way in draw.sample(["bare", "harness"], 2):
            if way == "bare":
                values[way] = bare(name, command, {})
                continue
            result = through_the_harness(name)
            metric = result.metric(headline)
            assert metric is not None
            values[way] = metric.value
            harness += result.provenance.harness_cpu_s or 0.0
            tool += result.provenance.tool_cpu_s or 0.0
        ratios.append(values["harness"] / values["bare"])
        print(
            f"pair {number:2d}: bare {values['bare']:.5g}, harness {values['harness']:.5g}, "
            f"ratio {ratios[-1]:.4f}",
            flush=True,
        )
    interval = stats.bootstrap((np.array(ratios),), np.median, rng=1).confidence_interval
    print(
        f"{name} {headline}: median ratio harness/bare {np.median(ratios):.4f} "
        f"[{interval.low:.4f}, {interval.high:.4f}] over {len(ratios)} pairs, "
        f"single ratios {min(ratios):.3f} to {max(ratios):.3f}"
    )
    print(
        f"account: {harness:.2f} CPU s of the harness on the host beside {tool:.2f} of the tool: "
        f"{100 * harness / tool:.2f} %"
    )


if __name__ == "__main__":
    main()
