"""Pages that several threads of the server make at the same moment."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.pages.card import REGISTRY, Card
from vttbench.dashboard.pages.layout import CardSpec, Layout, PageSpec
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
