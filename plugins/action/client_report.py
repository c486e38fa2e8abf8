"""Print what a client has and lacks; documented in ``plugins/modules/client_report.py``."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from vttbench.hosts.windows.host import WindowsHostError, ask, modules_of
from vttbench.hosts.windows.snapshot import SYSTEM
from vttbench.readiness.client import (
    Row,
    of_checks,
    of_clock,
    of_connection,
    of_line,
    of_program,
    of_tracking,
    table_of,
)

_WIDTH = 150
_PROBE_BYTES = 300_000
_ARGUMENTS = {
    "unreachable": {"type": "str", "default": ""},
    "checks": {"type": "list", "elements": "dict", "default": []},
    "programs": {"type": "list", "elements": "dict", "default": []},
    "tracking_uri": {"type": "str", "default": ""},
}

display = Display()


class ActionModule(ActionBase):
    """Bring together what was found, time the line, compare the clocks, print one table."""

    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the rows; fail where a benchmark could not be measured."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        host = str(task_vars.get("inventory_hostname"))
        windows = bool(getattr(self._connection._shell, "_IS_WINDOWS", False))
        if arguments["unreachable"]:
            rows = [of_connection(arguments["unreachable"], windows=windows)]
        else:
            rows = [
                Row("connection", "ok", str(self._play_context.remote_addr)),
                of_line(self._time_the_line()),
                of_clock(self._clock_offset(windows, task_vars), windows=windows),
                *of_checks(arguments["checks"]),
                *(of_program(**program) for program in arguments["programs"]),
            ]
            if windows:
                environment = (task_vars.get("ansible_facts") or {}).get("env") or {}
                uri = environment.get("MLFLOW_TRACKING_URI")
                rows.append(of_tracking(uri, arguments["tracking_uri"]))
        width = max(80, min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH))
        display.display("\n" + table_of(host, rows, width))
        missing = [row for row in rows if row.state == "missing"]
        if missing:
            # Only the message: the table says it all, and people read this.
            words = "; ".join(f"{row.what}: {row.do or row.found}" for row in missing)
            return {**result, "changed": False, "failed": True, "msg": words}
        return {**result, "changed": False, "rows": [vars(row) for row in rows]}

    def _time_the_line(self) -> float:
        # Random, as some lines compress.
        content = os.urandom(_PROBE_BYTES // 2).hex()
        folder = self._connection._shell.tmpdir or self._make_tmp_path()
        began = time.monotonic()
        self._transfer_data(self._connection._shell.join_path(folder, "line"), content)
        seconds = time.monotonic() - began
        with suppress(Exception):
            self._remove_tmp_path(folder)
        return seconds

    def _clock_offset(self, windows: bool, task_vars: dict[str, Any]) -> float | None:
        run = modules_of(self, task_vars)

        before = time.time()
        try:
            if windows:
                there = ask(run, queries=(SYSTEM,)).now
            else:
                said = self._low_level_execute_command("date +%s", executable="/bin/sh")
                there = datetime.fromtimestamp(int(str(said["stdout"]).split()[-1]), UTC)
        except (WindowsHostError, ValueError, IndexError):
            return None
        # It was read somewhere between asking and the answer.
        return there.timestamp() - (before + time.time()) / 2 if there else None
