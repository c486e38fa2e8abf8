"""What analysis says of the results, computed when results come and never in a request.

A series (one metric of one workload on one host) is searched for change points again only when it
has become another one, so that a new result costs the search of a few series and not of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from vttbench.analysis.regressions import LevelShift, find_shifts
from vttbench.analysis.table import Fields
from vttbench.dashboard.store.fleets import judge
from vttbench.dashboard.store.frame import as_table

Findings = dict[str, Any]

# Series are searched together with the same workload on other hosts, which says whether a change
# had the same effect there; of very many only so many rows at once.
_ROWS_AT_ONCE = 100_000
_MEANT = pl.col("primary") & pl.col("value").is_not_null()


def find(rows: pl.DataFrame, conditions: Mapping[str, Fields], before: Findings) -> Findings:
    """Return the findings as JSON has them.

    Args:
        rows: sorted, as in :mod:`vttbench.dashboard.store.frame`.
        conditions: by comparability key, what had to be equal.
        before: what was found when there were fewer results.

    Returns:
        ``shifts``, a list of change points; ``series``, how many were searched; ``prints``, by
        series what it looked like then; ``fleets``, see :mod:`vttbench.dashboard.store.fleets`.
    """
    prints = _prints(rows)
    known: dict[str, list[Any]] = before.get("prints", {})
    changed = {name for name, print_ in prints.items() if known.get(name) != print_}
    lost = set(known) - set(prints)
    kept = [
        shift
        for shift in before.get("shifts", [])
        if (name := _name(shift["host"], shift["workload"], shift["metric"])) in prints
        and name not in changed
    ]
    found: list[dict[str, Any]] = []
    series = 0
    for part in _parts(rows, changed):
        trends = find_shifts(as_table(part))
        series += trends.series
        found += [
            _plain(shift)
            for shift in trends.shifts
            if _name(shift.host, shift.workload, shift.metric) in changed
        ]
    long_enough = sum(1 for count, _ in prints.values() if count >= 5)
    return {
        "shifts": [*kept, *found],
        "series": long_enough,
        "prints": prints,
        "fleets": _fleets(rows, conditions, before.get("fleets", {}), changed | lost),
    }


def _fleets(
    rows: pl.DataFrame,
    conditions: Mapping[str, Fields],
    before: dict[str, Any],
    changed: set[str],
) -> dict[str, Any]:
    """Judge the fleets anew of which a series has changed, and forget those that are gone."""
    there = rows.select("fleet", "host").unique().drop_nulls("fleet")
    touched = {name.partition("\x00")[0] for name in changed}
    members: dict[str, set[str]] = {}
    for fleet, host in there.iter_rows():
        members.setdefault(str(fleet), set()).add(str(host))
    stale = {
        name
        for name, hosts in members.items()
        if hosts & touched or name not in before or set(before[name]["hosts"]) != hosts
    }
    kept = {name: found for name, found in before.items() if name in set(members) - stale}
    return kept | judge(rows, conditions, stale)


def _prints(rows: pl.DataFrame) -> dict[str, list[Any]]:
    """Return by series how many results it has and when the newest was."""
    counted = (
        rows.filter(_MEANT)
        .group_by("host", "workload", "metric", maintain_order=True)
        .agg(pl.len(), pl.col("started_at").max().dt.timestamp("ms").alias("newest"))
    )
    return {
        _name(host, workload, metric): [count, newest]
        for host, workload, metric, count, newest in counted.iter_rows()
    }


def _parts(rows: pl.DataFrame, changed: set[str]) -> list[pl.DataFrame]:
    """Return the rows to search, all hosts of a workload and metric together."""
    if not changed:
        return []
    wanted = {tuple(name.split("\x00")[1:]) for name in changed}
    parts: list[pl.DataFrame] = []
    for workload, metric in sorted(wanted):
        own = rows.filter(_MEANT & (pl.col("workload") == workload) & (pl.col("metric") == metric))
        if own.height > _ROWS_AT_ONCE:
            hosts = [
                name.split("\x00")[0]
                for name in changed
                if name.endswith(f"{workload}\x00{metric}")
            ]
            own = own.filter(pl.col("host").is_in(hosts))
        parts.append(own)
    return parts


def _name(host: str, workload: str, metric: str) -> str:
    return f"{host}\x00{workload}\x00{metric}"


def _plain(shift: LevelShift) -> dict[str, Any]:
    return {
        "host": shift.host,
        "fleet": shift.fleet,
        "benchmark": shift.benchmark,
        "variant": shift.variant,
        "workload": shift.workload,
        "metric": shift.metric,
        "unit": shift.unit,
        "worse": shift.worse,
        "percent": shift.percent,
        "interval": list(shift.interval),
        "before": shift.before,
        "after": shift.after,
        "at": shift.at.isoformat(),
        "first_result": shift.first_result,
        "lasting": shift.lasting,
        "changes": [change.text for change in shift.changes],
        "heat": shift.heat.verdict,
        "elsewhere": list(shift.elsewhere),
    }
