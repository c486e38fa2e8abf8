"""``status.json``: the last attempt and the last success, for monitoring and people."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "status.json"


def now() -> str:
    """Return the present moment, UTC, RFC 3339."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def read(directory: Path) -> dict[str, Any]:
    """Return the status; empty where nothing was ever attempted."""
    try:
        content = json.loads((directory / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def update(directory: Path, **changes: object) -> None:
    """Change fields of the status, for everyone to read."""
    temporary = directory / f".{FILE}"
    temporary.write_text(
        json.dumps({**read(directory), **changes}, indent=2) + "\n", encoding="utf-8"
    )
    temporary.chmod(0o644)
    os.replace(temporary, directory / FILE)  # noqa: PTH105
