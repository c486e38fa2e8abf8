"""The loop around one benchmark on one host: repeat until the numbers are stable.

Whatever happens, a result document comes out of it: ``ok``, ``unstable`` where the spread stayed
larger than asked for, ``failed``, or ``partial`` when somebody or something interrupted it.
"""

from __future__ import annotations

import re
import statistics
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from vttbench.benchmarks.output import OutputError, Parsed
from vttbench.measuring.document import compose, error_of
from vttbench.measuring.journal import Journal
from vttbench.measuring.progress import Progress
from vttbench.measuring.runner import Attempt, HostLostError, Runner, RunnerError
from vttbench.measuring.spec import Spec, Surroundings
from vttbench.measuring.tally import Failure, Tally
from vttbench.result import Error, ErrorKind, Metric, Repeat, Result, Status, Telemetry
from vttbench.sampling.limits import Limits
from vttbench.sampling.stopping import Verdict, decide, settled

# Helper commands (version, preparation) are not measured; this only keeps them from hanging.
HELPER_TIMEOUT_S = 60.0

# So many runs that give nothing end the step: what fails twice fails for good.
FAILURES_ALLOWED = 2


# The sampler tells in every line what it has cost so far, in seconds.
_SAMPLER_CPU = re.compile(rb'"cpu_s": ([\d.]+)')

# Metrics that follow from metrics, telemetry and repeats.
Derive = Callable[[Sequence[Metric], Telemetry, Sequence[Repeat]], Sequence[Metric]]


class InterruptedByUser(BaseException):
    """Ctrl-C or a signal to end; not an Exception, so that nothing swallows it by accident."""


@dataclass(frozen=True)
class Outcome:
    """How a step ended."""

    status: Status
    error: Error | None


class Loop:
    """One benchmark step on one host.

    Args:
        result_id: of the document that will come of it.
        spec: what to measure.
        surroundings: what the document says beside it.
        limits: on repeats and time.
        runner: the host.
        journal: keeps what was measured, after every repeat.
        on_progress: hears of every repeat.
        read_telemetry: makes a series of the sampler's lines, given the start by the host's clock.
        derive: metrics that follow from metrics and telemetry, such as energy per token.
        pause: sleeps; seconds.
    """

    def __init__(
        self,
        result_id: str,
        spec: Spec,
        surroundings: Surroundings,
        limits: Limits,
        runner: Runner,
        journal: Journal,
        *,
        on_progress: Callable[[Progress], None] = lambda _: None,
        read_telemetry: Callable[[bytes, datetime], Telemetry] | None = None,
        derive: Derive | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._result_id = result_id
        self._spec = spec
        self._surroundings = surroundings
        self._limits = limits
        self._runner = runner
        self._journal = journal
        self._on_progress = on_progress
        self._read_telemetry = read_telemetry
        self._derive = derive
        self._pause = pause
        self._tally = Tally()
        self._started_at = datetime.now(UTC)
        self._command: tuple[str, ...] = ()
        self.interruption: BaseException | None = None

    def run(self) -> Result:
        """Measure, and return the document. It isn't written to the results directory yet.

        Nothing is raised. What cut the measurement short from outside (Ctrl-C, a task's time
        limit) is left in ``interruption``, to be raised again once the document is on disk.
        """
        telemetry: Telemetry | None = None
        try:
            self._runner.open()
            self._prepare()
            outcome = self._repeat_until_stable()
            telemetry = self._telemetry()
        except HostLostError as error:
            outcome = self._broken_off(ErrorKind.UNREACHABLE, str(error))
        except RunnerError as error:
            outcome = self._broken_off(ErrorKind.CRASHED, str(error))
        except Exception as error:
            outcome = self._broken_off(
                ErrorKind.CRASHED, f"a fault of vttbench itself: {type(error).__name__}: {error}"
            )
            self._journal.keep_file("traceback.txt", traceback.format_exc().encode())
        except BaseException as error:
            self.interruption = error
            outcome = self._broken_off(ErrorKind.INTERRUPTED, str(error) or "interrupted")
        finally:
            self._runner.close()
        return self._document(outcome, telemetry)

    def _document(self, outcome: Outcome, telemetry: Telemetry | None = None) -> Result:
        result = compose(
            self._result_id,
            self._spec,
            self._surroundings,
            self._tally,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            status=outcome.status,
            error=outcome.error,
            command=self._command,
            telemetry=telemetry,
        )
        if telemetry is not None and self._derive is not None:
            derived = self._derive(result.metrics, telemetry, result.repeats)
            result = result.model_copy(update={"metrics": [*result.metrics, *derived]})
        return result

    def _prepare(self) -> None:
        shared = self._runner.shared
        expand = {
            "$VTTBENCH_SHARED_COLON_ESCAPED": shared.replace(":", "\\:"),
            "$VTTBENCH_SHARED": shared,
            "${VTTBENCH_SHARED}": shared,
        }
        self._command = tuple(_expand(word, expand) for word in self._spec.argv)
        if self._spec.version_argv:
            raw = self._runner.output_of(self._spec.version_argv, HELPER_TIMEOUT_S)
            self._journal.keep("version", raw)
            lines = (raw.stdout or raw.stderr).decode(errors="replace").strip().splitlines()
            self._tally.tool_version = lines[0].strip() if lines else None
        for number, words in enumerate(self._spec.prepare, 1):
            argv = [_expand(word, expand) for word in words]
            began = time.monotonic()
            raw = self._runner.output_of(argv, self._spec.timeout_s)
            self._tally.prepare_s += time.monotonic() - began
            self._journal.keep(f"prepare-{number:02d}", raw)
            if raw.returncode:
                raise RunnerError(
                    f"preparation {' '.join(argv)} ended with exit status {raw.returncode}: "
                    f"{_last_line(raw.stderr or raw.stdout)}"
                )

        for path, size in self._spec.targets.items():
            path = _expand(path, expand)
            found = self._runner.size_of(path)
            if found != size:
                raise RunnerError(
                    f"{path} should have {size} bytes after the preparation, and "
                    f"{'is not there' if found is None else f'has {found}'}"
                )

    def _repeat_until_stable(self) -> Outcome:
        began = time.monotonic()
        warming = self._limits.warmup > 0
        previous: dict[str, float] = {}
        while True:
            decision = decide(
                self._tally.primary_samples(),
                self._limits,
                attempts=len(self._tally.repeats),
                elapsed_s=time.monotonic() - began,
                usual_repeat_s=self._usual_repeat_s(),
            )
            if decision.verdict is Verdict.CONVERGED:
                return self._finished()
            if decision.verdict is Verdict.GIVE_UP:
                return self._gave_up(decision.reason)
            if self._too_many_failures():
                return self._failed()
            if self._never_quiet():
                return self._gave_up(f"none of {len(self._tally.contaminations)} was undisturbed")
            if self._limits.cooldown_s:
                self._pause(self._limits.cooldown_s)
            attempt = self._attempt()
            parsed, failure = self._understand(attempt)
            values = _primary(parsed)
            if warming and parsed is not None:
                thrown_away = sum(r.kind == "warmup" for r in self._tally.repeats)
                warming = thrown_away < self._limits.warmup and not settled(previous, values)
                previous = values
            self._tally.add(attempt, parsed, failure, warmup=warming)
            self._journal.draft(
                self._document(self._broken_off(ErrorKind.INTERRUPTED, "the controller was killed"))
            )
            self._report_progress()

    def _attempt(self) -> Attempt:
        index = len(self._tally.repeats) + 1
        try:
            attempt = self._runner.repeat(
                index,
                self._command,
                self._spec.environment,
                self._spec.artifacts,
                self._spec.timeout_s,
            )
        except RunnerError as error:
            raise RunnerError(f"repeat {index}: {error}") from error
        self._journal.keep(f"repeat-{index:02d}", attempt.raw)
        return attempt

    def _understand(self, attempt: Attempt) -> tuple[Parsed | None, Failure | None]:
        """Parse one repeat; what can't be parsed is a failure of this repeat alone."""
        if attempt.timed_out:
            return None, Failure(
                ErrorKind.TIMEOUT,
                f"{self._spec.tool} was ended after its limit of {self._spec.timeout_s:g} s",
            )
        status = attempt.raw.returncode
        kind = ErrorKind.CRASHED if status else ErrorKind.OUTPUT
        prefix = f"{self._spec.tool} ended with exit status {status}: " if status else ""
        try:
            return self._spec.parser(attempt.raw), None
        except OutputError as error:
            return None, Failure(kind, f"{prefix}{error}")
        except Exception as error:
            # Parsers may be anybody's: one that stumbles costs this repeat, not the play.
            return None, Failure(
                ErrorKind.OUTPUT, f"{prefix}the parser stumbled: {type(error).__name__}: {error}"
            )

    def _too_many_failures(self) -> bool:
        failures = len(self._tally.failures)
        # A time-out costs as much as all else together: it isn't tried a second time.
        if failures and self._tally.failures[-1].kind is ErrorKind.TIMEOUT:
            return True
        return failures >= FAILURES_ALLOWED + len(self._tally.good()) // 5

    def _never_quiet(self) -> bool:
        """Tell whether so many repeats were disturbed that waiting for a quiet one is in vain."""
        return (
            not self._tally.good() and len(self._tally.contaminations) >= self._limits.max_repeats
        )

    def _finished(self) -> Outcome:
        odd = [metric.name for metric in self._tally.metrics() if _has_odd_samples(metric)]
        if odd:
            return Outcome(
                Status.UNSTABLE,
                error_of(
                    ErrorKind.NOT_CONVERGED,
                    f"{', '.join(odd)}: samples that no machine can give were left out",
                ),
            )
        return Outcome(Status.OK, None)

    def _gave_up(self, reason: str) -> Outcome:
        where = f"{self._spec.title} on {self._surroundings.host.name}"
        contaminated = self._tally.contaminations
        if not self._tally.good() and contaminated:
            self._tally.disturbed_only = True
            if self._tally.metrics():
                return Outcome(
                    Status.UNSTABLE,
                    error_of(
                        ErrorKind.CONTAMINATED,
                        f"{where}: every repeat was disturbed, these values are of a busy machine "
                        f"({contaminated[-1]}); {reason}",
                    ),
                )
        if not self._tally.metrics():
            if self._tally.failures:
                return self._failed()
            return Outcome(
                Status.FAILED,
                error_of(ErrorKind.NOT_CONVERGED, f"{where}: no repeat could be used; {reason}"),
            )
        if len(contaminated) > len(self._tally.good()):
            return Outcome(
                Status.UNSTABLE,
                error_of(
                    ErrorKind.CONTAMINATED,
                    f"{where}: {len(contaminated)} of {len(self._tally.repeats)} repeats were "
                    f"disturbed ({contaminated[-1]}); {reason}",
                ),
            )
        return Outcome(Status.UNSTABLE, error_of(ErrorKind.NOT_CONVERGED, f"{where}: {reason}"))

    def _failed(self) -> Outcome:
        last = self._tally.failures[-1]
        count = len(self._tally.failures)
        times = f" ({count} of {len(self._tally.repeats)} runs failed)" if count > 1 else ""
        return Outcome(
            Status.FAILED,
            error_of(
                last.kind,
                f"{self._spec.title} on {self._surroundings.host.name}: {last.message}{times}; "
                "the raw output lies beside this result",
            ),
        )

    def _broken_off(self, kind: ErrorKind, message: str) -> Outcome:
        """Return how a step ends that something cut short: with what had been measured."""
        where = f"{self._spec.title} on {self._surroundings.host.name}"
        return Outcome(
            Status.PARTIAL if self._tally.good() else Status.FAILED,
            error_of(kind, f"{where}: {message}"),
        )

    def _usual_repeat_s(self) -> float:
        durations = [repeat.duration_s for repeat in self._tally.repeats]
        return (statistics.fmean(durations) if durations else 0.0) + self._limits.cooldown_s

    def _telemetry(self) -> Telemetry | None:
        """Return the telemetry, or None: losing it never costs the score."""
        try:
            lines = self._runner.telemetry()
        except (HostLostError, RunnerError) as error:
            self._tally.notes.append(f"telemetry is lost: {error}")
            return None
        if not lines or self._read_telemetry is None:
            return None
        self._journal.keep_file("telemetry.jsonl", lines)
        spent = _SAMPLER_CPU.findall(lines)
        self._tally.harness_cpu_s += float(spent[-1]) if spent else 0.0
        first = min((repeat.started_at for repeat in self._tally.repeats), default=self._started_at)
        try:
            return self._read_telemetry(lines, first)
        except ValueError as error:
            self._tally.notes.append(f"telemetry can't be read: {error}")
            return None

    def _report_progress(self) -> None:
        self._on_progress(
            Progress.of(
                host=self._surroundings.host.name,
                title=self._spec.title,
                tally=self._tally,
                limits=self._limits,
                usual_repeat_s=self._usual_repeat_s(),
            )
        )


def _primary(parsed: Parsed | None) -> dict[str, float]:
    readings = parsed.readings if parsed is not None else ()
    return {reading.name: reading.value for reading in readings if reading.primary}


def _has_odd_samples(metric: Metric) -> bool:
    return any(sample.cause == "implausible" for sample in metric.rejected)


def _expand(word: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        word = word.replace(name, value)
    return word


def _last_line(output: bytes) -> str:
    lines = output.decode(errors="replace").strip().splitlines()
    return lines[-1].strip()[:300] if lines else "it printed nothing"
