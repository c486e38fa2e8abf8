"""Find a program on a host; see ``plugins/modules/find_program.py`` for its documentation."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.home import home_path

# `command -v` is in every POSIX shell; `which` is a package that may be missing.
_SEARCH = (
    "for name in {candidates}; do "
    'path=$(command -v "$name") && echo "$path" && exit 0; '
    "done; exit 0"
)


class ActionModule(ActionBase):
    """Ask the host's shell for the first of several program names."""

    _requires_connection = True
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return ``found`` and the absolute ``path``."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        _, arguments = self.validate_argument_spec(
            {
                "names": {"type": "list", "elements": "str", "required": True},
                "paths": {"type": "list", "elements": "str", "default": []},
                "ask": {"type": "list", "elements": "str"},
            }
        )
        in_paths = [
            f"{folder}/{name}" for folder in arguments["paths"] for name in arguments["names"]
        ]
        candidates = " ".join(home_path(name) for name in (*in_paths, *arguments["names"]))
        answer = self._low_level_execute_command(_SEARCH.format(candidates=candidates))
        if answer["rc"] != 0:
            raise AnsibleActionFail(
                f"could not look for {arguments['names'][0]}: {answer['stderr'].strip()}"
            )
        lines = [line.strip() for line in answer["stdout"].splitlines()]
        path = next((line for line in lines if line.startswith("/")), "")
        result |= {"changed": False, "found": bool(path), "path": path}
        if path and arguments["ask"]:
            result["answer"] = self._answer([path, *arguments["ask"]])
        return result

    def _answer(self, argv: list[str]) -> dict[str, Any]:
        """Run the program; what it says about itself takes no time, so a minute is plenty."""
        said = self._low_level_execute_command(
            # By standard input: with the text as an argument ssh would open a terminal.
            "/bin/sh",
            in_data=f"LC_ALL=C exec timeout -k 5 60 {shlex.join(argv)} </dev/null\n".encode(),
        )
        return {name: said.get(name, "") for name in ("rc", "stdout", "stderr")}
