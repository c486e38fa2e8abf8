"""Tables that come as HTML: every text is escaped, and nothing is left out in silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.dashboard.elements import element, link
from vttbench.dashboard.still import html_of, still


def test_elements_become_html_with_the_attributes_that_they_have():
    row = element(
        "Tr",
        [
            element("Th", link("zbook-01", "/trends?host=zbook-01&x=1"), scope="row"),
            element("Td", 12, className="number", aria_label="twelve"),
            element("Td", None, title=None),
        ],
    )
    assert html_of(row) == (
        '<tr><th scope="row"><a href="/trends?host=zbook-01&amp;x=1">zbook-01</a></th>'
        '<td class="number" aria-label="twelve">12</td><td></td></tr>'
    )


@given(st.text())
def test_no_text_gets_out_of_its_place(text):
    made = html_of(element("Td", text, title=text))
    assert made.count("<") == 2
    assert made.count('"') == (2 if text else 0)


def test_what_html_has_no_attribute_for_is_refused():
    with pytest.raises(ValueError, match="n_clicks"):
        still(element("Button", "press", n_clicks=0))
