"""Who should get which machine: the assignment that gives most speed where it is needed.

The worth of a machine to a person is its speed against the median of all machines, in percent, as
the weighted geometric mean of what the person needs. The sum over all people, by priority, is made
as large as it can be (the assignment problem: scipy's ``linear_sum_assignment``). The second best
is exact: for each pair of the best, the best that lacks it (Murty 1968); the largest of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from vttbench.analysis.areas import names_of, weights_of
from vttbench.analysis.comparability import Refusal, comparable
from vttbench.analysis.comparison import hosts_of
from vttbench.analysis.measurements import measurements
from vttbench.analysis.resampling import Floats, interval, means, resampled_means
from vttbench.analysis.samples import Variable, sample_of
from vttbench.analysis.table import Fields
from vttbench.analysis.team import Role, Team, TeamError

_STABILITY_DRAWS = 400
_NEVER = -1e9


@dataclass(frozen=True)
class Given:
    """One person and the machine they get.

    Attributes:
        person: name.
        machine: host; None where there are too few machines.
        worth: speed of it for what the person needs, in percent against the median machine.
        interval: 95 % interval of the worth; None where no scatter is known.
        areas: what the person needs, with its share and the machine's percent there.
        others: worth of every machine to this person, best first.
        fixed: the machine was theirs already.
        swap: best machine of the others that this person would rather have, or None.
    """

    person: str
    machine: str | None
    worth: float
    interval: tuple[float, float] | None
    areas: tuple[tuple[str, float, float], ...]
    others: tuple[tuple[str, float], ...]
    fixed: bool
    swap: str | None


@dataclass(frozen=True)
class Assignment:
    """The best way to give machines out.

    Attributes:
        given: a person each, as in the file.
        left: machines that nobody gets.
        total: sum of worths by priority, in points of percent.
        second: the next best way, person to machine; None where there is no other.
        cost: points of percent that the second best loses.
        cost_interval: 95 % interval of the cost; None where no scatter is known.
        stability: share of bootstrap draws in which the best way is best.
        refused: results that could not be compared.
        remarks: what a reader must know.
    """

    given: tuple[Given, ...]
    left: tuple[str, ...]
    total: float
    second: Mapping[str, str | None] | None
    cost: float | None
    cost_interval: tuple[float, float] | None
    stability: float
    refused: tuple[Refusal, ...]
    remarks: tuple[str, ...]


def assign(
    frame: pl.DataFrame,
    conditions: Mapping[str, Fields],
    team: Team,
    *,
    across: Sequence[str] = (),
    force: bool = False,
) -> Assignment:
    """Give machines to people.

    Args:
        frame: the table of results.
        conditions: by comparability key, what had to be equal.
        team: people and machines.
        across: see :func:`vttbench.analysis.comparability.comparable`.
        force: see there.

    Raises:
        NoSuchHostsError: the file's machines are not among the results.
        TeamError: nobody's needs were measured, or a fixed machine does not exist.
    """
    hosts = hosts_of(frame, team.machines)
    rows = measurements(frame, all_metrics=True)
    rows = rows.filter(pl.col("host").cast(pl.String).is_in(hosts))
    kept, refused = comparable(rows, conditions, across=across, force=force)
    if kept.is_empty():
        raise TeamError(f"nothing of {', '.join(hosts)} can be compared")
    sample = sample_of(kept)
    middle = means(sample.sessions)
    shared = [int(i) for i in np.flatnonzero(np.isfinite(middle).all(axis=0))]
    variables = [sample.variables[i] for i in shared]
    primary = set(rows.filter("primary").select("benchmark", "metric").unique().rows())
    remarks = [
        f"{host} was not measured: it is not given out."
        for host in hosts
        if host not in sample.hosts
    ]
    weights = np.array([_weights(role, variables, primary, remarks) for role in team.people])
    speeds = _against_median(middle[:, shared])
    priorities = np.array([role.priority for role in team.people])
    worth = weights @ speeds.T
    blocked = _blocked(team.people, sample.hosts)
    best = _solve(worth, priorities, blocked)
    draws = _against_median(resampled_means(sample.sessions)[:, :, shared])
    worth_draws = np.einsum("pv,dhv->dph", weights, draws)
    scatter = any(len(part) > 1 for part in sample.sessions)
    second = _second(worth, priorities, blocked, best)
    cost_draws = None if second is None else (
        _totals(worth_draws, priorities, best) - _totals(worth_draws, priorities, second)
    )  # fmt: skip
    given = tuple(
        _given(team.people, i, best, worth, worth_draws if scatter else None, weights, speeds,
               variables, sample.hosts)
        for i in range(len(team.people))
    )  # fmt: skip
    taken = {each.machine for each in given}
    if len(sample.hosts) < len(team.people):
        missing = len(team.people) - len(sample.hosts)
        remarks.append(f"{missing} of {len(team.people)} people get no machine: too few there.")
    return Assignment(
        given=given,
        left=tuple(host for host in sample.hosts if host not in taken),
        total=_points(_total(worth, priorities, best)),
        second=None if second is None else _named(team.people, second, sample.hosts),
        cost=None
        if second is None
        else _points(_total(worth, priorities, best) - _total(worth, priorities, second)),
        cost_interval=None
        if cost_draws is None or not scatter
        else _percents(interval(cost_draws)),
        stability=_stability(worth_draws, priorities, blocked, best),
        refused=tuple(refused),
        remarks=tuple(dict.fromkeys(remarks)),
    )


Choice = tuple[int | None, ...]
"""Machine of each person, by number; None for none."""


def _weights(
    role: Role, variables: Sequence[Variable], primary: set[tuple[str, str]], remarks: list[str]
) -> Floats:
    """Return how much each variable counts for a person; they add up to 1."""
    known = {name for variable in variables for name in names_of(variable)}
    missing = sorted(name for name, weight in role.needs.items() if weight and name not in known)
    for name in missing:
        remarks.append(f"{role.name} needs {name}, which was not measured on all machines alike.")
    total = np.zeros(len(variables))
    for name, weight in role.needs.items():
        if not weight or name in missing:
            continue
        # By area or benchmark, the metrics that repeats aim at; any metric by its own name.
        meant = [
            i
            for i, v in enumerate(variables)
            if name in names_of(v) and ((v.benchmark, v.metric) in primary or name == v.metric)
        ]
        if not meant:
            continue
        shares = weights_of([variables[i] for i in meant], {})
        total[meant] += weight * np.array(shares)
    if not total.sum() > 0:
        raise TeamError(
            f"nothing that {role.name} needs ({', '.join(role.needs)}) was measured on all "
            f"machines alike; there are {', '.join(sorted(known)) or 'no such metrics'}"
        )
    return np.asarray(total / total.sum())


def _against_median(logs: Floats) -> Floats:
    """Return log speeds against the median machine; the last but one axis are the machines."""
    return np.asarray(logs - np.median(logs, axis=-2, keepdims=True))


def _blocked(people: Sequence[Role], hosts: Sequence[str]) -> Floats:
    """Return a penalty for each person and machine that can't be, for one of them is fixed."""
    blocked = np.zeros((len(people), len(hosts)))
    for number, role in enumerate(people):
        if role.machine is None:
            continue
        if role.machine not in hosts:
            raise TeamError(
                f"{role.name} has {role.machine}, of which there is no result; there are "
                f"{', '.join(hosts)}"
            )
        owned = hosts.index(role.machine)
        blocked[:, owned] = _NEVER
        blocked[number, :] = _NEVER
        blocked[number, owned] = 0.0
    return blocked


def _solve(worth: Floats, priorities: Floats, blocked: Floats) -> Choice:
    from scipy.optimize import linear_sum_assignment

    people, machines = linear_sum_assignment(priorities[:, None] * worth + blocked, maximize=True)
    choice: list[int | None] = [None] * len(worth)
    for person, machine in zip(people.tolist(), machines.tolist(), strict=True):
        if blocked[person, machine] > _NEVER / 2:
            choice[person] = machine
    return tuple(choice)


def _second(worth: Floats, priorities: Floats, blocked: Floats, best: Choice) -> Choice | None:
    """Return the best choice that is another one, or None where all others are impossible."""
    found: list[Choice] = []
    for person, machine in enumerate(best):
        if machine is None:
            continue
        without = blocked.copy()
        without[person, machine] = _NEVER
        other = _solve(worth, priorities, without)
        if sum(m is not None for m in other) == sum(m is not None for m in best):
            found.append(other)
    return max(found, key=lambda choice: _total(worth, priorities, choice), default=None)


def _total(worth: Floats, priorities: Floats, choice: Choice) -> float:
    return float(_totals(worth[None], priorities, choice)[0])


def _totals(draws: Floats, priorities: Floats, choice: Choice) -> Floats:
    total = np.zeros(len(draws))
    for person, machine in enumerate(choice):
        if machine is not None:
            total += priorities[person] * draws[:, person, machine]
    return total


def _stability(draws: Floats, priorities: Floats, blocked: Floats, best: Choice) -> float:
    used = draws[:_STABILITY_DRAWS]
    return float(np.mean([_solve(worth, priorities, blocked) == best for worth in used]))


def _given(
    people: Sequence[Role],
    number: int,
    best: Choice,
    worth: Floats,
    draws: Floats | None,
    weights: Floats,
    speeds: Floats,
    variables: Sequence[Variable],
    hosts: Sequence[str],
) -> Given:
    role, machine = people[number], best[number]
    order = sorted(range(len(hosts)), key=lambda i: -worth[number, i])
    others = tuple((hosts[i], _points(float(worth[number, i]))) for i in order)
    if machine is None:
        return Given(role.name, None, 0.0, None, (), others, fixed=False, swap=None)
    return Given(
        person=role.name,
        machine=hosts[machine],
        worth=_points(float(worth[number, machine])),
        interval=None if draws is None else _percents(interval(draws[:, number, machine])),
        areas=_areas(role, weights[number], speeds[machine], variables),
        others=others,
        fixed=role.machine is not None,
        swap=hosts[order[0]] if order[0] != machine else None,
    )


def _areas(
    role: Role, weights: Floats, speeds: Floats, variables: Sequence[Variable]
) -> tuple[tuple[str, float, float], ...]:
    found = []
    whole = sum(role.needs.values())
    for name, weight in sorted(role.needs.items(), key=lambda item: -item[1]):
        meant = np.array([name in names_of(variable) for variable in variables])
        share = float(weights[meant].sum())
        if weight and share > 0:
            percent = _points(float(weights[meant] @ speeds[meant] / share))
            found.append((name, weight / whole, percent))
    return tuple(found)


def _named(people: Sequence[Role], choice: Choice, hosts: Sequence[str]) -> dict[str, str | None]:
    return {
        role.name: None if machine is None else hosts[machine]
        for role, machine in zip(people, choice, strict=True)
    }


def _points(log_speed: float) -> float:
    """Return points of percent; of a sum of small logarithms they add up."""
    return 100.0 * log_speed


def _percents(bounds: tuple[float, float]) -> tuple[float, float]:
    return (_points(bounds[0]), _points(bounds[1]))
