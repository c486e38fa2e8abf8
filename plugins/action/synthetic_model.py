"""Make a synthetic model; documented in ``plugins/modules/synthetic_model.py``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.home import home_path
from vttbench.hosts.windows.host import WindowsHostError, ask, modules_of
from vttbench.hosts.windows.paths import join, windows_path
from vttbench.models.errors import ModelError
from vttbench.models.synthetic import file_name, write_synthetic

_ARGUMENTS = {
    "like": {"type": "str", "required": True},
    "quant": {"type": "str", "default": "Q4_0"},
    "seed": {"type": "int", "default": 1},
    "folder": {"type": "str", "required": True},
    "host_folder": {"type": "str", "required": True},
}


class ActionModule(ActionBase):
    """Write the model here and say whether the host has it."""

    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return where the model is here, where it belongs on the host, and whether it is there."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        like, quant = arguments["like"], arguments["quant"]
        try:
            path = Path(arguments["folder"]).expanduser() / file_name(like, quant)
            if self._task.check_mode:
                written, size = not path.exists(), path.stat().st_size if path.exists() else 0
            else:
                made = write_synthetic(path, like, quant, arguments["seed"])
                written, size = made.written, made.size_bytes
        except (ModelError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            host_path, host_size = self._on_windows(
                arguments["host_folder"], path.name, task_vars or {}
            )
        else:
            host_path, host_size = self._on_host(arguments["host_folder"], path.name)
        return {
            **result,
            "changed": written,
            "path": str(path),
            "size_bytes": size,
            "host_path": host_path,
            "on_host": size > 0 and host_size == size,
        }

    def _on_host(self, folder: str, name: str) -> tuple[str, int]:
        """Return the absolute path on the host, and the size of what is there (0: nothing)."""
        script = (
            f"path={home_path(folder)}/{shlex.quote(name)}\n"
            'echo "$path"; stat -L -c %s "$path" 2>/dev/null || echo 0\n'
        )
        # By standard input: with the text as an argument ssh would open a terminal.
        reply = self._low_level_execute_command("/bin/sh", in_data=script.encode())
        lines = str(reply.get("stdout", "")).split("\n")
        if len(lines) < 2 or not lines[1].strip().isdigit():
            raise AnsibleActionFail(
                f"could not look for {name} on the host: {str(reply.get('stderr', '')).strip()}"
            )
        return lines[0].strip(), int(lines[1])

    def _on_windows(self, folder: str, name: str, task_vars: dict[str, Any]) -> tuple[str, int]:
        run = modules_of(self, task_vars)

        try:
            path = join(windows_path(folder), name)
            return path, ask(run, sizes=[path]).sizes.get(path, 0)
        except (WindowsHostError, ValueError) as error:
            raise AnsibleActionFail(f"could not look for {name} on the host: {error}") from error
