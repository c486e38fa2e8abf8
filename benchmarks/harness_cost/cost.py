"""What a quick suite takes beside the tools' own time.

Usage: .venv/bin/python benchmarks/harness_cost/cost.py [--runs 3]

Runs `ansible-playbook benchmark.yml -e profile=quick` on this machine after a first run that
installs and fills the caches, and prints wall time, the sum of the tools' own durations (every
repeat, warm-up too, and what fio takes to write its file before), and the difference.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from vttbench.store.results import ResultStore

ROOT = Path(__file__).resolve().parents[2]
# As in the Makefile: a warm host has its modules compiled.
_NO_BYTECODE = "PYTHONDONTWRITEBYTECODE"


def quick_suite() -> tuple[float, float, int]:
    """Return wall time, the tools' own time (seconds) and the number of repeats."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        done = subprocess.run(
            [
                "ansible-playbook",
                "benchmark.yml",
                "-e",
                "profile=quick",
                "-e",
                f"results_dir={folder}",
            ],
            cwd=ROOT,
            env={name: os.environ[name] for name in os.environ if name != _NO_BYTECODE}
            | {"ANSIBLE_INVENTORY": "inventory/local"}
            | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        wall = time.monotonic() - began
        results = [stored.result for stored in ResultStore(Path(folder)).results()]
        repeats = [repeat for result in results for repeat in result.repeats]
        prepared = sum(result.provenance.prepare_s or 0.0 for result in results)
    if done.returncode or not repeats:
        sys.exit(f"the playbook failed:\n{done.stdout}\n{done.stderr}")
    return wall, sum(repeat.duration_s for repeat in repeats) + prepared, len(repeats)


def main() -> None:
    """Print one line a run."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=3)
    runs = options.parse_args().runs
    quick_suite()
    for number in range(1, runs + 1):
        wall, tools, count = quick_suite()
        print(
            f"run {number}: wall {wall:.1f} s, tools {tools:.1f} s in {count} repeats, "
            f"harness {wall - tools:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
