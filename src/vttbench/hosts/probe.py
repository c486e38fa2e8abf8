"""What a host printed about itself, by name of file or program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from pydantic import JsonValue

from vttbench.hosts.sections import sections

# What boards say where their maker had nothing to say.
_PLACEHOLDERS = {
    "", "-", "0", "n/a", "na", "none", "unknown", "default string", "not specified",
    "not available", "not applicable", "not present", "system product name",
    "system manufacturer", "system version", "system serial number", "to be filled by o.e.m.",
    "o.e.m.", "oem", "invalid", "123456789", "undefined", "empty", "chassis serial number",
    "base board serial number",
}  # fmt: skip


def probe_command(script: str, **variables: str) -> str:
    """Return a shell script of this package as text, with variables set before it.

    Args:
        script: name of the file in ``vttbench.hosts``, e.g. ``linux_probe.sh``.
        variables: shell variables; values must be quoted for the shell already.
    """
    text = files("vttbench.hosts").joinpath(script).read_text(encoding="utf-8")
    return "".join(f"{name}={value}\n" for name, value in variables.items()) + text


@dataclass(frozen=True)
class Probe:
    """Sections of what ``linux_probe.sh`` or ``preflight_probe.sh`` printed."""

    found: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, text: str) -> Probe:
        """Read the output; whatever surrounds the sections is passed over."""
        return cls(sections(text))

    def lines(self, name: str) -> list[str]:
        """Return the lines of a section, none if it is missing."""
        return self.found.get(name, [])

    def word(self, name: str) -> str | None:
        """Return the first line of a section; None if missing or a maker's placeholder."""
        return said(next(iter(self.lines(name)), None))

    def number(self, name: str) -> int | None:
        """Return the first line of a section as an integer, None if it is none."""
        word = self.word(name) or ("0" if self.lines(name)[:1] == ["0"] else None)
        try:
            return int(word) if word is not None else None
        except ValueError:
            return None

    def matching(self, pattern: str) -> dict[str, str]:
        """Return first lines of the sections whose whole name matches, by the first group."""
        return {
            match[1]: lines[0]
            for name, lines in self.found.items()
            if lines and (match := re.fullmatch(pattern, name))
        }


def said(text: object) -> str | None:
    """Return the text without blanks around it, None where it says nothing."""
    stripped = str(text).strip() if text is not None else ""
    return None if stripped.lower() in _PLACEHOLDERS else stripped


def pairs(lines: Iterable[str]) -> dict[str, JsonValue]:
    """Read ``NAME=value`` or ``NAME="value"``, one each."""
    split = (line.split("=", 1) for line in lines if "=" in line)
    return {name: value.strip('"') for name, value in split}
