"""Decide what a run does on a host; documented in ``plugins/modules/plan_suite.py``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.suite.tags import UnknownTagError, select

_ROOT = Path(__file__).resolve().parents[2]
_LINUX = ("sevenzip", "stream", "fio", "llama")
_WINDOWS_ONLY = ("cinebench", "markbench")
_ARGUMENTS = {
    "profile": {"type": "str", "default": "standard", "choices": ["quick", "standard", "full"]},
    "sessions": {"type": "int"},
    "seed": {"type": "int"},
    "resume": {"type": "bool", "default": False},
    "results_dir": {"type": "path"},
    "model_config_mode": {"type": "str", "choices": ["light", "default", "all"]},
    "run_tags": {"type": "list", "elements": "str", "default": ["all"]},
    "skip_tags": {"type": "list", "elements": "str", "default": []},
    "custom": {"type": "list", "elements": "dict", "default": []},
}


class ActionModule(ActionBase):
    """Turn what was asked for into the fact ``vttbench_suite``."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the plan as a fact."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        try:
            selection = select(arguments["run_tags"], arguments["skip_tags"], _LINUX, _WINDOWS_ONLY)
        except UnknownTagError as error:
            raise AnsibleActionFail(str(error)) from error
        suite_id = "s1"
        suite = {
            "suite_id": suite_id,
            "profile": arguments["profile"],
            "sessions": arguments["sessions"] or 1,
            "seed": arguments["seed"],
            "resume": arguments["resume"],
            "root": str(_ROOT),
            "results_dir": str(Path(arguments["results_dir"] or _ROOT / "results").absolute()),
            "state_dir": str(_ROOT / ".vttbench"),
            "limits": {},
            "session_cooldown_s": 5,
            "model_config_mode": arguments["model_config_mode"]
            or os.environ.get("MODEL_CONFIG_MODE", "default"),
            "stages": list(selection.stages),
            "benchmarks": list(selection.benchmarks),
            "roles": list(selection.benchmarks),
            "steps": [
                {"session": 1, "session_id": "x1", "benchmark": name, "role": name, "rest": False}
                for name in selection.benchmarks
                if "run" in selection.stages
            ],
        }
        return {**result, "changed": False, "ansible_facts": {"vttbench_suite": suite}}
