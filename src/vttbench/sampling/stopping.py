"""When to stop repeating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from vttbench.sampling.limits import Limits
from vttbench.sampling.statistics import summarize

# Two repeats in a row that agree this well are taken for a machine that has settled.
SETTLED_WITHIN = 0.05


class Verdict(Enum):
    """What to do next."""

    GO_ON = "go on"
    CONVERGED = "converged"
    GIVE_UP = "give up"


@dataclass(frozen=True)
class Decision:
    """What to do next, and why."""

    verdict: Verdict
    reason: str = ""


def decide(
    samples: Mapping[str, Sequence[float]],
    limits: Limits,
    *,
    attempts: int,
    elapsed_s: float,
    usual_repeat_s: float,
) -> Decision:
    """Decide whether another repeat is due.

    Args:
        samples: primary metrics by name; good repeats only.
        limits: of this step.
        attempts: runs of the tool so far, whatever became of them.
        elapsed_s: since the first of them began.
        usual_repeat_s: what another one will take.
    """
    count = min((len(values) for values in samples.values()), default=0)
    widths: dict[str, float | None] = {
        name: summarize(values).half_width_percent for name, values in samples.items() if values
    }
    undefined = [name for name, width in widths.items() if width is None]
    widest = max((width for width in widths.values() if width is not None), default=None)

    if count >= limits.min_repeats and widths:
        single_is_enough = limits.max_repeats == 1
        if single_is_enough or (
            not undefined and widest is not None and widest <= limits.target_half_width_percent
        ):
            return Decision(Verdict.CONVERGED)
    spread = (
        f"±{widest:.1f} % where {limits.target_half_width_percent:g} % were asked for"
        if widest is not None
        else "no interval could be formed"
    )
    if count >= limits.max_repeats:
        return Decision(Verdict.GIVE_UP, f"did not converge in {count} repeats: {spread}")
    if attempts >= limits.max_attempts:
        return Decision(
            Verdict.GIVE_UP,
            f"did not converge: {attempts} runs gave {count} good repeats; {spread}",
        )
    if attempts and elapsed_s + usual_repeat_s > limits.budget_s and count >= limits.min_repeats:
        return Decision(
            Verdict.GIVE_UP,
            f"did not converge in the {limits.budget_s:g} s that it may take: "
            f"{count} repeats, {spread}",
        )
    # Below the minimum the budget may be overdrawn, once: too few repeats are worth nothing.
    if attempts and elapsed_s + usual_repeat_s > 2 * limits.budget_s:
        return Decision(
            Verdict.GIVE_UP,
            f"{count} of at least {limits.min_repeats} repeats after {elapsed_s:.0f} s, "
            f"twice the time that it may take",
        )
    return Decision(Verdict.GO_ON)


def settled(previous: Mapping[str, float], current: Mapping[str, float]) -> bool:
    """Tell whether two repeats in a row agree, so that warm-up is over.

    One warm-up is not always enough: 25,232 ± 17,263 t/s with one, 42,935 ± 240 with four
    (ggml-org/llama.cpp 21282).
    """
    shared = previous.keys() & current.keys()
    return bool(shared) and all(
        abs(current[name] - previous[name]) <= SETTLED_WITHIN * abs(previous[name])
        for name in shared
    )
