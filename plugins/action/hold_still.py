"""Keep a Windows host awake and undisturbed; documented in ``plugins/modules/hold_still.py``."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.windows.host import WindowsHostError, modules_of
from vttbench.hosts.windows.stillness import PLANS, Wishes, hold, let_go

_ARGUMENTS = {
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "power_plan": {"type": "str", "choices": [*PLANS, "keep"], "default": "high"},
    "keep_awake": {"type": "bool", "default": True},
    "pause_updates": {"type": "bool", "default": True},
    "defender_exclusion": {"type": "bool", "default": False},
    "folders": {"type": "list", "elements": "str", "default": []},
}


class ActionModule(ActionBase):
    """Change what would disturb a measurement, and put it back."""

    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return what was changed, in words."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        if self._task.check_mode:
            return {**result, "changed": False, "msg": "nothing is changed in check mode"}

        run = modules_of(self, task_vars)

        host = str((task_vars or {}).get("inventory_hostname"))
        try:
            if arguments["state"] == "released":
                done = let_go(run)
            else:
                excluded = arguments["folders"] if arguments["defender_exclusion"] else []
                done = hold(
                    run,
                    Wishes(
                        power_plan=arguments["power_plan"],
                        keep_awake=arguments["keep_awake"],
                        pause_updates=arguments["pause_updates"],
                        excluded=tuple(excluded),
                    ),
                )
        except WindowsHostError as error:
            if arguments["state"] == "held":
                raise AnsibleActionFail(f"{host}: {error}") from error
            # What is done after a run must not keep from the rest of it, such as giving the lock
            # back. The next run puts it back.
            self._display.warning(f"[{host}] what was changed for the run stays changed: {error}")
            return {**result, "changed": False, "msg": str(error), "failures": [str(error)]}
        for failure in done.failed:
            self._display.warning(f"[{host}] {failure}")
        words = "; ".join(done.changed) or "nothing to change"
        return {**result, "changed": bool(done.changed), "msg": words, "failures": [*done.failed]}
