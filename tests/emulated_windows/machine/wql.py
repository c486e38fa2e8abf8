"""Filters in WQL, as far as ours go: comparisons joined by AND and OR."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import eq, ge, gt, le, lt, ne
from typing import Any

_CONDITION = re.compile(
    r"^\s*(\w+)\s*(=|<>|!=|<=|>=|<|>|LIKE)\s*('(?:[^'\\]|\\.|'')*'|-?[\d.]+)\s*$", re.I
)
_OPERATORS = {
    "=": eq, "<>": ne, "!=": ne, "<": lt, ">": gt, "<=": le, ">=": ge,
}  # fmt: skip
Row = Mapping[str, Any]


class WqlError(ValueError):
    """Not a filter that is understood here."""


def matcher(filter_text: str) -> Callable[[Row], bool]:
    """Return a test of rows.

    Raises:
        WqlError: the filter is more than comparisons joined by AND and OR.
    """
    if not filter_text:
        return lambda _: True
    either = [
        [_condition(part) for part in re.split(r"\s+AND\s+", one, flags=re.IGNORECASE)]
        for one in re.split(r"\s+OR\s+", filter_text, flags=re.IGNORECASE)
    ]
    return lambda row: any(all(test(row) for test in tests) for tests in either)


def _condition(text: str) -> Callable[[Row], bool]:
    found = _CONDITION.match(text)
    if not found:
        raise WqlError(f"Invalid query: {text}")
    name, operator, literal = found[1], found[2].upper(), found[3]
    if literal.startswith("'"):
        wanted: Any = literal[1:-1].replace("''", "'").replace("\\\\", "\\")
    else:
        wanted = float(literal)
    if operator == "LIKE":
        pattern = re.compile(
            "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in str(wanted)),
            re.IGNORECASE | re.DOTALL,
        )
        return lambda row: pattern.fullmatch(str(_get(row, name))) is not None
    return lambda row: _compare(_get(row, name), operator, wanted)


def _compare(value: Any, operator: str, wanted: Any) -> bool:
    if isinstance(wanted, str):
        same: bool = str(value).lower() == wanted.lower()
        return same if operator == "=" else not same
    number = float(value)
    return bool(_OPERATORS[operator](number, wanted))


def _get(row: Row, name: str) -> Any:
    for known, value in row.items():
        if known.lower() == name.lower():
            return value
    raise WqlError(f"Invalid query: no property {name}")
