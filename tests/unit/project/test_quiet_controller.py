"""Ansible's own loop is slowed while the controller is measured, and only then."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]


def test_ansible_leaves_the_processor_to_the_tool(tmp_path: Path) -> None:
    """The tool counts how often Ansible's main process was woken while it ran."""
    count = "grep -h ^voluntary /proc/$1/status | tr -dc 0-9"
    script = (
        "set -- $(pgrep -o -f quiet_controller_play.yml); "
        f"a=$({count}); sleep 2; b=$({count}); echo value $((b - a + 1))"
    )
    play = {
        "name": "Measure",
        "hosts": "localhost",
        "gather_facts": False,
        "vars": {
            "measure_contamination_thresholds": dict.fromkeys(
                ("foreign_cpu_cores", "steal_percent", "psi_memory_percent")
            ),
            "vttbench_suite": {
                "suite_id": "s",
                "root": str(tmp_path),
                "results_dir": str(tmp_path / "results"),
                "state_dir": str(tmp_path / ".vttbench"),
                "limits": {"warmup": 0, "min_repeats": 1, "max_repeats": 1},
            },
        },
        "tasks": [
            {
                "name": "Count",
                "measure": {
                    "benchmark": "wakeups",
                    "argv": ["sh", "-c", script],
                    "work_dir": str(tmp_path / "work"),
                    "parser": {
                        "regex": r"value (?P<value>\d+)",
                        "metrics": [{"name": "wakeups", "unit": "1", "higher_is_better": False}],
                    },
                },
            }
        ],
    }
    path = tmp_path / "quiet_controller_play.yml"
    path.write_text(yaml.safe_dump([play]))
    subprocess.run(
        [str(Path(sys.executable).parent / "ansible-playbook"), str(path)],
        cwd=ROOT,
        env=os.environ
        | {
            "ANSIBLE_INVENTORY": str(ROOT / "inventory/local"),
            "ANSIBLE_CACHE_PLUGIN": "memory",
            "VTTBENCH_MLFLOW_ENABLED": "false",
        },
        check=True,
        capture_output=True,
    )
    (document,) = tmp_path.glob("results/*/*/*.json")
    (metric,) = json.loads(document.read_text())["metrics"]
    # A look every 0.1 s are 20 in 2 s; one every millisecond are well over a thousand.
    assert metric["value"] < 300
