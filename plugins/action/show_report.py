"""Print the table of a suite; documented in ``plugins/modules/show_report.py``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

_TIMEOUT_S = 60
# A log of AWX is no terminal and has no width: wide enough for every column.
_WIDTH = 140

display = Display()


class ActionModule(ActionBase):
    """Have ``vttbench report`` draw the table and pass it on as it is."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Print the table; return its ``lines``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "suite_id": {"type": "str", "required": True},
                "results_dir": {"type": "path", "required": True},
            }
        )
        result |= {"changed": False, "lines": []}
        if self._task.check_mode:
            return result
        command = [sys.executable, "-m", "vttbench", "report", arguments["results_dir"]]
        command += ["--suite", arguments["suite_id"], "--footer"]
        width = max(80, min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH))
        try:
            table = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=True,
                env=self._environment(width),
            ).stdout
        except subprocess.CalledProcessError as error:
            display.warning(f"{' '.join(command)} ended with {error.returncode}: {error.stderr}")
            return result
        except (OSError, subprocess.TimeoutExpired) as error:
            display.warning(f"the table can't be printed: {error}")
            return result
        display.display("\n" + table)
        return result | {"lines": table.splitlines()}

    @staticmethod
    def _environment(width: int) -> dict[str, str]:
        import os

        colour = {"FORCE_COLOR": "1"} if sys.stdout.isatty() else {"NO_COLOR": "1"}
        return {**os.environ, **colour, "COLUMNS": str(width), "TERMINAL_WIDTH": str(width)}
