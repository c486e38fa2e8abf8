"""What a module takes, by its own documentation, and arguments checked against that.

PowerShell modules check their arguments on the host, where no Ansible for Linux looks. So that a
typo in a role fails here as it does there, the documentation stands in for the module's own code.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cache
from typing import Any

_lock = threading.Lock()

# What action plugins tell their module beside its documented options.
_INTERNAL: Mapping[str, frozenset[str]] = {
    "ansible.windows.win_copy": frozenset({"files", "directories", "symlinks"}),
}


class ArgumentsError(ValueError):
    """The arguments are not what the module takes; the message is the host's."""


class UndocumentedError(LookupError):
    """No such module is installed."""


def checked(module: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Check arguments and fill in defaults; aliases become the option's own name.

    Options that start with an underscore are between action plugins and modules; they pass as they
    are.

    Raises:
        ArgumentsError: unknown option, missing option, wrong type or choice.
        UndocumentedError: the module isn't installed.
    """
    with _lock:
        options = _options(module)
    internal = _INTERNAL.get(module, frozenset())
    documented = {alias for name, option in options.items() for alias in _names(name, option)}
    own = {
        name: value
        for name, value in arguments.items()
        if (name.startswith("_") and name not in documented) or name in internal
    }
    given = {name: value for name, value in arguments.items() if name not in own}
    return own | _check(module, options, given, where="")


def _check(
    module: str, options: Mapping[str, Any], given: Mapping[str, Any], where: str
) -> dict[str, Any]:
    names = {alias: name for name, option in options.items() for alias in _names(name, option)}
    unknown = sorted(name for name in given if name not in names and name.lower() not in names)
    if unknown:
        raise ArgumentsError(
            f"Unsupported parameters for ({module.rsplit('.', 1)[-1]}) module: "
            f"{', '.join(where + name for name in unknown)}. "
            f"Supported parameters include: {', '.join(sorted(options))}"
        )
    values: dict[str, Any] = {}
    for name, value in given.items():
        own = names.get(name) or names[name.lower()]
        values[own] = _value(module, where + own, options[own], value)
    missing = sorted(
        where + name
        for name, option in options.items()
        if option.get("required") and values.get(name) is None
    )
    if missing:
        raise ArgumentsError(f"missing required arguments: {', '.join(missing)}")
    for name, option in options.items():
        if values.get(name) is None:
            default = option.get("default")
            values[name] = (
                _value(module, where + name, option, default) if default is not None else None
            )
    return values


def _names(name: str, option: Mapping[str, Any]) -> list[str]:
    # What documentation calls free_form travels as _raw_params.
    free = ["_raw_params"] if name == "free_form" else []
    return [name, *free, *(option.get("aliases") or [])]


def _value(module: str, name: str, option: Mapping[str, Any], value: Any) -> Any:
    if value is None:
        return None
    kind = option.get("type", "str")
    converted = _converted(name, kind, value)
    if kind == "list" and option.get("elements"):
        element = {**option, "type": option["elements"]}
        return [_value(module, name, element, one) for one in converted]
    if option.get("suboptions") and isinstance(converted, Mapping):
        return _check(module, option["suboptions"], converted, where=f"{name}.")
    choices = option.get("choices")
    if choices and kind != "bool":
        allowed = [str(choice) for choice in choices]
        matching = [c for c in choices if str(c).lower() == str(converted).lower()]
        if not matching:
            raise ArgumentsError(
                f"value of {name} must be one of: {', '.join(allowed)}. Got no match for: {value}"
            )
        return matching[0]
    return converted


def _converted(name: str, kind: str, value: Any) -> Any:
    try:
        match kind:
            case "bool":
                return _boolean(value)
            case "int":
                return int(value)
            case "float":
                return float(value)
            case "list":
                if isinstance(value, str):
                    return [part.strip() for part in value.split(",")] if value else []
                return list(value) if isinstance(value, (list, tuple)) else [value]
            case "dict":
                if isinstance(value, Mapping):
                    return dict(value)
            case "str" | "path":
                if not isinstance(value, (Mapping, list)):
                    return str(value)
            case _:
                return value
    except (TypeError, ValueError):
        pass
    raise ArgumentsError(
        f"argument for {name} is of type {type(value).__name__} and we were unable to convert "
        f"to {kind}"
    )


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in {"yes", "on", "1", "true", "y", "t", "1.0"}:
        return True
    if word in {"no", "off", "0", "false", "n", "f", "0.0"}:
        return False
    raise ValueError(value)


@cache
def _options(module: str) -> Mapping[str, Any]:
    # Importing Ansible takes a second: only who emulates modules pays for it.
    from ansible.errors import AnsibleError  # type: ignore[import-untyped]
    from ansible.plugins.loader import fragment_loader, init_plugin_loader, module_loader  # type: ignore[import-untyped]
    from ansible.utils.collection_loader import AnsibleCollectionConfig  # type: ignore[import-untyped]
    from ansible.utils.plugin_docs import AnsiblePluginNotFound, get_plugin_docs  # type: ignore[import-untyped]

    if AnsibleCollectionConfig.collection_finder is None:
        init_plugin_loader()
    try:
        documentation, *_ = get_plugin_docs(module, "module", module_loader, fragment_loader, False)
    except (AnsibleError, AnsiblePluginNotFound) as error:
        raise UndocumentedError(f"{module}: {error}") from error
    options: Mapping[str, Any] = documentation.get("options") or {}
    return options
