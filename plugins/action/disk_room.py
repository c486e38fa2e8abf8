"""Say whether a disk of a Windows host can be measured; see ``plugins/modules/disk_room.py``."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.windows.host import WindowsHostError, ask, modules_of
from vttbench.hosts.windows.paths import windows_path
from vttbench.hosts.windows.room import QUERIES, refusal


class ActionModule(ActionBase):
    """Ask for the drive behind a folder."""

    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return why the disk can't be measured there, or an empty text."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {"path": {"type": "str", "required": True}, "size": {"type": "str", "required": True}}
        )

        run = modules_of(self, task_vars)

        try:
            path = windows_path(arguments["path"])
            reason = refusal(ask(run, queries=QUERIES).cim, path, arguments["size"])
        except (WindowsHostError, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        return {**result, "changed": False, "path": path, "refusal": reason}
