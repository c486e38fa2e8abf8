"""Try the services of a results server; documented in ``plugins/modules/verify_services.py``."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from vttbench.verification.state import ServiceState, table_of

_TIMEOUT_S = 180
# A log of AWX is no terminal and has no width: wide enough for every column.
_WIDTH = 150

display = Display()


class ActionModule(ActionBase):
    """Have vttbench try each service, and print one table."""

    _requires_connection = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Print the table; fail where a service does."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {"services": {"type": "list", "elements": "dict", "required": True}}
        )
        services = [dict(service) for service in arguments["services"]]
        if self._task.check_mode:
            for service in services:
                if service.get("kind") == "mlflow":
                    service["write"] = False
        try:
            states = self._try(services)
        except AnsibleActionFail as error:
            # Returned, not raised: the caller hides this task's output and tells the message alone.
            return {**result, "failed": True, "msg": str(error)}
        width = max(80, min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH))
        display.display("\n" + table_of(states, width))
        failed = [state for state in states if state.state != "ok"]
        result |= {
            "changed": False,
            "services": [state.as_facts() for state in states],
            "failed_services": [state.service for state in failed],
        }
        if failed:
            result["failed"] = True
            result["msg"] = "; ".join(f"{s.service} at {s.url}: {s.detail}" for s in failed)
        return result

    @staticmethod
    def _try(services: list[dict[str, Any]]) -> list[ServiceState]:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "vttbench.verification"],
                input=json.dumps({"services": services}),
                capture_output=True,
                text=True,
                timeout=_TIMEOUT_S,
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise AnsibleActionFail(f"no end after {_TIMEOUT_S} s") from error
        except subprocess.CalledProcessError as error:
            # The last line alone: a traceback may hold what was given on standard input.
            lines = error.stderr.strip().splitlines() or ["no message"]
            raise AnsibleActionFail(f"the services could not be tried: {lines[-1]}") from None
        return [ServiceState(**state) for state in json.loads(done.stdout)]
