"""How the nightly backup went, from the ``status.json`` that it leaves behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from vttbench.verification.state import ServiceState

# Nightly, and a night may be missed while the server is off.
_TOO_OLD = timedelta(days=2)


def verify(folder: str, status: str, *, now: datetime | None = None) -> ServiceState:
    """Judge a backup by its own record.

    Args:
        folder: where backups are kept.
        status: content of ``status.json``; empty where there has been none yet.
        now: for tests; aware.

    Returns:
        ``failed`` where the last attempt failed, or the last good backup is older than two days.
    """
    now = now or datetime.now(UTC)
    if not status.strip():
        return ServiceState("Backup", folder, "", "ok", "none yet; its timer is set")
    try:
        known = json.loads(status)
        attempt = known.get("last_attempt") or {}
        good = known.get("last_success")
        made = datetime.fromisoformat(good["at"]) if good else None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        return ServiceState("Backup", folder, "", "failed", f"status.json can't be read: {error}")
    if not attempt.get("ok", True):
        why = attempt.get("error") or "see journalctl -u vttbench-backup"
        return ServiceState("Backup", folder, "", "failed", f"the last one failed: {why}")
    if made is None:
        return ServiceState("Backup", folder, "", "failed", "none has succeeded yet")
    age = now - made
    said = f"{good['backup']}, {_in_words(age)} ago, {good['objects']} objects"
    if age > _TOO_OLD:
        return ServiceState("Backup", folder, "", "failed", f"the last good one is old: {said}")
    return ServiceState("Backup", folder, "", "ok", said)


def _in_words(age: timedelta) -> str:
    hours = age / timedelta(hours=1)
    if hours < 1:
        return f"{age / timedelta(minutes=1):.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
