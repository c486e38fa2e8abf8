"""What may be compared with what; and where it may not, why.

Values of one benchmark, variant and metric may be compared if their results agree in all that the
comparability key is made of: tool version and build, parameters and flags, power source and
profile. Where they don't, the conditions that most hosts share are kept, and the rest is refused
with the fields in which it differs, unless the user asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import polars as pl

from vttbench.analysis.measurements import label_of
from vttbench.analysis.table import Fields
from vttbench.result import Scalar, comparability_of

_COMPARED = ("benchmark", "variant", "metric")


@dataclass(frozen=True)
class Refusal:
    """Results of a host that are not compared with the others.

    Attributes:
        host: name in the inventory.
        benchmark: name.
        variant: which of several.
        results: how many.
        reason: the fields that differ, with the values of the others and of this host.
        forced: they are compared all the same, because the user asked for it.
    """

    host: str
    benchmark: str
    variant: str | None
    results: int
    reason: str
    forced: bool = False

    @property
    def label(self) -> str:
        """Benchmark and variant."""
        return label_of(self.benchmark, self.variant)


def comparable(
    rows: pl.DataFrame,
    conditions: Mapping[str, Fields],
    *,
    across: Collection[str] = (),
    force: bool = False,
) -> tuple[pl.DataFrame, list[Refusal]]:
    """Keep what may be compared.

    Args:
        rows: measurements of the hosts in question.
        conditions: by comparability key, what had to be equal.
        across: fields that may differ, e.g. ``power_profile`` or ``tool_version``.
        force: all fields may differ.

    Returns:
        The rows that may be compared, and what was refused (or forced) with its reason.
    """
    if rows.is_empty():
        return rows, []
    keys = rows["comparability_key"].cast(pl.String).unique().to_list()
    coarse = {key: _without(conditions.get(key, {"key": key}), across) for key in keys}
    rows = rows.with_columns(
        pl.col("comparability_key").cast(pl.String).replace(coarse).alias("_key")
    )
    fields = {coarse[key]: conditions.get(key, {"key": key}) for key in keys}
    kept: list[pl.DataFrame] = []
    refused: list[pl.DataFrame] = []
    reasons: dict[tuple[str, str], str] = {}
    for part in rows.partition_by(_COMPARED, maintain_order=True):
        chosen = _most_shared(part)
        others = part.filter(pl.col("_key") != chosen)
        for key in others["_key"].unique(maintain_order=True):
            reasons[key, chosen] = difference(fields[chosen], fields[key], across)
        kept.append(part if force else part.filter(pl.col("_key") == chosen))
        refused.append(others.with_columns(pl.lit(chosen).alias("_chosen")))
    return pl.concat(kept).drop("_key"), _refusals(pl.concat(refused), reasons, forced=force)


def difference(one: Fields, other: Fields, across: Collection[str] = ()) -> str:
    """Say in which fields two conditions differ, e.g. ``power_source: mains / battery``."""
    names = sorted({*one, *other} - set(across))
    found = [
        f"{name}: {_shown(one.get(name))} / {_shown(other.get(name))}"
        for name in names
        if one.get(name) != other.get(name)
    ]
    models = [fields.get("parameter.model") for fields in (one, other)]
    if all(models) and len({_synthetic(model) for model in models}) == 2:
        found.insert(0, "a synthetic model against a real one")
    return ", ".join(found) or "the comparability keys differ"


def _most_shared(part: pl.DataFrame) -> str:
    """Return the conditions that most hosts share.

    Of equals those of the first host by name, so that all benchmarks of a pair are judged from the
    same side; then those with more, then with newer results.
    """
    counted = part.group_by("_key").agg(
        pl.col("host").n_unique().alias("hosts"),
        pl.col("host").cast(pl.String).min().alias("first"),
        pl.len().alias("rows"),
        pl.col("started_at").max().alias("newest"),
    )
    order = ("hosts", "first", "rows", "newest", "_key")
    falling = [name != "first" for name in order]
    return str(counted.sort(order, descending=falling)["_key"][0])


def _refusals(
    rows: pl.DataFrame, reasons: Mapping[tuple[str, str], str], *, forced: bool
) -> list[Refusal]:
    if rows.is_empty():
        return []
    counted = (
        rows.group_by("host", "benchmark", "variant", "_key", "_chosen")
        .agg(pl.col("result_id").n_unique().alias("results"))
        .sort("benchmark", "variant", "host")
    )
    return [
        Refusal(
            host=str(row["host"]),
            benchmark=str(row["benchmark"]),
            variant=row["variant"],
            results=row["results"],
            reason=reasons[row["_key"], row["_chosen"]],
            forced=forced,
        )
        for row in counted.to_dicts()
    ]


def _without(fields: Fields, across: Collection[str]) -> str:
    return comparability_of({k: v for k, v in fields.items() if k not in across}).key


def _shown(value: Scalar) -> str:
    return "not known" if value is None else str(value)


def _synthetic(model: Scalar) -> bool:
    return "synthetic" in str(model).lower()
