"""The document shows the page before the application is there, and each worker serves it whole."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from vttbench.dashboard.web.app import make_app


class Document(HTMLParser):
    """What is in a document: elements in order, and which are within the first view."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def named(self, name: str) -> list[str]:
        return [found for _, attributes in self.elements if (found := attributes.get(name))]


@pytest.fixture(scope="module")
def client(settings):
    return make_app(settings).server.test_client()


def first_of(client, address: str) -> str:
    text = client.get(address).get_data(as_text=True)
    found = re.search(r'<div id="first".*?(?=<div id="react-entry-point")', text, re.DOTALL)
    return found[0] if found else ""


def test_every_script_comes_from_a_worker_that_no_document_was_asked_of(settings, client):
    sources = Document(client.get("/").get_data(as_text=True)).named("src")
    assert any("dash_renderer" in one for one in sources)
    other = make_app(settings).server.test_client()
    assert {source: other.get(source).status_code for source in sources} == dict.fromkeys(
        sources, 200
    )


@pytest.mark.parametrize(
    ("path", "figures"), [("/", 1), ("/models", 2), ("/trends", 1), ("/systems", 0)]
)
def test_the_first_view_has_the_answer_and_the_figures_and_no_identity_twice(client, path, figures):
    shown = first_of(client, path)
    document = Document(shown)
    assert document.named("id") == ["first"]
    assert "h1" not in [tag for tag, _ in document.elements]
    assert document.named("class").count("sketch") == figures
    assert figures == 0 or 'class="point' in shown


def test_the_first_view_says_what_the_page_says(client):
    assert "zbook-03</strong> is best" in first_of(client, "/")


def test_paper_and_pages_that_there_are_not_start_at_once(client):
    for address in ("/?print=1", "/nowhere"):
        assert first_of(client, address) == ""
        assert "<template" not in client.get(address).get_data(as_text=True)


def test_a_name_that_looks_like_a_mark_of_the_document_is_text(client):
    assert "host: {%config%}" in first_of(client, "/?host=zbook-03&host={%config%}")


def test_a_name_cannot_leave_its_place(client):
    shown = first_of(client, '/?host=zbook-03&host="><script>alert(1)</script>')
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
