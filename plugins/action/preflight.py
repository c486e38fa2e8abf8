"""Ask whether the host is fit to be measured; documented in ``plugins/modules/preflight.py``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts import idle, lock, preflight
from vttbench.hosts.home import home_path
from vttbench.hosts.probe import Probe, probe_command
from vttbench.hosts.windows import preflight as windows
from vttbench.hosts.windows.host import WindowsHostError, ask, modules_of
from vttbench.hosts.windows.lock import lock as windows_lock
from vttbench.hosts.windows.paths import windows_path
from vttbench.result import Check

_ARGUMENTS = {
    "profile": {"type": "str", "default": "standard", "choices": list(idle.PROFILES)},
    "policy": {"type": "dict", "default": {}},
    "idle_wait": {"type": "float"},
    "idle_seconds": {"type": "float"},
    "idle_cpu_cores": {"type": "float", "default": idle.PROFILES["standard"].cpu_cores},
    "disk_gb": {"type": "float", "default": preflight.Needs.disk_gb},
    "memory_gb": {"type": "float", "default": preflight.Needs.memory_gb},
    "work_dir": {"type": "str", "default": "~/.cache/vttbench/work"},
    "lock_path": {"type": "str", "default": lock.PATH},
}


class ActionModule(ActionBase):
    """Wait for an idle host, ask every question, and judge the answers by policy."""

    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the answers as the fact ``vttbench_preflight``."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        host = str(task_vars.get("inventory_hostname"))
        try:
            policy = preflight.policy_for(arguments["profile"], arguments["policy"])
        except preflight.PolicyError as error:
            raise AnsibleActionFail(str(error)) from error
        me = lock.Holder.of_process(os.getppid(), host)
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            answered = self._ask_windows(host, arguments, policy, me, task_vars)
        else:
            answered = preflight.checks(
                Probe.of(self._say(self._probe_command(arguments["work_dir"]))),
                self._wait_until_idle(host, self._limits(arguments)),
                policy,
                needs=preflight.Needs(arguments["disk_gb"], arguments["memory_gb"]),
                lock=lock.parse_state(self._say(lock.state_command(path=arguments["lock_path"]))),
                me=me,
            )
        for check in answered:
            if check.status == "warn" or (check.status == "fail" and self._task.check_mode):
                self._display.warning(f"[{host}] {check.name}: {check.message}")
        found = [check.model_dump(mode="json") for check in answered]
        result |= {"changed": False, "ansible_facts": {"vttbench_preflight": found}}
        reasons = preflight.failures(answered)
        if reasons and not self._task.check_mode:
            names = ", ".join(check.name for check in answered if check.status == "fail")
            result |= {
                "failed": True,
                "msg": f"{host} is not fit to be measured: {reasons}. To measure all the same, set "
                f"preflight_policy to warn for {names}.",
            }
        return result

    def _limits(self, arguments: dict[str, Any]) -> idle.IdleLimits:
        limits = idle.PROFILES[arguments["profile"]]
        wait, window = arguments["idle_wait"], arguments["idle_seconds"]
        limits = replace(
            limits,
            wait_s=limits.wait_s if wait is None else wait,
            window_s=limits.window_s if window is None else window,
            cpu_cores=arguments["idle_cpu_cores"],
        )
        # A look is enough for a report.
        return replace(limits, wait_s=0, window_s=1) if self._task.check_mode else limits

    def _wait_until_idle(self, host: str, limits: idle.IdleLimits) -> idle.IdleReport:
        return idle.wait_until_idle(
            self._say, limits, clock=time.monotonic, on_window=self._teller(host, limits)
        )

    def _teller(self, host: str, limits: idle.IdleLimits) -> Callable[[idle.Window], None]:
        """Return what says once that it is waited, and for what."""
        told = False

        def tell(window: idle.Window) -> None:
            nonlocal told
            if not told:
                told = True
                busy = "" if window.busy_cores is None else f"{window.busy_cores:.2f} cores busy"
                who = f" ({window.culprit})" if window.culprit else ""
                warm = "" if window.settled(limits) else " and still cooling down"
                self._display.display(
                    f"{host}  waiting up to {limits.wait_s:.0f} s until it is idle: "
                    f"{busy}{who}{warm}"
                )

        return tell

    def _ask_windows(
        self,
        host: str,
        arguments: dict[str, Any],
        policy: dict[str, preflight.Severity],
        me: lock.Holder,
        task_vars: dict[str, Any],
    ) -> list[Check]:
        facts = task_vars.get("ansible_facts") or {}
        cores = int(facts.get("processor_vcpus") or 1)
        limits = self._limits(arguments)

        run = modules_of(self, task_vars)

        try:
            report = windows.wait_until_idle(
                lambda seconds: ask(run, queries=windows.IDLE_QUERIES, wait_s=seconds),
                limits,
                cores,
                clock=time.monotonic,
                on_window=self._teller(host, limits),
            )
            work_dir = windows_path(arguments["work_dir"])
            found = ask(run, queries=windows.QUERIES).cim
            state = windows_lock(run, "state", me, path=arguments["lock_path"])
        except (WindowsHostError, ValueError) as error:
            raise AnsibleActionFail(f"{host}: {error}") from error
        return windows.checks(
            windows.Host(found, facts.get("reboot_pending"), work_dir, cores),
            report,
            policy,
            needs=preflight.Needs(arguments["disk_gb"], arguments["memory_gb"]),
            lock=state,
            me=me,
        )

    @staticmethod
    def _probe_command(work_dir: str) -> str:
        return probe_command("preflight_probe.sh", work_dir=home_path(work_dir))

    def _say(self, command: str) -> str:
        reply = self._low_level_execute_command(command, sudoable=False, executable="/bin/sh")
        return str(reply.get("stdout", ""))
