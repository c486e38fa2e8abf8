"""Systems side by side, for the rows that a view lets through."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import polars as pl
from scipy import special

from vttbench.dashboard.selecting import Subject
from vttbench.dashboard.store.snapshot import Snapshot
from vttbench.dashboard.view import View, window

_MOST_DEGREES = 200


@dataclass(frozen=True)
class Comparison:
    """One metric of one workload over hosts.

    Attributes:
        hosts: one row a host, best first: ``host``, ``fleet``, ``value`` (mean over sessions),
            ``ci_low``, ``ci_high``, ``sessions``, ``share`` of the median of all hosts (0.02 is
            2 % better whichever direction is better), ``share_low``, ``share_high``, ``newest``,
            ``result_id`` of the newest, ``status`` of it.
        sessions: one row a host and session: ``host``, ``value``, ``started_at``, ``result_id``.
        median: of the hosts.
        left_out: why results were left out: text by number of hosts.
    """

    hosts: pl.DataFrame
    sessions: pl.DataFrame
    median: float | None
    left_out: list[str]


def compare(snapshot: Snapshot, view: View, subject: Subject) -> Comparison:
    """Compare what may be compared; see :class:`Comparison`.

    Sessions count and not repeats, which are correlated; the interval is Student's t over the
    sessions of a host, or that of the repeats where there is a single session.
    """
    key = ("compare", subject.workload, subject.metric, view.query(), window())
    return snapshot.remembered(key, lambda: _compare(snapshot, view, subject))


def _compare(snapshot: Snapshot, view: View, subject: Subject) -> Comparison:
    rows = view.of(snapshot.block(subject.workload, subject.metric), valued=True)
    left_out: list[str] = []
    if not view.get("mix"):
        rows, left_out = _comparable(snapshot, rows)
    sessions = rows.group_by("host", "session", maintain_order=True).agg(
        pl.col("value").mean(),
        pl.col("ci_low", "ci_high").mean(),
        pl.col("started_at", "result_id", "status", "fleet").last(),
    )
    hosts = sessions.group_by("host", maintain_order=True).agg(
        pl.col("value").mean(),
        pl.col("value").std().alias("spread"),
        pl.len().alias("sessions"),
        pl.col("ci_low", "ci_high").last(),
        pl.col("started_at").last().alias("newest"),
        pl.col("result_id", "status", "fleet").last(),
    )
    median = _number(hosts["value"].median())
    return Comparison(
        _against(hosts, median, higher_is_better=subject.higher_is_better),
        sessions,
        median,
        left_out,
    )


def _against(hosts: pl.DataFrame, median: float | None, *, higher_is_better: bool) -> pl.DataFrame:
    sign = 1 if higher_is_better else -1
    quantiles = [_t(count) for count in hosts["sessions"]]
    half = (
        pl.Series("half", quantiles, dtype=pl.Float64)
        * hosts["spread"]
        / (hosts["sessions"].cast(pl.Float64).sqrt())
    )
    several = hosts["sessions"] > 1
    base = median or None

    def share(column: str) -> pl.Expr:
        return sign * (pl.col(column) / base - 1) if base else pl.lit(None, pl.Float64)

    bounds = hosts.with_columns(
        pl.when(several).then(pl.col("value") - half).otherwise("ci_low").alias("ci_low"),
        pl.when(several).then(pl.col("value") + half).otherwise("ci_high").alias("ci_high"),
    )
    return (
        bounds.with_columns(
            share("value").alias("share"),
            share("ci_low" if sign > 0 else "ci_high").alias("share_low"),
            share("ci_high" if sign > 0 else "ci_low").alias("share_high"),
            pl.col("host", "fleet", "status").cast(pl.String),
        )
        .drop("spread")
        .sort(["value", "host"], descending=[higher_is_better, False])
    )


def _comparable(snapshot: Snapshot, rows: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Keep the conditions under which most hosts were measured, the newest of several."""
    keys = (
        rows.group_by("comparability_key")
        .agg(pl.col("host").n_unique().alias("hosts"), pl.col("started_at").max().alias("newest"))
        .sort(["hosts", "newest"], descending=True)
    )
    if keys.height < 2:
        return rows, []
    kept = str(keys["comparability_key"][0])
    wanted = snapshot.conditions.get(kept, {})
    reasons: dict[str, int] = {}
    for key, hosts in keys.select("comparability_key", "hosts").rows()[1:]:
        reason = difference(wanted, snapshot.conditions.get(str(key), {}))
        reasons[reason] = reasons.get(reason, 0) + int(hosts)
    texts = [f"{reason} ({number})" for reason, number in reasons.items()]
    return rows.filter(pl.col("comparability_key") == kept), texts


def difference(wanted: dict[str, Any], other: dict[str, Any]) -> str:
    """Say in which conditions two results differ: ``power_source battery instead of mains``."""
    names = sorted(name for name in {*wanted, *other} if wanted.get(name) != other.get(name))
    if not names:
        return "measured under other conditions"
    parts = [
        f"{name} {_said(other.get(name))} instead of {_said(wanted.get(name))}" for name in names
    ]
    return ", ".join(parts[:2]) + (f" and {len(parts) - 2} more" if len(parts) > 2 else "")


def _said(value: Any) -> str:  # noqa: ANN401  # decoded JSON
    return "unknown" if value is None else str(value)


@lru_cache(maxsize=512)
def _t(sessions: int) -> float:
    """Return the 97.5 % quantile of Student's t for the mean of so many."""
    if sessions < 2:
        return float("nan")
    # What scipy.stats.t.ppf calls; importing that takes two seconds.
    return float(special.stdtrit(min(sessions - 1, _MOST_DEGREES), 0.975))


def _number(value: Any) -> float | None:  # noqa: ANN401  # what polars returns
    return None if value is None else float(value)
