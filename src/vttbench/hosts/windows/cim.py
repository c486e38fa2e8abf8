"""CIM classes: what is read of which, and how values come back through PowerShell's JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vttbench.benchmarks.output import OutputError
from vttbench.benchmarks.text import number as read_number

CIMV2 = "root/cimv2"
POWER = "root/cimv2/power"
WMI = "root/wmi"
STORAGE = "root/Microsoft/Windows/Storage"
DEFENDER = "root/Microsoft/Windows/Defender"
DEVICE_GUARD = "root/Microsoft/Windows/DeviceGuard"

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Query:
    """One class to read.

    Attributes:
        name: of the answer.
        class_name: as CIM calls it; never translated, whatever language Windows speaks.
        properties: what is wanted of each instance.
        namespace: where the class lives.
        filter: in WQL; empty for every instance.
    """

    name: str
    class_name: str
    properties: tuple[str, ...]
    namespace: str = CIMV2
    filter: str = ""

    def as_request(self) -> dict[str, Any]:
        """Return it in the words of ``host.ps1``."""
        return {
            "name": self.name,
            "namespace": self.namespace,
            "class": self.class_name,
            "filter": self.filter,
            "properties": list(self.properties),
        }


@dataclass(frozen=True)
class Answers:
    """Rows by name of the query, and why there are none."""

    found: Mapping[str, list[Row]] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)

    def rows(self, name: str) -> list[Row]:
        """Return the rows of a query, none where it failed."""
        return self.found.get(name, [])

    def first(self, name: str) -> Row:
        """Return the first row of a query, empty where there is none."""
        rows = self.rows(name)
        return rows[0] if rows else {}

    def told(self, name: str) -> bool:
        """Return whether the host answered this query at all, be it with no row."""
        return name in self.found


def answers(data: object) -> Answers:
    """Read the part ``cim`` of what ``host.ps1`` printed."""
    found: dict[str, list[Row]] = {}
    errors: dict[str, str] = {}
    for name, answer in (data if isinstance(data, dict) else {}).items():
        if not isinstance(answer, dict) or "error" in answer:
            errors[name] = str((answer or {}).get("error") or "no answer")
        else:
            found[name] = [row for row in rows_of(answer.get("rows")) if isinstance(row, dict)]
    return Answers(found, errors)


def rows_of(value: object) -> list[Any]:
    """Return a list, in whatever dress Windows PowerShell 5.1 put it.

    It writes an array that went through a pipeline as ``{"value": [...], "Count": n}``, and one
    with a single element at times as that element.
    """
    if isinstance(value, dict) and value.keys() == {"value", "Count"}:
        value = value["value"]
    if value is None:
        return []
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]


def number(value: object) -> float | None:
    """Return a number that came as one or as text, with a decimal point or a decimal comma."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value) if value - value == 0 else None
    try:
        found = read_number(str(value))
    except OutputError:
        return None
    return found if found - found == 0 else None


def whole(value: object) -> int | None:
    """Return a whole number."""
    found = number(value)
    return None if found is None else int(found)


def moment(value: object) -> datetime | None:
    """Return a time that came as ISO 8601, as ``/Date(1764079200000)/``, or as CIM writes it."""
    text = str(value or "")
    if match := re.fullmatch(r"\\?/Date\((-?\d+)\)\\?/", text):
        return datetime.fromtimestamp(int(match[1]) / 1000.0, UTC)
    if match := re.fullmatch(r"(\d{14}\.\d{6})([+-]\d{3})", text):
        local = datetime.strptime(match[1], "%Y%m%d%H%M%S.%f").replace(tzinfo=UTC)
        return datetime.fromtimestamp(local.timestamp() - 60 * int(match[2]), UTC)
    if match := re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,6})?\d*Z", text):
        return datetime.fromisoformat(f"{match[1]}{match[2] or ''}+00:00")
    return None
