"""Environment files of systemd."""

from __future__ import annotations

import re

# systemd.exec(5): inside "..." a backslash takes the meaning from these.
_SPECIAL = re.compile(r'(["\\$`])')


def assignment(name: str, value: str) -> str:
    """Return one line of an ``EnvironmentFile=``.

    Args:
        name: of the variable.
        value: anything that is a single line.

    Raises:
        ValueError: the value has more than one line.
    """
    if "\n" in value or "\r" in value:
        raise ValueError(f"{name} has more than one line")
    quoted = _SPECIAL.sub(r"\\\1", value)
    return f'{name}="{quoted}"'
