"""Lines of ``postgresql.conf``."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


def configuration_lines(settings: Mapping[str, object]) -> list[str]:
    """Return one line a setting, sorted by name and quoted as PostgreSQL reads them.

    Raises:
        ValueError: a name or a value can't stand in the file.
    """
    lines = []
    for name, value in sorted(settings.items()):
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        if not _NAME.fullmatch(name) or "\n" in text:
            raise ValueError(f"postgresql.conf can't hold the setting {name!r} = {text!r}")
        escaped = text.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'")
    return lines
