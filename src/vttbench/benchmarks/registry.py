"""From what stands behind ``parser:`` to a parser."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from vttbench.benchmarks.extraction import ParserSpecError, make_parser
from vttbench.benchmarks.output import Parser

GROUP = "vttbench.parsers"


class UnknownParserError(ParserSpecError):
    """No installed package offers a parser of that name; the message lists the known ones."""


def parser_for(spec: str | Mapping[str, Any]) -> Parser:
    """Return the parser that a benchmark asks for.

    Args:
        spec: name of an entry point in group ``vttbench.parsers``, alone or as ``{"name": ...}``;
            or a description of where the values stand, see :mod:`vttbench.benchmarks.extraction`.

    Raises:
        UnknownParserError: no such entry point, or it can't be loaded.
        ParserSpecError: the description is wrong; names the field.
    """
    if isinstance(spec, str):
        return _load(spec)
    if not isinstance(spec, Mapping):
        raise ParserSpecError(
            f"parser is a {type(spec).__name__}; it must be a name or a dictionary"
        )
    if "name" in spec:
        others = sorted(set(spec) - {"name"})
        if others:
            raise ParserSpecError(
                f"parser has name and {', '.join(others)}: a parser by name brings its own metrics"
            )
        return _load(str(spec["name"]))
    return make_parser(spec)


def known_parsers() -> dict[str, EntryPoint]:
    """Return the installed parsers by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def _load(name: str) -> Parser:
    known = known_parsers()
    if name not in known:
        raise UnknownParserError(
            f"no parser {name!r}; known are {', '.join(sorted(known)) or 'none'}. "
            f"A package offers one by an entry point in group {GROUP}"
        )
    try:
        parser: Parser = known[name].load()
    except Exception as error:  # whatever a package of somebody else raises when imported
        raise UnknownParserError(
            f"parser {name!r} ({known[name].value}) can't be loaded: {error}"
        ) from error
    if not callable(parser):
        raise UnknownParserError(f"parser {name!r} ({known[name].value}) is not a function")
    return parser
