"""The register of emulated modules: ``@module("ansible.windows.win_ping")`` adds one."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import handlers
from .machine.state import Machine


@dataclass(frozen=True)
class Call:
    """One call of a module.

    Attributes:
        module: full name.
        args: checked against the module's documentation; every option is there, with its default
            or None. Options between action plugin and module keep their underscore.
        check: check mode: change nothing, say what would change.
        environment: ``environment:`` of the task.
        become_user: who the task wanted to be; None for the account of the connection.
        cancelled: set when the client gave up (task ``timeout:``) or the process was ended.
        pid: of the process that runs the module, parent of what it starts.
    """

    module: str
    args: Mapping[str, Any]
    check: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    become_user: str | None = None
    cancelled: threading.Event = field(default_factory=threading.Event)
    pid: int = 700


class ModuleFailed(Exception):  # noqa: N818  # a module that fails is no error of ours
    """The module ends with ``failed: true``; keyword arguments join the result."""

    def __init__(self, message: str, **result: Any) -> None:
        super().__init__(message)
        self.result = result


class Refused(Exception):  # noqa: N818  # the emulated host's, not an error of ours
    """The emulated host can't do this and must not pretend to."""


Handler = Callable[[Machine, Call], dict[str, Any]]

_registered: dict[str, Handler] = {}


def module(*names: str) -> Callable[[Handler], Handler]:
    """Register a function as what a module does on an emulated host."""

    def register(handler: Handler) -> Handler:
        for name in names:
            if name in _registered:
                raise ValueError(f"{name} has two handlers")
            _registered[name] = handler
        return handler

    return register


def handler_of(name: str) -> Handler | None:
    """Return what stands for a module; None where it is not emulated."""
    _load()
    return _registered.get(name)


def emulated() -> list[str]:
    """Names of all emulated modules."""
    _load()
    return sorted(_registered)


def _load() -> None:
    for found in pkgutil.walk_packages(handlers.__path__, handlers.__name__ + "."):
        importlib.import_module(found.name)
