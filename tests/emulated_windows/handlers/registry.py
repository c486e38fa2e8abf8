"""The registry: keys and values, no case, hives by their short names."""

from __future__ import annotations

from typing import Any

from ..machine.state import Machine
from ..modules import Call, ModuleFailed, module

_HIVES = {
    "HKLM": "HKEY_LOCAL_MACHINE",
    "HKCU": "HKEY_CURRENT_USER",
    "HKCR": "HKEY_CLASSES_ROOT",
    "HKU": "HKEY_USERS",
    "HKCC": "HKEY_CURRENT_CONFIG",
}
_KINDS = {
    "none": "REG_NONE", "binary": "REG_BINARY", "dword": "REG_DWORD", "string": "REG_SZ",
    "expandstring": "REG_EXPAND_SZ", "multistring": "REG_MULTI_SZ", "qword": "REG_QWORD",
}  # fmt: skip


def _key(machine: Machine, path: str) -> str:
    """The key as it is kept: spelled as it was written first.

    Raises:
        ModuleFailed: no such hive.
    """
    clean = path.replace("/", "\\").rstrip("\\")
    if clean.split(":", 1)[0].upper() not in _HIVES or ":" not in clean:
        raise ModuleFailed(
            f"path: {path} is not a valid powershell path, see module documentation for examples."
        )
    known = {key.lower(): key for key in machine.settings.registry}
    return known.get(clean.lower(), clean)


@module("ansible.windows.win_regedit")
def win_regedit(machine: Machine, call: Call) -> dict[str, Any]:
    """Set or remove a value or a key."""
    registry, key = machine.settings.registry, _key(machine, call.args["path"])
    name = call.args["name"] or ""
    result = {"data_changed": False, "data_type_changed": False}
    values = registry.get(key)
    if call.args["state"] == "absent":
        if call.args["name"] is None and call.args["delete_key"]:
            below = [k for k in registry if k.lower().startswith(key.lower())]
            if not call.check:
                for gone in below:
                    del registry[gone]
            return {**result, "changed": bool(below)}
        there = values is not None and name in values
        if there and not call.check and values is not None:
            del values[name]
        return {**result, "changed": there}
    data, changed = _data(call), values is None
    if call.args["name"] is not None or data is not None:
        result["data_changed"] = values is None or values.get(name) != data
        changed = changed or result["data_changed"]
        if not call.check:
            registry.setdefault(key, {})[name] = data
    elif not call.check:
        registry.setdefault(key, {})
    return {**result, "changed": changed}


def _data(call: Call) -> Any:
    data = call.args["data"]
    if call.args["type"] not in {"dword", "qword"} or data is None:
        return data
    try:
        return int(str(data), 0)
    except ValueError as error:
        raise ModuleFailed(f"Failed to convert '{data}' to {call.args['type']}") from error


@module("ansible.windows.win_reg_stat")
def win_reg_stat(machine: Machine, call: Call) -> dict[str, Any]:
    """Look at a value or a key."""
    registry, key = machine.settings.registry, _key(machine, call.args["path"])
    values = registry.get(key)
    if call.args["name"] is None:
        prefix = key.lower() + "\\"
        children = {
            k[len(prefix) :].split("\\")[0] for k in registry if k.lower().startswith(prefix)
        }
        properties = {n: {"raw_value": v, "value": v} for n, v in (values or {}).items()}
        return {
            "exists": values is not None or bool(children),
            "properties": properties,
            "sub_keys": sorted(children),
        }
    if values is None or call.args["name"] not in values:
        return {"exists": False}
    value = values[call.args["name"]]
    kind = _KINDS["dword" if isinstance(value, int) else "string"]
    return {"exists": True, "type": kind, "value": value, "raw_value": value}
