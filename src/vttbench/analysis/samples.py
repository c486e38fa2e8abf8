"""Sessions of hosts as numbers: what bootstrap and tests work on.

The unit is the session: the repeats of one session share its temperature, its memory layout, its
background, so ten repeats are not ten observations. Of each session and metric there is one number,
the logarithm of the median of its repeats, with the sign turned where less is better. Differences
of these are ratios of speeds: 0.02 is 2 % faster.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from vttbench.analysis.measurements import label_of

Floats = NDArray[np.float64]

_CLIP = 3.5
_ENOUGH_TO_CLIP = 5
_ACCIDENTS = 0.2
_VARIABLE = ("benchmark", "variant", "metric", "unit", "higher_is_better")


@dataclass(frozen=True)
class Variable:
    """One metric of one workload.

    Attributes:
        benchmark: name; of what is computed from several, ``score``.
        variant: which of several.
        metric: name.
        unit: of values.
        higher_is_better: direction of the values, not of their logarithms.
    """

    benchmark: str
    variant: str | None
    metric: str
    unit: str
    higher_is_better: bool

    @property
    def label(self) -> str:
        """Benchmark, variant and metric."""
        return label_of(self.benchmark, self.variant, self.metric)

    def value(self, log_speed: float) -> float:
        """Return the value in the metric's unit."""
        return math.exp(log_speed if self.higher_is_better else -log_speed)


@dataclass(frozen=True)
class Sample:
    """The sessions of some hosts.

    Attributes:
        variables: columns.
        hosts: names.
        sessions: a host, its sessions x variables: logarithms of speed, NaN where not measured.
        watts: a host, its sessions: mean logarithm of the power drawn, NaN where not known.
        clipped: sessions far off their host, in words; they count as if they were less far.
    """

    variables: tuple[Variable, ...]
    hosts: tuple[str, ...]
    sessions: tuple[Floats, ...]
    watts: tuple[Floats, ...]
    clipped: tuple[str, ...] = ()

    def column(self, index: int) -> list[Floats]:
        """Return the known values of one variable, a host each."""
        return [part[np.isfinite(part[:, index]), index] for part in self.sessions]


def sample_of(rows: pl.DataFrame) -> Sample:
    """Turn measurements into sessions x variables.

    Args:
        rows: measurements, comparable with each other; values that are not positive are left out.
    """
    rows = rows.filter(pl.col("median") > 0)
    sign = pl.when("higher_is_better").then(1.0).otherwise(-1.0)
    rows = rows.with_columns((pl.col("median").log() * sign).alias("_log"))
    keys = rows.select(_VARIABLE).unique(maintain_order=True).sort(_VARIABLE)
    variables = tuple(Variable(**row) for row in keys.to_dicts())
    column = {variable: number for number, variable in enumerate(variables)}
    hosts: list[str] = []
    sessions: list[Floats] = []
    watts: list[Floats] = []
    names: list[list[str]] = []
    for part in rows.sort("host", "started_at").partition_by("host", maintain_order=True):
        order = {name: i for i, name in enumerate(part["session_id"].unique(maintain_order=True))}
        matrix = np.full((len(order), len(variables)), np.nan)
        power = np.full((len(order), len(variables)), np.nan)
        when = [""] * len(order)
        for row in part.to_dicts():
            variable = Variable(**{name: row[name] for name in _VARIABLE})
            place = order[row["session_id"]], column[variable]
            matrix[place] = row["_log"]
            if row["power_mean_w"]:
                power[place] = math.log(row["power_mean_w"])
            when[place[0]] = f"{row['started_at']:%Y-%m-%d}"
        hosts.append(part["host"][0])
        sessions.append(matrix)
        watts.append(power)
        names.append(when)
    clipped = _clip(sessions, hosts, variables, names)
    return Sample(variables, tuple(hosts), tuple(sessions), _session_power(watts), tuple(clipped))


def _clip(
    sessions: Sequence[Floats],
    hosts: Sequence[str],
    variables: Sequence[Variable],
    names: Sequence[Sequence[str]],
) -> list[str]:
    """Pull sessions in that lie far off their host's median; return what was pulled in.

    Far is 3.5 robust deviations (Iglewicz and Hoaglin 1993), pooled over the hosts with enough
    sessions to have a median of their own. More than a fifth of a host's sessions is no accident
    but what the host is like, or a change; those stay as they are.
    """
    said: list[str] = []
    for index, variable in enumerate(variables):
        middles = [
            float(np.nanmedian(part[:, index])) if np.isfinite(part[:, index]).any() else np.nan
            for part in sessions
        ]
        off = [part[:, index] - middle for part, middle in zip(sessions, middles, strict=True)]
        enough = [part[np.isfinite(part)] for part in off]
        enough = [part for part in enough if len(part) >= _ENOUGH_TO_CLIP]
        if not enough:
            continue
        known = np.concatenate(enough)
        limit = _CLIP * 1.4826 * float(np.median(np.abs(known)))
        if limit == 0:
            continue
        for part, middle, distance, host, when in zip(
            sessions, middles, off, hosts, names, strict=True
        ):
            far = np.flatnonzero(np.abs(np.nan_to_num(distance)) > limit).tolist()
            if len(far) > _ACCIDENTS * len(distance):
                continue
            for place in far:
                change = 100.0 * math.expm1(float(distance[place]))
                said.append(f"{host} {when[place]}: {variable.label} {change:+.1f} %")
                part[place, index] = middle + math.copysign(limit, float(distance[place]))
    return said


def _session_power(watts: Sequence[Floats]) -> tuple[Floats, ...]:
    """Return the mean log power of each session over what all hosts were measured with."""
    if not watts:
        return ()
    shared = np.all([np.isfinite(part).any(axis=0) for part in watts], axis=0)
    found = []
    for part in watts:
        filled = filled_in(part[:, shared])
        found.append(filled.mean(axis=1) if shared.any() else np.full(len(part), np.nan))
    return tuple(found)


def filled_in(matrix: Floats) -> Floats:
    """Return a matrix whose gaps hold the mean of their column."""
    if np.isfinite(matrix).all():
        return matrix
    gaps = ~np.isfinite(matrix)
    counts = np.maximum((~gaps).sum(axis=0), 1)
    means = np.where(gaps, 0.0, matrix).sum(axis=0) / counts
    means = np.where((~gaps).any(axis=0), means, np.nan)
    return np.asarray(np.where(gaps, means, matrix))
