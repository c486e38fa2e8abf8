"""What the silicon lottery says of each fleet: found when results come, never in a request."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from vttbench.analysis.lottery import Lottery, lotteries
from vttbench.analysis.reports.lottery import sentences
from vttbench.analysis.table import Fields
from vttbench.dashboard.store.frame import as_table

MOST_HOSTS = 64
"""Machines of one kind that are still compared each with each; of more the dots say enough."""


def judge(
    rows: pl.DataFrame, conditions: Mapping[str, Fields], fleets: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Judge fleets; of a single machine, and of very many, there is nothing to say.

    Args:
        rows: as in :mod:`vttbench.dashboard.store.frame`.
        conditions: by comparability key, what had to be equal.
        fleets: which ones.

    Returns:
        By fleet ``hosts``, its machines; ``score``, sentences on everything that all of them were
        measured with; and ``metrics``, by :func:`key_of` a metric, sentences on it.
    """
    judged: dict[str, dict[str, Any]] = {}
    for name in sorted(fleets):
        own = rows.filter(pl.col("fleet") == name)
        hosts = own["host"].cast(pl.String).unique().sort().to_list()
        judged[name] = {"hosts": hosts, "score": [], "metrics": {}}
        if 1 < len(hosts) <= MOST_HOSTS:
            for lottery in lotteries(as_table(own), conditions):
                judged[name] |= _plain(lottery)
    return judged


def key_of(benchmark: str, variant: str | None, metric: str) -> str:
    """Return the name under which sentences on a metric are kept."""
    return "\x00".join((benchmark, variant or "", metric))


def _plain(lottery: Lottery) -> dict[str, Any]:
    return {
        "score": sentences(lottery.score) if lottery.score else [],
        "metrics": {
            key_of(one.variable.benchmark, one.variable.variant, one.variable.metric): sentences(
                one
            )
            for one in lottery.rankings
        },
    }
