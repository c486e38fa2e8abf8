"""Where the emulated hosts keep what."""

from __future__ import annotations

from pathlib import Path

CACHE = Path("~/.cache/vttbench/windows").expanduser()
"""Wine's template and executables, keyed by version: kept from one run to the next."""
STATE = Path("~/.local/state/vttbench/emulated-windows").expanduser()
"""What belongs to the hosts that `up` started: drives, journals, certificate; `down` removes it."""
