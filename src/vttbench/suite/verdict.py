"""Whether what a suite measured on one host went well."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from vttbench.result import Result, Status

_BAD = (Status.FAILED, Status.PARTIAL)


@dataclass(frozen=True)
class Verdict:
    """How a suite ended on one host.

    Attributes:
        counts: number of results by status, of the last attempt at each.
        failures: a few words for each that is ``failed`` or ``partial``; the document says why.
    """

    counts: dict[str, int]
    failures: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One sentence, with the failures below it."""
        if not self.counts:
            return "nothing was measured"
        said = ", ".join(f"{number} {status}" for status, number in sorted(self.counts.items()))
        return "\n".join((said, *self.failures))


def verdict_of(results: Iterable[Result]) -> Verdict:
    """Judge the results of one suite on one host.

    Args:
        results: in any order. Of several attempts at the same thing (a resumed suite) only the
            last one counts.

    Returns:
        Counts and failures.
    """
    last: dict[tuple[str, str, str | None], Result] = {}
    for result in sorted(results, key=lambda result: result.started_at):
        last[(result.session_id, result.benchmark.name, result.benchmark.variant)] = result
    return Verdict(
        counts=dict(Counter(str(result.status) for result in last.values())),
        failures=tuple(_sentence(result) for result in last.values() if result.status in _BAD),
    )


def _sentence(result: Result) -> str:
    title = " ".join(filter(None, (result.benchmark.name, result.benchmark.variant)))
    return f"{title} is {result.status} ({result.error.kind if result.error else 'no reason'})"
