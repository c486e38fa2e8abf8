"""A copy of a small fleet's results, with all that analysis says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import synchronising
from vttbench.demo.fleet import write


@pytest.fixture(scope="package")
def settings(tmp_path_factory) -> Settings:
    folder = tmp_path_factory.mktemp("fleet")
    write(folder / "results", 6, 12, 2, datetime(2026, 11, 25, tzinfo=UTC))
    made = Settings((folder / "results",), folder / "cache", folder / "notes.sqlite")
    synchronising.synchronise(made)
    return made
