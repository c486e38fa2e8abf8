"""Real ``ansible-playbook`` against emulated hosts, in surroundings that leave no trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .fleet import Fleet
from .powershell import ROOT

_BIN = Path(sys.executable).parent


@dataclass(frozen=True)
class Run:
    """What a playbook came to.

    Attributes:
        results: per host, per task name, the task's result.
        stats: per host, the recap.
    """

    returncode: int
    results: Mapping[str, Mapping[str, Mapping[str, Any]]]
    stats: Mapping[str, Mapping[str, int]]
    output: str = field(repr=False, default="")

    def of(self, task: str, host: str | None = None) -> Mapping[str, Any]:
        """The result of a task; of the only host where none is named."""
        name = host or next(iter(self.results))
        return self.results[name][task]


class Ansible:
    """Runs Ansible against a fleet.

    Args:
        folder: for the playbook, the inventory and what Ansible caches.
    """

    def __init__(self, fleet: Fleet, folder: Path) -> None:
        self._folder = folder
        self.inventory = folder / "inventory.yml"
        self.write_inventory(fleet.inventory())

    def write_inventory(self, content: Mapping[str, Any]) -> None:
        """Use another inventory from now on."""
        self.inventory.write_text(yaml.safe_dump(dict(content)))

    def environment(self) -> dict[str, str]:
        """The environment of every Ansible that a test starts."""
        return os.environ | {
            "ANSIBLE_INVENTORY": str(self.inventory),
            "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(self._folder / "facts"),
            "ANSIBLE_CALLBACKS_ENABLED": "quiet_controller",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            "ANSIBLE_FORKS": "20",
            "PATH": f"{_BIN}:{os.environ['PATH']}",
        }

    def play(self, tasks: Sequence[Mapping[str, Any]], **play: Any) -> Run:
        """Run tasks on every host."""
        book = self._folder / "play.yml"
        content = {"hosts": "all", "gather_facts": False, **play, "tasks": list(tasks)}
        book.write_text(yaml.safe_dump([content]))
        return self.playbook(book)

    def playbook(self, book: Path, *words: str) -> Run:
        """Run a playbook."""
        done = subprocess.run(
            [_BIN / "ansible-playbook", book, *words],
            cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False,
            timeout=600,
        )  # fmt: skip
        start = done.stdout.find("{\n")
        report = json.loads(done.stdout[start:]) if start >= 0 else {"plays": [], "stats": {}}
        results: dict[str, dict[str, Any]] = {}
        for play in report["plays"]:
            for task in play["tasks"]:
                for host, result in task["hosts"].items():
                    results.setdefault(host, {})[task["task"]["name"]] = result
        return Run(done.returncode, results, report["stats"], done.stdout + done.stderr)


def task(name: str, module: str, /, **arguments: Any) -> dict[str, Any]:
    """Write a task; keywords of the task itself begin with ``_``."""
    keywords = {key[1:]: value for key, value in arguments.items() if key.startswith("_")}
    options = {key: value for key, value in arguments.items() if not key.startswith("_")}
    return {"name": name, module: options, **keywords}
