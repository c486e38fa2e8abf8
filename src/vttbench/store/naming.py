"""File names of results: what stands in them, and how names from outside are made safe."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from pathlib import Path

from vttbench.result import Result

_LONGEST = 80  # three parts, a suffix and ".json" stay below the 255 bytes of common filesystems
_WINDOWS_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
_TIME = re.compile(r"(\d{8}T\d{6}\.\d{3}Z)(?:-(.*))?")


def safe_name(name: str) -> str:
    """Turn any name into one path component that Linux and Windows both accept.

    ASCII letters, digits and ``. _ -`` stay; the rest becomes ``-``. Names that Windows reserves
    for devices get an underscore. A name that is cut, or of which nothing remains, gets eight
    digits of its hash, so that different names stay different.
    """
    clean = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")
    if clean.partition(".")[0].lower() in _WINDOWS_DEVICES:
        clean = f"_{clean}"
    if not clean or len(clean) > _LONGEST:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        clean = f"{clean[: _LONGEST - 9]}-{digest}".lstrip("-")
    return clean


def time_stamp(moment: datetime) -> str:
    """Return the time in UTC as it stands in file names, e.g. ``20261125T074512.123Z``."""
    utc = moment.astimezone(UTC)
    return f"{utc:%Y%m%dT%H%M%S}.{utc.microsecond // 1000:03d}Z"


def stem_of(result: Result) -> str:
    """Return the file name of a result, without ``.json``: time, benchmark and variant."""
    parts = [time_stamp(result.started_at), safe_name(result.benchmark.name)]
    if result.benchmark.variant:
        parts.append(safe_name(result.benchmark.variant))
    return "-".join(parts)


def folder_of(root: Path, result: Result) -> Path:
    """Return the folder in which the results of that host lie."""
    return root / result.host.os_family / safe_name(result.host.name)


def stem_may_be(stem: str, *, benchmark: str | None, since: str | None) -> bool:
    """Tell from the name alone whether a document may be wanted; False is certain.

    Args:
        stem: file name without ``.json``.
        benchmark: name of a benchmark, or None for any.
        since: time stamp as in file names; earlier documents are not wanted.
    """
    match = _TIME.fullmatch(stem)
    if match is None:  # somebody renamed it: only its content can tell
        return True
    moment, rest = match.group(1), match.group(2) or ""
    if since is not None and moment < since:
        return False
    if benchmark is None:
        return True
    wanted = safe_name(benchmark)
    return rest == wanted or rest.startswith(f"{wanted}-")
