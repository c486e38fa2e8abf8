"""The plain subset of PowerShell that scripts of ours keep to, checked without any PowerShell.

Their grammar is checked by tree-sitter's. What that lets pass and Windows PowerShell 5.1 does not
know is found by rules of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_powershell.language()))
_LATER_THAN_5_1 = {"&&", "||", "??", "??=", "?:", "?."}
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True)
class Fault:
    """Something that Windows PowerShell 5.1 would stumble over."""

    line: int
    message: str


def faults(script: str) -> list[Fault]:
    """Return what is wrong with a script; its Jinja expressions count as a number."""
    text = _TEMPLATE.sub("0", script)
    root = _PARSER.parse(text.encode()).root_node
    found = [Fault(n.start_point[0] + 1, f"syntax: {n.type}") for n in _nodes(root) if _broken(n)]
    found += [*_incomplete_try(root), *_lone_else(root), *_words_of_later_versions(root, text)]
    return sorted(found, key=lambda fault: fault.line)


def commands(script: str) -> set[str]:
    """Return the names of the commands that a script calls, in lower case."""
    root = _PARSER.parse(_TEMPLATE.sub("0", script).encode()).root_node
    return {
        node.text.decode().lower()
        for node in _nodes(root)
        if node.type == "command_name" and node.text is not None
    }


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _nodes(child)


def _broken(node: Node) -> bool:
    return node.type == "ERROR" or node.is_missing


def _incomplete_try(root: Node) -> Iterator[Fault]:
    for node in _nodes(root):
        if node.type == "try_statement":
            parts = {child.type for child in node.children}
            if not parts & {"catch_clauses", "finally_clause"}:
                yield Fault(node.start_point[0] + 1, "try without catch or finally")


def _lone_else(root: Node) -> Iterator[Fault]:
    for node in _nodes(root):
        if node.type == "command_name" and node.text is not None:
            word = node.text.decode().lower()
            if word in ("else", "elseif", "catch", "finally"):
                yield Fault(node.start_point[0] + 1, f"{word} without what it belongs to")


def _words_of_later_versions(root: Node, text: str) -> Iterator[Fault]:
    # Where they stand in strings and comments they are words like others.
    quiet = [
        (node.start_byte, node.end_byte)
        for node in _nodes(root)
        if node.type in ("comment", "string_literal")
    ]
    raw = text.encode()
    for word in sorted(_LATER_THAN_5_1 - {"?:", "?."}):
        for match in re.finditer(re.escape(word.encode()), raw):
            if not any(start <= match.start() < end for start, end in quiet):
                line = raw[: match.start()].count(b"\n") + 1
                yield Fault(line, f"{word} is not known to Windows PowerShell 5.1")
