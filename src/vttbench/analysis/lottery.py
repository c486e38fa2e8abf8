"""The silicon lottery: which of machines that are meant to be identical is best, and is it real.

Per metric and for a score over all: percent from the fleet's median with bootstrap intervals, rank
with its uncertainty, each pair of hosts, the share of variance between hosts, and outliers.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from vttbench.analysis.areas import weights_of
from vttbench.analysis.comparability import Refusal, comparable
from vttbench.analysis.measurements import measurements
from vttbench.analysis.pairs import Pair, between_share, pairs_of
from vttbench.analysis.resampling import Floats, freedom, interval, means, resampled_means
from vttbench.analysis.samples import Sample, Variable, filled_in, sample_of
from vttbench.analysis.table import Fields

OUTLIER_Z = 3.5
"""Robust z from where on a host is an outlier of its fleet (Iglewicz and Hoaglin 1993)."""
_HOSTS_FOR_OUTLIERS = 4
SCORE = Variable("score", None, "", "1", higher_is_better=True)
PER_WATT = Variable("score per watt", None, "", "1/W", higher_is_better=True)
PER_MONEY = Variable("score per money", None, "", "1", higher_is_better=True)


@dataclass(frozen=True)
class Standing:
    """One host in one metric or score.

    Attributes:
        host: name in the inventory.
        sessions: how many count.
        value: geometric mean over sessions, in the metric's unit; of a score, 1 is the median.
        percent: speed against the median of the fleet.
        interval: 95 % interval of ``percent``; None where no scatter is known.
        rank: 1 is the best.
        ranks: 95 % interval of the rank.
        best: share of bootstrap draws in which it is the best.
        z: robust distance from the fleet in deviations; None for fewer than four hosts.
    """

    host: str
    sessions: int
    value: float
    percent: float
    interval: tuple[float, float] | None
    rank: int
    ranks: tuple[int, int]
    best: float
    z: float | None

    @property
    def outlier(self) -> bool:
        """Whether it is far from the fleet."""
        return self.z is not None and abs(self.z) > OUTLIER_Z


@dataclass(frozen=True)
class Ranking:
    """All hosts in one metric or score.

    Attributes:
        variable: what is ranked.
        weight: its share of the score; None for the scores themselves.
        standings: best first.
        pairs: see :func:`vttbench.analysis.pairs.pairs_of`.
        scatter: standard deviation from session to session, in percent; None where not known.
        icc: share of variance between hosts with its interval; None where not known.
    """

    variable: Variable
    weight: float | None
    standings: tuple[Standing, ...]
    pairs: tuple[Pair, ...]
    scatter: float | None
    icc: tuple[float, tuple[float, float]] | None

    @property
    def winner(self) -> Standing | None:
        """The best host, if it can be told apart from each other."""
        best = self.standings[0]
        decided = [pair.apart for pair in self.pairs if best.host == pair.faster]
        return (
            best if decided and len(decided) == len(self.standings) - 1 and all(decided) else None
        )

    def standing(self, host: str) -> Standing | None:
        """Return the host's standing, or None where it was not measured."""
        return next((each for each in self.standings if each.host == host), None)


@dataclass(frozen=True)
class Lottery:
    """One fleet.

    Attributes:
        fleet: name.
        hosts: names.
        score: over all metrics; None where hosts share none.
        per_watt: score by power drawn; None where not all hosts tell it.
        per_money: score by price; None where not all have one.
        rankings: a metric each.
        draws: bootstrap draws of the mean log speeds, draws x hosts x metrics of the score.
        scored: the metrics of the score.
        refused: results that can't be compared, or were all the same.
        clipped: sessions far off their host.
        remarks: what a reader must know.
    """

    fleet: str
    hosts: tuple[str, ...]
    score: Ranking | None
    per_watt: Ranking | None
    per_money: Ranking | None
    rankings: tuple[Ranking, ...]
    draws: Floats
    scored: tuple[Variable, ...]
    refused: tuple[Refusal, ...] = ()
    clipped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def lotteries(
    frame: pl.DataFrame,
    conditions: Mapping[str, Fields],
    *,
    fleets: Collection[str] = (),
    all_metrics: bool = False,
    across: Collection[str] = (),
    force: bool = False,
    weights: Mapping[str, float] | None = None,
    prices: Mapping[str, float] | None = None,
) -> list[Lottery]:
    """Judge every fleet of a table with at least two hosts.

    Args:
        frame: the table of results.
        conditions: by comparability key, what had to be equal.
        fleets: only these; none for all.
        all_metrics: not only those that repeats aimed at.
        across: see :func:`vttbench.analysis.comparability.comparable`.
        force: see there.
        weights: see :func:`vttbench.analysis.areas.weights_of`.
        prices: host to price, all in one currency.

    Raises:
        ValueError: a weight of a name that no metric has.
    """
    rows = measurements(frame, all_metrics=all_metrics).filter(pl.col("fleet").is_not_null())
    if fleets:
        rows = rows.filter(pl.col("fleet").cast(pl.String).is_in(list(fleets)))
    found = []
    for part in rows.sort("fleet", "started_at").partition_by("fleet", maintain_order=True):
        kept, refused = comparable(part, conditions, across=across, force=force)
        if kept["host"].n_unique() > 1:
            name = str(part["fleet"][0])
            found.append(lottery_of(name, kept, refused, weights or {}, prices or {}))
    return found


def lottery_of(
    name: str,
    rows: pl.DataFrame,
    refused: Sequence[Refusal],
    weights: Mapping[str, float],
    prices: Mapping[str, float],
) -> Lottery:
    """Judge one fleet; rows are measurements that may be compared."""
    sample = sample_of(rows)
    remarks: list[str] = []
    scored = _scored(sample, remarks)
    shares = weights_of([sample.variables[i] for i in scored], weights) if scored else []
    weight_of = dict(zip(scored, shares, strict=True))
    draws = resampled_means(sample.sessions)
    rankings = tuple(
        ranking
        for index, variable in enumerate(sample.variables)
        if (ranking := _ranking(sample, variable, index, draws, weight_of.get(index)))
    )
    scores = _scores(sample, scored, shares, prices, remarks)
    return Lottery(
        fleet=name,
        hosts=sample.hosts,
        score=scores.get(SCORE),
        per_watt=scores.get(PER_WATT),
        per_money=scores.get(PER_MONEY),
        rankings=rankings,
        draws=draws[:, :, scored],
        scored=tuple(sample.variables[i] for i in scored),
        refused=tuple(refused),
        clipped=sample.clipped,
        remarks=tuple(remarks),
    )


def rank_each(sample: Sample) -> tuple[Ranking, ...]:
    """Rank hosts in every metric that at least two of them have."""
    draws = resampled_means(sample.sessions)
    ranked = (_ranking(sample, v, i, draws, None) for i, v in enumerate(sample.variables))
    return tuple(ranking for ranking in ranked if ranking is not None)


def _scored(sample: Sample, remarks: list[str]) -> list[int]:
    """Return the columns that all hosts have: a score over different metrics is no comparison."""
    measured = np.isfinite(means(sample.sessions))
    shared = [int(i) for i in np.flatnonzero(measured.all(axis=0))]
    left_out = [v.label for i, v in enumerate(sample.variables) if i not in shared]
    if left_out:
        names = ", ".join(left_out[:4]) + (f" and {len(left_out) - 4} more" if left_out[4:] else "")
        remarks.append(f"Not part of the score, for not all hosts were measured with it: {names}.")
    return shared


def _scores(
    sample: Sample,
    scored: Sequence[int],
    shares: Sequence[float],
    prices: Mapping[str, float],
    remarks: list[str],
) -> dict[Variable, Ranking]:
    """Rank hosts by the weighted geometric mean of all metrics, and by watt and money."""
    if not scored:
        return {}
    level = np.median(means(sample.sessions)[:, scored], axis=0)
    score = [(filled_in(part[:, scored]) - level) @ np.asarray(shares) for part in sample.sessions]
    columns: dict[Variable, list[Floats]] = {SCORE: score}
    if all(np.isfinite(part).any() for part in sample.watts):
        columns[PER_WATT] = [
            points - watts for points, watts in zip(score, sample.watts, strict=True)
        ]
    priced = [host for host in sample.hosts if prices.get(host, 0) > 0]
    if len(priced) == len(sample.hosts):
        columns[PER_MONEY] = [
            points - math.log(prices[host])
            for points, host in zip(score, sample.hosts, strict=True)
        ]
    elif priced:
        missing = ", ".join(host for host in sample.hosts if host not in priced)
        remarks.append(f"No score per money: no price for {missing}.")
    found = {}
    for variable, values in columns.items():
        of_score = Sample(
            (variable,), sample.hosts, tuple(each[:, None] for each in values), sample.watts
        )
        ranking = _ranking(of_score, variable, 0, resampled_means(of_score.sessions), None)
        if ranking is not None:
            found[variable] = ranking
    return found


def _ranking(
    sample: Sample, variable: Variable, index: int, draws: Floats, weight: float | None
) -> Ranking | None:
    """Rank the hosts that have the variable; None where fewer than two have it."""
    everyone = sample.column(index)
    there = [number for number, column in enumerate(everyone) if len(column)]
    if len(there) < 2:
        return None
    hosts = [sample.hosts[number] for number in there]
    columns = [everyone[number] for number in there]
    middle = np.array([float(column.mean()) for column in columns])
    drawn = draws[:, there, index]
    against = middle - np.median(middle)
    drawn_against = drawn - np.median(drawn, axis=1, keepdims=True)
    ranks = 1 + (drawn[:, None, :] > drawn[:, :, None]).sum(axis=2)
    degrees = freedom(columns)
    z = _robust_z(middle, columns, degrees)
    standings = []
    for number, host in enumerate(hosts):
        bounds = interval(drawn_against[:, number])
        low, high = np.quantile(ranks[:, number], [0.025, 0.975], method="inverted_cdf")
        standings.append(
            Standing(
                host=host,
                sessions=len(columns[number]),
                value=_value(variable, middle, number),
                percent=100.0 * math.expm1(float(against[number])),
                interval=(100.0 * math.expm1(bounds[0]), 100.0 * math.expm1(bounds[1]))
                if degrees
                else None,
                rank=1 + int((middle > middle[number]).sum()),
                ranks=(int(low), int(high)) if degrees else (1, len(hosts)),
                best=float((ranks[:, number] == 1).mean()),
                z=None if z is None else float(z[number]),
            )
        )
    return Ranking(
        variable=variable,
        weight=weight,
        standings=tuple(sorted(standings, key=lambda each: (each.rank, each.host))),
        pairs=tuple(pairs_of(hosts, columns, drawn)),
        scatter=_scatter(columns, degrees),
        icc=between_share(columns),
    )


def _value(variable: Variable, middle: Floats, number: int) -> float:
    if variable in (SCORE, PER_WATT, PER_MONEY):
        return math.exp(float(middle[number] - np.median(middle)))
    return variable.value(float(middle[number]))


def _scatter(columns: Sequence[Floats], degrees: int) -> float | None:
    if not degrees:
        return None
    squares = sum(float(((column - column.mean()) ** 2).sum()) for column in columns)
    return 100.0 * math.sqrt(squares / degrees)


def _robust_z(middle: Floats, columns: Sequence[Floats], degrees: int) -> Floats | None:
    """Return each host's distance from the median in deviations of the fleet.

    The deviation is the scaled median absolute deviation, with the error of a host's own mean
    added: where all hosts are equal but for noise, half of them would else be outliers by chance.
    """
    if len(middle) < _HOSTS_FOR_OUTLIERS:
        return None
    against = middle - np.median(middle)
    spread = 1.4826 * float(np.median(np.abs(against)))
    scatter = (_scatter(columns, degrees) or 0.0) / 100.0
    error = np.array([scatter / math.sqrt(len(column)) for column in columns])
    deviation = np.sqrt(spread**2 + error**2)
    return np.asarray(
        np.where(deviation > 0, against / np.where(deviation > 0, deviation, 1.0), 0.0)
    )
