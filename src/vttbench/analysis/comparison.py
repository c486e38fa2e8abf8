"""Hosts side by side: any hosts, metric by metric, where their results may be compared."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from vttbench.analysis.comparability import Refusal, comparable
from vttbench.analysis.lottery import Ranking, rank_each
from vttbench.analysis.measurements import measurements
from vttbench.analysis.samples import sample_of
from vttbench.analysis.table import Fields

EVERYONE = "all"


class NoSuchHostsError(ValueError):
    """No host goes by that name; the message says which there are."""


@dataclass(frozen=True)
class Comparison:
    """Some hosts, metric by metric.

    Attributes:
        group: as it was asked for.
        hosts: all of it, by name.
        rankings: metrics that at least two hosts have, with percent from their median.
        alone: metrics that only one host has, with its name.
        refused: results that can't be compared with the others', or were all the same.
        clipped: sessions far off their host.
    """

    group: str
    hosts: tuple[str, ...]
    rankings: tuple[Ranking, ...]
    alone: tuple[tuple[str, str], ...]
    refused: tuple[Refusal, ...]
    clipped: tuple[str, ...]


def compare(
    frame: pl.DataFrame,
    conditions: Mapping[str, Fields],
    group: str,
    *,
    all_metrics: bool = False,
    across: Collection[str] = (),
    force: bool = False,
) -> Comparison:
    """Put hosts side by side.

    Args:
        frame: the table of results.
        conditions: by comparability key, what had to be equal.
        group: a fleet, host names with commas, or ``all``.
        all_metrics: not only those that repeats aimed at.
        across: see :func:`vttbench.analysis.comparability.comparable`.
        force: see there.

    Raises:
        NoSuchHostsError: nobody is meant.
    """
    rows = measurements(frame, all_metrics=all_metrics)
    wanted = hosts_of(frame, group)
    rows = rows.filter(pl.col("host").cast(pl.String).is_in(wanted))
    kept, refused = comparable(rows, conditions, across=across, force=force)
    if kept.is_empty():
        return Comparison(group, tuple(wanted), (), (), tuple(refused), ())
    sample = sample_of(kept)
    rankings = rank_each(sample)
    ranked = {ranking.variable for ranking in rankings}
    alone = tuple(
        (variable.label, host)
        for index, variable in enumerate(sample.variables)
        if variable not in ranked
        for host, column in zip(sample.hosts, sample.column(index), strict=True)
        if len(column)
    )
    return Comparison(group, tuple(wanted), rankings, alone, tuple(refused), tuple(sample.clipped))


def hosts_of(frame: pl.DataFrame, group: str) -> list[str]:
    """Return the hosts that a user means by a fleet, by names with commas, or by ``all``.

    Raises:
        NoSuchHostsError: nobody is meant.
    """
    known = frame.select(pl.col("host").cast(pl.String), pl.col("fleet").cast(pl.String)).unique()
    fleets = sorted(known["fleet"].drop_nulls().unique())
    hosts = sorted(known["host"].unique())
    if group == EVERYONE:
        return hosts
    found: set[str] = set()
    for word in (part.strip() for part in group.split(",")):
        of_fleet = known.filter(pl.col("fleet") == word)["host"].to_list()
        if not of_fleet and word not in hosts:
            raise NoSuchHostsError(
                f"no fleet or host {word!r}; fleets: {', '.join(fleets) or 'none'}; "
                f"hosts: {', '.join(hosts[:12])}{', ...' if len(hosts) > 12 else ''}"
            )
        found.update(of_fleet or [word])
    return sorted(found)
