"""Fail for a host of which a benchmark failed; see ``plugins/modules/suite_verdict.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase

from vttbench.store import ResultStore
from vttbench.suite.verdict import verdict_of


class ActionModule(ActionBase):
    """Read what a suite left on disk for this host."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return counts by status, and ``failed`` where a benchmark did."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "suite_id": {"type": "str", "required": True},
                "results_dir": {"type": "path", "required": True},
            }
        )
        if self._task.check_mode:
            return {**result, "changed": False, "counts": {}}
        host = str((task_vars or {})["inventory_hostname"])
        stored = ResultStore(Path(arguments["results_dir"])).results(
            host=host, suite_id=arguments["suite_id"], on_error=lambda _path, _error: None
        )
        verdict = verdict_of(entry.result for entry in stored)
        result |= {"changed": False, "msg": f"{host}: {verdict.summary}"}
        if verdict.failures:
            # Only the message: the table above it says why, and people read this.
            return result | {"failed": True}
        return result | {"counts": verdict.counts}
