"""Take or give back a host's lock; documented in ``plugins/modules/host_lock.py``."""

from __future__ import annotations

import os
import time
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts import lock
from vttbench.hosts.windows.host import WindowsHostError, modules_of
from vttbench.hosts.windows.lock import lock as windows_lock

_ARGUMENTS = {
    "state": {"type": "str", "choices": ["taken", "released"], "default": "taken"},
    "path": {"type": "str", "default": lock.PATH},
    "ttl": {"type": "float", "default": float(lock.DEFAULT_TTL_S)},
}
_TRIES = 3  # another run may be taking the stale lock over at this very moment


class ActionModule(ActionBase):
    """One run at a time on a host."""

    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return how the lock stands now."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        self._path, self._ttl = arguments["path"], arguments["ttl"]
        self._task_vars = task_vars
        # This runs in a fork of the playbook: the parent lives as long as the run does.
        self._host = str(task_vars.get("inventory_hostname"))
        self._me = lock.Holder.of_process(os.getppid(), self._host)
        if self._task.check_mode:
            verdict, why = self._ask("state").verdict(self._me)
            return {**result, "changed": False, "verdict": verdict, "msg": why}
        if arguments["state"] == "released":
            return {**result, **self._release()}
        return {**result, **self._take()}

    def _take(self) -> dict[str, Any]:
        state = self._ask("acquire")
        for _ in range(_TRIES):
            verdict, why = state.verdict(self._me)
            if verdict == "mine" and not state.taken:
                self._ask("refresh")
            if verdict == "mine":
                return {"changed": state.taken, "verdict": verdict, "msg": why}
            if verdict == "held" or state.holder_id is None:
                break
            self._display.warning(f"[{self._host}] {why}: its lock is taken over")
            state = self._ask("take_over", state.holder_id)
            if not state.taken:
                time.sleep(1)
        return {
            "failed": True,
            "verdict": verdict,
            "msg": f"{why}. Two runs at once would disturb each other. Wait for it; if it is "
            f"gone, remove {self._path} on {self._host}.",
        }

    def _release(self) -> dict[str, Any]:
        before = self._ask("state").verdict(self._me)[0]
        after, why = self._ask("release").verdict(self._me)
        return {"changed": before == "mine", "verdict": after, "msg": why}

    def _ask(self, action: str, stale_id: str = "") -> lock.LockState:
        try:
            if getattr(self._connection._shell, "_IS_WINDOWS", False):
                return windows_lock(
                    modules_of(self, self._task_vars),
                    action,
                    self._me,
                    stale_id=stale_id,
                    ttl_s=self._ttl,
                    path=self._path,
                )
            # Without becoming another user: the lock stands in the home of who measures.
            reply = self._low_level_execute_command(
                self._command(action, stale_id), sudoable=False, executable="/bin/sh"
            )
        except WindowsHostError as error:
            raise AnsibleActionFail(f"{self._host}: {error}") from error
        try:
            return lock.parse_state(str(reply.get("stdout", "")))
        except ValueError as error:
            said = str(reply.get("stderr", "")).strip()[-300:]
            raise AnsibleActionFail(f"{self._host}: {error} {said}") from error

    def _command(self, action: str, stale_id: str) -> str:
        if action == "state":
            return lock.state_command(path=self._path)
        if action == "release":
            return lock.release_command(self._me, path=self._path)
        if action == "take_over":
            return lock.take_over_command(self._me, stale_id, ttl_s=self._ttl, path=self._path)
        command = lock.acquire_command if action == "acquire" else lock.refresh_command
        return command(self._me, ttl_s=self._ttl, path=self._path)
