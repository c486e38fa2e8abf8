"""Every trouble that docs/lessons.md promises to keep away has its test."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"`((?:unit|integration)/[\w/]+\.py)::(test_\w+)`")


def test_every_lesson_names_a_test_that_there_is() -> None:
    rows = [
        line
        for line in (ROOT / "docs/lessons.md").read_text().splitlines()
        if line.startswith("| ") and not line.startswith(("| ---", "| trouble"))
    ]
    assert len(rows) > 25
    for row in rows:
        named = NAMED.findall(row)
        assert named, row
        for file, test in named:
            assert f"def {test}(" in (ROOT / "tests" / file).read_text(), row
