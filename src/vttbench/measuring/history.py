"""What earlier results of the same benchmark on the same host say about its duration."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from vttbench.measuring.spec import Spec
from vttbench.result import Result, Status
from vttbench.store.results import ResultStore
from vttbench.suite.estimate import estimate_s, usual_repeat_s

# Time limit of a repeat, as a multiple of what one usually takes.
TIMEOUT_FACTOR = 3.0
# A machine that is cold, busy or throttled must not fail a short benchmark.
SHORTEST_TIMEOUT_S = 60.0
# Older results say less about today's build than the newest few.
NEWEST = 5


@dataclass(frozen=True)
class History:
    """The newest results that measured something, newest first."""

    results: tuple[Result, ...]

    @classmethod
    def of(cls, results_dir: Path, host: str, spec: Spec) -> History:
        """Read the history of a step; files that can't be read say nothing.

        Only results with the same parameters count: a quick run says nothing about a full one.
        """
        found = ResultStore(results_dir).results(
            host=host, benchmark=spec.benchmark, newest_first=True, on_error=lambda *_: None
        )
        measured = (
            stored.result
            for stored in found
            if stored.result.benchmark.variant == spec.variant
            and stored.result.benchmark.parameters == spec.parameters
            and stored.result.status in (Status.OK, Status.UNSTABLE)
            and stored.result.repeats
        )
        return cls(tuple(islice(measured, NEWEST)))

    def step_s(self) -> float | None:
        """Return what the whole step usually takes, in seconds; None if never measured."""
        return estimate_s(self.results)

    def timeout_s(self, *, default: float) -> float:
        """Return the time limit of one repeat, in seconds."""
        usual = usual_repeat_s(self.results)
        return default if usual is None else max(TIMEOUT_FACTOR * usual, SHORTEST_TIMEOUT_S)
