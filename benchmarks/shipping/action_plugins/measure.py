"""Stands in for the action `measure`: it writes a result and measures nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ways import documents

from vttbench.measuring.record import Recorder
from vttbench.tracking import destination


class ActionModule(ActionBase):
    """Write one result."""

    _requires_connection = False

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:  # noqa: ANN401
        """Write one result and return what the action `measure` returns."""
        reply: dict[str, Any] = super().run(tmp, task_vars)
        root = Path(self._loader.get_basedir())
        recorder = Recorder.of(root / "results", destination.state_dir(root), os.environ)
        (result,) = documents(1)
        stored = recorder.write(result, None)
        found = {"result_id": result.result_id, "path": str(stored.path), "status": "ok"}
        return reply | {"changed": False, "vttbench_result": found}
