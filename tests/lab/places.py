"""Where the lab keeps what: slow things in the user's cache, running hosts below /var/lib."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

CACHE = Path("~/.cache/vttbench/lab").expanduser()
"""Base images and the SSH key: kept from one lab to the next."""
KEY = CACHE / "id_ed25519"
STATE = Path("/var/lib/vttbench-lab")
"""What belongs to hosts that exist now, and nothing else: `down` empties it."""
CONTAINERS = STATE / "hosts"


@contextmanager
def locked(what: str) -> Iterator[None]:
    """Hold the lab's lock on something, such as one host, against other processes."""
    locks = CACHE / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with FileLock(locks / f"{what}.lock"):
        yield
