"""What CIM classes say about a host, computed from its state.

A class that is registered answers; one that this laptop would not have either answers as Windows
does (:data:`ABSENT`). Everything else is a hole in the emulation and must not pass for an answer.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from . import cim_classes
from .wql import matcher

if TYPE_CHECKING:
    from .state import Machine

Row = dict[str, Any]
Rows = Callable[["Machine"], Iterable[Row]]

ABSENT = {
    # LibreHardwareMonitor is not installed.
    ("root/librehardwaremonitor", "sensor"): "Invalid namespace ",
}

_classes: dict[tuple[str, str], Rows] = {}


class CimError(RuntimeError):
    """What Windows says where a class can't be read."""


class NotModelledError(LookupError):
    """Windows would answer; the emulated host can't."""


def cim_class(name: str, namespace: str = "root/cimv2") -> Callable[[Rows], Rows]:
    """Register a function that gives the instances of a class."""

    def register(rows: Rows) -> Rows:
        _classes[_key(namespace, name)] = rows
        return rows

    return register


def read(
    machine: Machine, name: str, properties: Sequence[str], *, namespace: str, where: str = ""
) -> list[Mapping[str, Any]]:
    """Read a class.

    Raises:
        CimError: as Windows does.
        NotModelledError: class or property are unknown here.
    """
    for found in pkgutil.iter_modules(cim_classes.__path__, cim_classes.__name__ + "."):
        importlib.import_module(found.name)
    key = _key(namespace, name)
    if key in ABSENT:
        raise CimError(ABSENT[key])
    if key not in _classes:
        raise NotModelledError(f"CIM class {namespace}:{name}")
    rows = [row for row in _classes[key](machine) if matcher(where)(row)]
    for row in rows:
        if unknown := [prop for prop in properties if prop not in row]:
            raise NotModelledError(f"properties {', '.join(unknown)} of CIM class {name}")
    return [{prop: row[prop] for prop in properties} for row in rows]


def _key(namespace: str, name: str) -> tuple[str, str]:
    return namespace.replace("\\", "/").lower(), name.lower()
