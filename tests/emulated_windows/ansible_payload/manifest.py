"""The manifest on standard input: which actions, with which parameters, and raw input behind it.

Shape since ansible-core 2.19, see ``ansible/executor/powershell/module_manifest.py``:
``JSON1 \\n\\0\\0\\0\\0\\n JSON2 [\\n\\0\\0\\0\\0\\n raw input]``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_SEPARATOR = b"\n\0\0\0\0\n"


class ManifestError(ValueError):
    """The input does not have the shape that Ansible gives it."""


@dataclass(frozen=True)
class Action:
    """One action of the chain, such as ``become_wrapper.ps1``."""

    name: str
    params: Mapping[str, Any]


@dataclass(frozen=True)
class ModuleAction:
    """The last action of the chain where it runs a module or a script.

    Attributes:
        name: full name of the module, e.g. ``ansible.windows.win_ping``; of a script its path.
        for_module: False for the action ``script``, whose text is not a module's.
    """

    name: str
    arguments: Mapping[str, Any]
    environment: Mapping[str, str]
    source: str
    for_module: bool


@dataclass(frozen=True)
class Manifest:
    """What Ansible wants a host to do."""

    actions: tuple[Action, ...]
    scripts: Mapping[str, str]
    input: bytes = field(repr=False, default=b"")

    def action(self, name: str) -> Action | None:
        """An action of the chain by name."""
        return next((action for action in self.actions if action.name == name), None)

    @property
    def only(self) -> Action | None:
        """The action where the chain has exactly one."""
        return self.actions[0] if len(self.actions) == 1 else None

    @property
    def module(self) -> ModuleAction | None:
        """The module at the chain's end."""
        last = self.actions[-1] if self.actions else None
        if last is None or last.name != "module_wrapper.ps1":
            return None
        script = str(last.params.get("Script", ""))
        variables = {v["Name"]: v["Value"] for v in last.params.get("Variables") or []}
        return ModuleAction(
            name=script.removesuffix(".ps1")
            .removeprefix("ansible_collections.")
            .replace(".plugins.modules.", "."),
            arguments=variables.get("complex_args") or {},
            environment={
                str(name): str(value)
                for name, value in (last.params.get("Environment") or {}).items()
            },
            source=self.scripts.get(script, ""),
            for_module=bool(last.params.get("ForModule")),
        )


def read(stdin: bytes) -> Manifest:
    """Read the manifest.

    Raises:
        ManifestError: the shape is another one.
    """
    parts = stdin.split(_SEPARATOR, 2)
    try:
        if len(parts) < 2:
            raise ManifestError("no manifest behind the exec wrapper")
        first = json.loads(parts[0])
        if first["name"] != "exec_wrapper":
            raise ManifestError(f"the first part is {first['name']}, not exec_wrapper")
        content = json.loads(parts[1])
        return Manifest(
            actions=tuple(
                Action(
                    action["name"],
                    {**(action.get("params") or {}), **(action.get("secure_params") or {})},
                )
                for action in content["actions"]
            ),
            scripts={
                name: base64.b64decode(script["script"]).decode()
                for name, script in content["scripts"].items()
            },
            input=parts[2] if len(parts) > 2 else b"",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ManifestError(f"not the manifest of ansible-core 2.19: {error!r}") from error
