"""Small answers beside the pages: is it well, is there something new?"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import flask

from vttbench import __version__
from vttbench.dashboard import words
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import status as collector_status
from vttbench.dashboard.store.snapshot import Current, Snapshot


def add_routes(server: flask.Flask, settings: Settings, current: Current, notes: NoteStore) -> None:
    """Add ``/healthz`` and ``/state``."""

    @server.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "version": __version__, "results": current.get().results}

    @server.get("/state")
    def state() -> dict[str, Any]:
        snapshot = current.get()
        text, level = sentence(snapshot, collector_status.read(settings.cache_dir))
        return {
            "version": version_of(snapshot, notes),
            "text": text,
            "level": level,
        }


def version_of(snapshot: Snapshot, notes: NoteStore) -> str:
    """Return a text that changes whenever something else is to be shown."""
    return f"{snapshot.version}/{notes.version}"


def sentence(snapshot: Snapshot, known: collector_status.Status) -> tuple[str, str]:
    """Say how fresh the results are, and what keeps newer ones away.

    Returns:
        The sentence, and ``ok``, ``busy`` or ``trouble``.
    """
    amount = words.count(snapshot.results, "result")
    if known.reading and not snapshot.version:
        return f"Reading results: {known.reading[0]} of {known.reading[1]} …", "busy"
    if known.reading:
        done, of = known.reading
        return f"{amount} shown; reading {of - done} new ones …", "busy"
    if known.trouble:
        return f"{amount} as of {_clock(snapshot.made_at)}. {known.trouble}", "trouble"
    if known.at and known.silent:
        stopped = "Nothing looks for new ones any more: restart the dashboard."
        return f"{amount} as of {_clock(snapshot.made_at)}. {stopped}", "trouble"
    if known.server_trouble:
        since = _clock(known.server_answered_at) if known.server_answered_at else "ever"
        away = f"{known.server} has not answered since {since}: what came after is not shown."
        return f"{amount}. {away} {known.server_trouble}", "trouble"
    if not snapshot.version:
        return "Looking for results …", "busy"
    return f"{amount}, looked for new ones {_ago(known.looked_at)}", "ok"


def _clock(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    same_day = moment.date() == datetime.now(UTC).date()
    return f"{moment:%H:%M} UTC" if same_day else words.when(moment)


def _ago(seconds: float) -> str:
    if not seconds or time.time() - seconds < 60:
        return "just now"
    return words.age(datetime.fromtimestamp(seconds, UTC))
