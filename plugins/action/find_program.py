"""Find a program on a host; see ``plugins/modules/find_program.py`` for its documentation."""

from __future__ import annotations

import shlex
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from vttbench.hosts.home import home_path
from vttbench.hosts.windows.host import WindowsHostError, ask, complaint, modules_of
from vttbench.hosts.windows.paths import join, windows_path

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
        if getattr(self._connection._shell, "_IS_WINDOWS", False):
            return result | self._on_windows(arguments, task_vars or {})
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

    def _on_windows(self, arguments: dict[str, Any], task_vars: dict[str, Any]) -> dict[str, Any]:
        run = modules_of(self, task_vars)

        try:
            names = [_executable(name) for name in arguments["names"]]
            folders = [windows_path(folder) for folder in arguments["paths"]]
            candidates = [join(folder, name) for folder in folders for name in names] + names
            path = ask(run, program=candidates).program
        except (WindowsHostError, ValueError) as error:
            raise AnsibleActionFail(
                f"could not look for {arguments['names'][0]}: {error}"
            ) from error
        found: dict[str, Any] = {"changed": False, "found": bool(path), "path": path}
        if path and arguments["ask"]:
            # Asking changes nothing, so it is done in check mode as well.
            check_mode, self._task.check_mode = self._task.check_mode, False
            try:
                said = run("ansible.windows.win_command", {"argv": [path, *arguments["ask"]]})
            finally:
                self._task.check_mode = check_mode
            found["answer"] = {
                "rc": said.get("rc", 127),
                "stdout": said.get("stdout", ""),
                "stderr": said.get("stderr") or ("" if said.get("stdout") else complaint(said)),
            }
        return found


def _executable(name: str) -> str:
    """Return a program's name, or its path, as Windows has it."""
    if "/" in name or "\\" in name:
        name = windows_path(name)
    return name if name.lower().endswith((".exe", ".cmd", ".bat")) else f"{name}.exe"
