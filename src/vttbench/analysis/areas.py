"""What a benchmark says about: artificial intelligence, games, processor, memory, storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vttbench.analysis.samples import Variable

AREAS: Mapping[str, tuple[str, ...]] = {
    "ai": ("llama",),
    "gaming": ("markbench",),
    "cpu": ("sevenzip", "cinebench"),
    "memory": ("stream",),
    "storage": ("fio",),
}
"""Area to benchmarks. A benchmark of your own is an area of its own name."""


def area_of(benchmark: str) -> str:
    """Return the area of a benchmark; its own name where no area holds it."""
    return next((area for area, names in AREAS.items() if benchmark in names), benchmark)


def weights_of(variables: Sequence[Variable], wishes: Mapping[str, float]) -> list[float]:
    """Return how much each variable counts; they add up to 1.

    Each area counts alike unless asked otherwise, whatever number of metrics it has, and each
    benchmark within an area, and each metric within a benchmark. A wish for an area, a benchmark,
    ``benchmark.metric`` or a metric multiplies what that would be.

    Args:
        variables: what is weighed.
        wishes: name to factor, not negative.

    Raises:
        ValueError: a name that no variable has, or nothing is left.
    """
    unknown = [name for name in wishes if not any(name in names_of(each) for each in variables)]
    if unknown:
        known = sorted({name for each in variables for name in names_of(each)})
        raise ValueError(f"no {unknown[0]} among the results; there are {', '.join(known)}")
    areas = {area_of(each.benchmark) for each in variables}
    weights = []
    for variable in variables:
        area = area_of(variable.benchmark)
        benchmarks = {each.benchmark for each in variables if area_of(each.benchmark) == area}
        metrics = sum(each.benchmark == variable.benchmark for each in variables)
        weight = 1.0 / len(areas) / len(benchmarks) / metrics
        for name in names_of(variable):
            weight *= wishes.get(name, 1.0)
        weights.append(weight)
    total = sum(weights)
    if not total > 0:
        raise ValueError("all weights are zero")
    return [weight / total for weight in weights]


def names_of(variable: Variable) -> set[str]:
    """Return the names by which a user may mean a variable."""
    return {
        area_of(variable.benchmark),
        variable.benchmark,
        variable.metric,
        f"{variable.benchmark}.{variable.metric}",
    }
