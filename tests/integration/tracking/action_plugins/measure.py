"""Stands in for the action `measure` in tests of the callback: it only writes a result."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import factories
from ansible.plugins.action import ActionBase

from vttbench.measuring.record import Recorder
from vttbench.result import Provenance
from vttbench.tracking import destination


class ActionModule(ActionBase):
    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        reply: dict[str, Any] = super().run(tmp, task_vars)
        root = destination.find_root(Path(self._loader.get_basedir()))
        recorder = Recorder.of(root / "results", destination.state_dir(root), os.environ)
        if self._task.check_mode:
            return reply
        result = factories.result(
            host=factories.host(task_vars["inventory_hostname"]),
            provenance=Provenance(vttbench_version="0", play_id=os.environ.get("VTTBENCH_PLAY_ID")),
        )
        stored = recorder.write(result, None)
        if self._task.args.get("kill_the_play"):
            os.kill(os.getppid(), 9)
        found = {"result_id": result.result_id, "path": str(stored.path), "status": "ok"}
        failed = bool(self._task.args.get("fail"))
        return reply | {"changed": False, "vttbench_result": found, "failed": failed}
