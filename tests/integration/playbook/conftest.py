"""Real runs of ansible-playbook, on this machine and never on another one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LOCAL = "inventory/local"


@dataclass(frozen=True)
class Play:
    """How a run ended.

    Attributes:
        returncode: of ansible-playbook.
        output: what it printed, both streams.
    """

    returncode: int
    output: str

    def counts(self, host: str = "localhost") -> dict[str, int]:
        """The recap of a host."""
        line = re.search(rf"^{re.escape(host)}\s+: (.*)$", self.output, re.MULTILINE)
        assert line, f"no recap of {host} in:\n{self.output}"
        pairs = re.findall(r"(\w+)=(\d+)", line[1])
        return {name: int(number) for name, number in pairs}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results directory of the test's own."""
    return tmp_path / "results"


@pytest.fixture
def play(tmp_path: Path, results: Path) -> Callable[..., Play]:
    """Run ``benchmark.yml`` with these words; results go to the test's own directory."""

    def run(*words: str, inventory: str = LOCAL, **environment: str) -> Play:
        assert "production" not in inventory
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        places = ("-e", f"results_dir={results}", "-e", f"state_dir={tmp_path / 'state'}")
        done = subprocess.run(
            [program, "benchmark.yml", *places, *words],
            cwd=ROOT,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=850,
            env={
                **os.environ,
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_INVENTORY": inventory,
                "ANSIBLE_FORCE_COLOR": "0",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(tmp_path / "facts"),
                "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path / 'mlflow.db'}",
                **environment,
            },
        )
        return Play(done.returncode, done.stdout + done.stderr)

    return run
