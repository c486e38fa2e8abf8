"""Moments as Windows writes them."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at: float) -> str:
    """Round-trip format of .NET (``o``) in UTC: seven digits behind the second."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
