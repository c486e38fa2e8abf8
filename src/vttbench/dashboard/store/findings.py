"""What analysis says of the results, computed when results come and never in a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from vttbench.dashboard.store.summaries import Summaries


def find(rows: pl.DataFrame, summaries: Summaries, conditions: Mapping[str, Any]) -> dict[str, Any]:
    """Return the findings as JSON has them.

    Args:
        rows: sorted.
        summaries: of these rows.
        conditions: by comparability key, the fields that had to be equal.
    """
    return {}
