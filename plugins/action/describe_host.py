"""Describe the host; documented in ``plugins/modules/describe_host.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.description import describe
from vttbench.hosts.home import home_path
from vttbench.hosts.probe import Probe, probe_command
from vttbench.hosts.windows import description as windows
from vttbench.hosts.windows.host import WindowsHostError, ask, modules_of
from vttbench.result import Host

_ARGUMENTS = {
    "fleet": {"type": "str"},
    "work_dir": {"type": "str", "default": "~/.cache/vttbench/work"},
}
_NEEDED = ("processor", "memtotal_mb", "kernel", "distribution")


class ActionModule(ActionBase):
    """Turn facts and one probe of the host into the fact ``vttbench_host``."""

    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the description as a fact."""
        task_vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        facts = self._facts(task_vars)
        fleet = arguments["fleet"] or task_vars.get("vttbench_fleet") or task_vars.get("fleet")
        fleet = self._templar.template(fleet) if fleet else None
        name = str(task_vars.get("inventory_hostname"))
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            host = self._describe_windows(name, facts, fleet, task_vars)
        else:
            host = describe(name, facts, self._probe(arguments["work_dir"]), fleet=fleet)
        description = host.model_dump(mode="json", exclude_none=True)
        return {**result, "changed": False, "ansible_facts": {"vttbench_host": description}}

    def _describe_windows(
        self, name: str, facts: Mapping[str, Any], fleet: str | None, task_vars: dict[str, Any]
    ) -> Host:
        run = modules_of(self, task_vars)

        try:
            found = ask(run, queries=windows.QUERIES).cim
        except WindowsHostError as error:
            raise AnsibleActionFail(f"{name} can't be described: {error}") from error
        return windows.describe(name, facts, found, fleet=fleet)

    def _facts(self, task_vars: dict[str, Any]) -> Mapping[str, Any]:
        facts: Mapping[str, Any] = task_vars.get("ansible_facts") or {}
        if all(name in facts for name in _NEEDED):
            return facts
        gathered = self._execute_module(
            module_name="ansible.legacy.setup",
            module_args={"gather_subset": ["!all", "min", "hardware"]},
            task_vars=task_vars,
        )
        if gathered.get("failed"):
            raise AnsibleActionFail(f"the facts can't be read: {gathered.get('msg')}")
        found = gathered.get("ansible_facts", {})
        return {name.removeprefix("ansible_"): value for name, value in found.items()}

    def _probe(self, work_dir: str) -> Probe:
        reply = self._low_level_execute_command(
            # By standard input: with the text as an argument ssh would open a terminal.
            "/bin/sh",
            in_data=probe_command("linux_probe.sh", work_dir=home_path(work_dir)).encode(),
        )
        probe = Probe.of(str(reply.get("stdout", "")))
        if "end" not in probe.found:
            self._display.warning(
                "the probe of this host broke off, so its description may lack something: "
                f"{str(reply.get('stderr', '')).strip()[-300:]}"
            )
        return probe
