"""What is remembered of pages, for how long, and by threads that want them at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from vttbench.dashboard import view as views
from vttbench.dashboard import words
from vttbench.dashboard.elements import text_of
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.pages import load_cards, systems
from vttbench.dashboard.pages.card import REGISTRY, Card
from vttbench.dashboard.pages.layout import CardSpec, Layout, PageSpec, read_layout
from vttbench.dashboard.store.snapshot import Current
from vttbench.dashboard.view import View
from vttbench.dashboard.web.rendering import Renderer


def test_pages_are_made_one_after_another_and_the_same_one_once(tmp_path, monkeypatch):
    made: list[str] = []
    at_once = threading.Semaphore(1)
    together: list[str] = []

    def counted(context):
        alone = at_once.acquire(blocking=False)
        if not alone:
            together.append(context.view.url())
        threading.Event().wait(0.05)
        if alone:
            at_once.release()
        made.append(context.view.url())
        return Card(empty="nothing")

    monkeypatch.setitem(REGISTRY, "counted", counted)
    page = PageSpec(
        path="/", name="Page", question="?", cards=(CardSpec(card="counted", title="Card"),)
    )
    notes = NoteStore(tmp_path / "notes.sqlite")
    renderer = Renderer(Current(tmp_path / "cache"), notes, Layout(pages=(page,)))
    views = [View.parse("/", f"host={name}") for name in "abab"]
    with ThreadPoolExecutor(len(views)) as pool:
        contents = list(pool.map(renderer.page, views))
    assert sorted(made) == ["/?host=a", "/?host=b"]
    assert together == []
    assert contents[0] == contents[2] != contents[1]


def test_ages_and_periods_that_end_now_are_not_remembered_for_ever(settings, monkeypatch):
    """No new result comes for a month: the newest is a month older, and in no last week."""
    load_cards()
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    monkeypatch.setattr(views.time, "time", lambda: clock[0].timestamp())
    for module in (views, systems, words):
        monkeypatch.setattr(module, "datetime", _Clock)
    clock = _Clock.clock = [now]
    renderer = Renderer(Current(settings.cache_dir), NoteStore(settings.notes_path), read_layout())
    health, compared = View.parse("/systems", ""), View.parse("/", "from=7d")
    today = [text_of_page(renderer, one) for one in (health, compared)]
    assert "0silent for 30 days" in today[0]
    assert "is best" in today[1]
    clock[0] = now + timedelta(days=40)
    later = [text_of_page(renderer, one) for one in (health, compared)]
    assert "6silent for 30 days" in later[0]
    assert "No result fits" in later[1]


class _Clock(datetime):
    """The time that a test says it is."""

    clock: list[datetime]

    @classmethod
    def now(cls, tz=None):
        return cls.clock[0].astimezone(tz)


def text_of_page(renderer: Renderer, view: View) -> str:
    return text_of(renderer.page(view))
