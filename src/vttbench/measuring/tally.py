"""What the repeats of one step have given so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from vttbench.benchmarks.output import Parsed, Reading
from vttbench.measuring.runner import Attempt
from vttbench.result import AbsentMetric, ErrorKind, Metric, RejectedSample, Repeat, Scalar
from vttbench.sampling.plausibility import SHORTEST_RUN_S, implausible
from vttbench.sampling.statistics import summarize


@dataclass(frozen=True)
class Failure:
    """Why a repeat gave no numbers."""

    kind: ErrorKind
    message: str


@dataclass
class Tally:
    """The repeats of one step and the metrics that follow from them.

    Attributes:
        repeats: every run of the tool, in order, whatever became of it.
        failures: of the runs that gave no numbers.
        comparable: facts that the parser found; they must be equal in all repeats.
    """

    repeats: list[Repeat] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    contaminations: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    comparable: dict[str, Scalar] = field(default_factory=dict)
    tool_version: str | None = None
    harness_cpu_s: float = 0.0
    tool_cpu_s: float = 0.0
    prepare_s: float = 0.0
    # Set when not one undisturbed repeat could be had: then the disturbed ones are all there is.
    disturbed_only: bool = False
    _described: dict[str, Reading] = field(default_factory=dict)
    _absent: dict[str, str] = field(default_factory=dict)

    def add(
        self, attempt: Attempt, parsed: Parsed | None, failure: Failure | None, *, warmup: bool
    ) -> Repeat:
        """Enter one run of the tool."""
        self.harness_cpu_s += attempt.harness_cpu_s or 0.0
        self.tool_cpu_s += attempt.tool_cpu_s or 0.0
        if failure is None and attempt.duration_s < SHORTEST_RUN_S:
            failure = Failure(
                ErrorKind.OUTPUT,
                f"the tool ran for {attempt.duration_s * 1e6:.0f} µs, less than clocks resolve",
            )
        if failure is not None:
            self.failures.append(failure)
        elif attempt.contamination is not None:
            self.contaminations.append(attempt.contamination)
        repeat = Repeat(
            index=len(self.repeats) + 1,
            kind="warmup" if warmup else "measured",
            status=(
                "failed"
                if failure is not None
                else "contaminated"
                if attempt.contamination is not None
                else "ok"
            ),
            started_at=attempt.started_at,
            duration_s=attempt.duration_s,
            returncode=attempt.raw.returncode,
            reason=failure.message if failure is not None else attempt.contamination,
            values={reading.name: reading.value for reading in parsed.readings} if parsed else {},
            disturbance=dict(attempt.disturbance),
        )
        self.repeats.append(repeat)
        if parsed is not None:
            self._learn(parsed)
        return repeat

    def good(self) -> list[Repeat]:
        """Return the repeats that count: the undisturbed ones, never mixed with others."""
        wanted = "contaminated" if self.disturbed_only else "ok"
        return [r for r in self.repeats if r.kind == "measured" and r.status == wanted]

    def primary_samples(self) -> dict[str, list[float]]:
        """Return the samples that decide when repeating ends, without implausible ones."""
        return {metric.name: metric.samples for metric in self.metrics() if metric.primary}

    def metrics(self) -> list[Metric]:
        """Return every metric of which at least one plausible sample was measured."""
        return [metric for metric in map(self._metric, self._described) if metric is not None]

    def absent(self) -> list[AbsentMetric]:
        """Return what was expected and can't be given, with the reason."""
        have = {metric.name for metric in self.metrics()}
        missing = {name: reason for name, reason in self._absent.items() if name not in have}
        for name in self._described:
            if name not in have and name not in missing and self.good():
                missing[name] = "; ".join(sorted(set(implausible(self._samples(name)).values())))
        return [AbsentMetric(name=name, reason=reason) for name, reason in missing.items()]

    def _samples(self, name: str) -> list[float]:
        return [repeat.values[name] for repeat in self.good() if name in repeat.values]

    def _metric(self, name: str) -> Metric | None:
        reading = self._described[name]
        samples = self._samples(name)
        odd = implausible(samples) if reading.primary else {}
        plausible = [sample for i, sample in enumerate(samples) if i not in odd]
        if not plausible:
            return None
        summary = summarize(plausible)
        return Metric(
            name=name,
            unit=reading.unit,
            higher_is_better=reading.higher_is_better,
            primary=reading.primary,
            samples=plausible,
            value=summary.mean,
            ci95=summary.ci95,
            cv=summary.cv,
            warmup=[
                repeat.values[name]
                for repeat in self.repeats
                if repeat.kind == "warmup" and name in repeat.values
            ],
            rejected=[
                RejectedSample(value=samples[i], cause="implausible", reason=reason)
                for i, reason in odd.items()
            ]
            + [
                RejectedSample(
                    value=repeat.values[name], cause="contaminated", reason=repeat.reason or ""
                )
                for repeat in self.repeats
                if repeat.status == "contaminated"
                and not self.disturbed_only
                and name in repeat.values
            ],
        )

    def _learn(self, parsed: Parsed) -> None:
        for reading in parsed.readings:
            self._described.setdefault(reading.name, reading)
        for missing in parsed.absent:
            self._absent.setdefault(missing.name, missing.reason)
        for note in parsed.notes:
            if note not in self.notes:
                self.notes.append(note)
        self.tool_version = self.tool_version or parsed.tool_version
        for name, value in parsed.comparable.items():
            known = self.comparable.setdefault(name, value)
            if known != value:
                self.notes.append(f"{name} changed between repeats: {known!r}, then {value!r}")
