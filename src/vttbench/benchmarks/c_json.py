"""JSON as programs in C write it: with ``nan`` and ``inf``, between lines that are no JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from pydantic import JsonValue

from vttbench.benchmarks.output import OutputError

# Strings are matched first, so that a "nan" inside of one stays what it is.
_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"'
    r"|(?P<sign>-?)(?<![\w.])(?:(?P<nan>nan(?:\([a-z0-9]*\))?|1\.#(?:IND|QNAN|SNAN)\d*)"
    r"|(?P<inf>inf(?:inity)?|1\.#INF\d*))(?![\w.])",
    re.IGNORECASE,
)
_OBJECT = re.compile(r"^\{", re.MULTILINE)
_BRACE = re.compile(r"\{")


@dataclass(frozen=True)
class Documents:
    """What was found in a text.

    Attributes:
        objects: the JSON objects, in order.
        notes: the lines around them that say something.
    """

    objects: tuple[dict[str, JsonValue], ...]
    notes: tuple[str, ...]


def loads(text: str) -> JsonValue:
    """Decode one JSON value; C's ``nan`` and ``inf`` become floats that are not finite.

    Raises:
        OutputError: not JSON; says where.
    """
    try:
        value: JsonValue = json.loads(_with_python_constants(text))
    except (ValueError, RecursionError) as error:
        raise OutputError(f"expected JSON, saw {text.strip()[:60]!r}: {error}") from error
    return value


def find_objects(text: str) -> Documents:
    """Find the JSON objects of a text, and keep the lines around them.

    Objects begin at the start of a line, so that a brace in a note is none; the first one may stand
    anywhere if no line begins with one.

    Raises:
        OutputError: an object begins and doesn't end, or is no JSON.
    """
    text = _with_python_constants(text)
    objects: list[dict[str, JsonValue]] = []
    notes: list[str] = []
    decoder = json.JSONDecoder()
    position = 0
    start = _OBJECT.search(text) or _BRACE.search(text)
    while start is not None:
        notes += text[position : start.start()].splitlines()
        try:
            value, position = decoder.raw_decode(text, start.start())
        except (ValueError, RecursionError) as error:
            raise OutputError(f"the JSON is cut off or damaged: {error}") from error
        objects.append(value)
        start = _OBJECT.search(text, position)
    notes += text[position:].splitlines()
    said = tuple(line.strip() for line in notes if line.strip())
    return Documents(tuple(objects), said)


def _with_python_constants(text: str) -> str:
    def replacement(match: re.Match[str]) -> str:
        if match["nan"]:
            return "NaN"
        if match["inf"]:
            return f"{match['sign']}Infinity"
        return match[0]

    return _TOKEN.sub(replacement, text)
