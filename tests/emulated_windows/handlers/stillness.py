"""What changes a laptop for the time of a measurement: ``hold.ps1``, and ``powercfg`` itself."""

from __future__ import annotations

import json
from typing import Any

from ..machine.power import ALIASES
from ..machine.state import Machine
from ..modules import Refused
from ..powershell import Invocation, script
from ..programs import Program, program
from ..wine import Done
from ..wire.shells import Output

_KNOWN = {"read", "write", "powercfg", "registry", "exclude", "include", "remove"}
# `powercfg /change` names its settings, and counts in minutes.
_CHANGE = {
    "standby-timeout": "STANDBYIDLE",
    "hibernate-timeout": "HIBERNATEIDLE",
    "monitor-timeout": "VIDEOIDLE",
}


@script("src/vttbench/hosts/windows/hold.ps1")
def hold(machine: Machine, call: Invocation) -> Output:
    """Change settings, in the script's order."""
    ask: dict[str, Any] = json.loads(call.arguments["Request"])
    if unknown := set(ask) - _KNOWN:
        raise Refused(f"hold.ps1 asked for {', '.join(sorted(unknown))}")
    registry = machine.settings.registry
    failed: list[str] = []
    answer: dict[str, Any] = {"failed": failed, "registry": {}}
    for key, names in (ask.get("read") or {}).items():
        there = registry.get(key, {})
        answer["registry"][key] = {name: str(there[name]) for name in names if name in there}
    for path, text in (ask.get("write") or {}).items():
        machine.drive.write(machine.drive.real(path), text.encode())
    for words in ask.get("powercfg") or []:
        done = powercfg(machine, Program(line=" ".join(["powercfg", *words])))
        if done.returncode:
            failed.append(f"powercfg {' '.join(words)}: {done.stdout.decode()}")
    for key, values in (ask.get("registry") or {}).items():
        for name, value in values.items():
            if value is None:
                registry.setdefault(key, {}).pop(name, None)
            else:
                registry.setdefault(key, {})[name] = value
    exclusions = machine.settings.defender_exclusions
    exclusions += [path for path in ask.get("exclude") or [] if path not in exclusions]
    for path in ask.get("include") or []:
        if path in exclusions:
            exclusions.remove(path)
    if ask.get("remove"):
        machine.drive.remove(machine.drive.real(ask["remove"]))
    return Output(json.dumps(answer).encode() + b"\r\n")


@program("powercfg")
def powercfg(machine: Machine, wanted: Program) -> Done:
    """Do ``/setactive``, ``/setacvalueindex``, ``/setdcvalueindex`` and ``/change``."""
    verb, *words = [word.lower() for word in wanted.argv[1:]] or [""]
    power = machine.power
    match verb.lstrip("/-"):
        case "setactive" | "s":
            guid = _guid(words[0])
            if guid not in power.plans:
                return Done(
                    1, b"The power scheme, subgroup or setting specified does not exist.\r\n"
                )
            power.active = guid
        case "setacvalueindex" | "setdcvalueindex":
            plan, group, setting, value = (*map(_guid, words[:3]), words[3])
            plan = power.active if plan == "scheme_current" else plan
            if (group, setting) not in power.settings.get(plan, {}):
                return Done(
                    1, b"The power scheme, subgroup or setting specified does not exist.\r\n"
                )
            power.settings[plan][group, setting][verb.lstrip("/-")[3:5]] = int(value, 0)
        case "change" | "x":
            name, _, line = words[0].lstrip("/-").rpartition("-")
            if name not in _CHANGE or line not in ("ac", "dc"):
                return Done(1, b'Invalid Parameters -- try "/?" for help\r\n')
            wanted_setting = ALIASES[_CHANGE[name]]
            for (group, setting), values in power.settings[power.active].items():
                if setting == wanted_setting and group:
                    values[line] = 60 * int(words[1])
        case "getactivescheme":
            scheme = power.plan
            return Done(0, f"Power Scheme GUID: {scheme.guid}  ({scheme.name})\r\n".encode())
        case _:
            raise Refused(f"powercfg {verb} is not emulated")
    return Done(0)


def _guid(word: str) -> str:
    return ALIASES.get(word.upper(), word)
