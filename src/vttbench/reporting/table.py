"""From result documents to the rows of a report; every format is made from these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from vttbench.reporting.quantity import (
    NOT_THERE,
    format_interval,
    format_quantity,
    format_spread,
)
from vttbench.result import Metric, Result, Status
from vttbench.store import Stored

# What a reader sees. Capitals where the number must not be taken for a good one: they survive a
# log without colours.
VERDICTS = {
    Status.OK: "ok",
    Status.UNSTABLE: "UNSTABLE",
    Status.FAILED: "FAILED",
    Status.PARTIAL: "PARTIAL",
    Status.SKIPPED: "skipped",
}
# Stands before each value that is not ``ok``, so that it can't be copied out without its doubt.
DOUBT = "≈ "


@dataclass(frozen=True)
class Row:
    """One metric of one result, or a result without any.

    Attributes:
        stored: where it comes from.
        metric: None for a result that has no metric to show.
        session: ordinal of the session within the suite, from 1.
        sessions: how many sessions the suite has on this host.
    """

    stored: Stored
    metric: Metric | None
    session: int = 1
    sessions: int = 1

    @property
    def result(self) -> Result:
        """The document."""
        return self.stored.result

    @property
    def label(self) -> str:
        """Benchmark with its variant, and the session where there are several."""
        session = f" [{self.session}/{self.sessions}]" if self.sessions > 1 else ""
        return f"{label_of(self.result)}{session}"

    @property
    def verdict(self) -> str:
        """The status in words."""
        return VERDICTS[self.result.status]

    @property
    def cells(self) -> tuple[str, str, str, str, str, str, str]:
        """Benchmark, metric, value, 95 % interval, spread, repeats, verdict."""
        metric = self.metric
        if metric is None:
            return (self.label, *[NOT_THERE] * 5, self.verdict)  # type: ignore[return-value]
        doubt = "" if self.result.status is Status.OK else DOUBT
        return (
            self.label,
            metric.name,
            doubt + format_quantity(metric.value, metric.unit, interval=metric.ci95),
            format_interval(metric.value, metric.ci95),
            format_spread(metric.cv),
            str(len(metric.samples)),
            self.verdict,
        )


COLUMNS = ("benchmark", "metric", "value", "95 % interval", "spread", "repeats", "verdict")


@dataclass
class HostTable:
    """One suite on one host.

    Attributes:
        heading: host, and what it is.
        subheading: when, which suite, which profile.
        rows: in the order in which they were measured.
        remarks: for each result that is not ok, what it is and why.
        superseded: results that a later attempt of the same step replaces.
    """

    heading: str
    subheading: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[tuple[Status, str]] = field(default_factory=list)
    superseded: int = 0


def label_of(result: Result) -> str:
    """Return benchmark and variant as one text."""
    benchmark = result.benchmark
    return f"{benchmark.name} {benchmark.variant}" if benchmark.variant else benchmark.name


def host_line(result: Result) -> str:
    """Say what the machine is: CPU, cores, memory, GPU, operating system."""
    host = result.host
    cores = None
    if host.cores or host.threads:
        cores = " / ".join(
            f"{count} {noun}{'' if count == 1 else 's'}"
            for count, noun in ((host.cores, "core"), (host.threads, "thread"))
            if count
        )
    memory = None if host.memory_gb is None else f"{host.memory_gb:.4g} GB"
    facts = [host.model, host.cpu, cores, memory, host.gpu, host.os or host.os_family]
    return ", ".join(fact for fact in facts if fact)


def tables(
    results: Sequence[Stored], *, all_metrics: bool = False, all_attempts: bool = False
) -> list[HostTable]:
    """Group results by host and suite, one table each, hosts by name.

    Args:
        results: oldest first.
        all_metrics: show metrics that are not primary too, and what is absent.
        all_attempts: show results that a later attempt of the same step replaces too.
    """
    groups: dict[tuple[str, str], list[Stored]] = {}
    for stored in results:
        key = (stored.result.host.name, stored.result.suite_id)
        groups.setdefault(key, []).append(stored)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], item[1][0].result.started_at))
    return [
        _table(group, all_metrics=all_metrics, all_attempts=all_attempts) for _, group in ordered
    ]


def _table(group: Sequence[Stored], *, all_metrics: bool, all_attempts: bool) -> HostTable:
    kept = list(group) if all_attempts else newest_attempts(group)
    newest = group[-1].result
    sessions = list(dict.fromkeys(stored.result.session_id for stored in group))
    profile = newest.provenance.profile
    table = HostTable(
        heading=f"{newest.host.name}  {host_line(newest)}",
        subheading="  ".join(
            part
            for part in (
                f"{group[0].result.started_at.astimezone():%Y-%m-%d %H:%M %z}",
                f"suite {newest.suite_id}",
                f"profile {profile}" if profile else "",
            )
            if part
        ),
        superseded=len(group) - len(kept),
    )
    for stored in kept:
        session = sessions.index(stored.result.session_id) + 1
        shown: Iterable[Metric | None] = shown_metrics(stored.result, all_metrics) or [None]
        table.rows += [Row(stored, metric, session, len(sessions)) for metric in shown]
    table.remarks = _remarks(table.rows, all_metrics)
    return table


def newest_attempts(results: Sequence[Stored]) -> list[Stored]:
    """Keep the newest of each step: a resumed suite holds failed attempts beside the good one.

    Args:
        results: oldest first.
    """
    newest: dict[tuple[str, str, str, str, str | None], Stored] = {}
    for stored in results:
        result = stored.result
        step = (
            result.host.name,
            result.suite_id,
            result.session_id,
            result.benchmark.name,
            result.benchmark.variant,
        )
        newest.pop(step, None)
        newest[step] = stored
    return list(newest.values())


def shown_metrics(result: Result, all_metrics: bool) -> list[Metric]:
    """Return the primary metrics, or all; all too where none is primary."""
    primary = [metric for metric in result.metrics if metric.primary]
    return result.metrics if all_metrics or not primary else primary


def _remarks(rows: Sequence[Row], all_metrics: bool) -> list[tuple[Status, str]]:
    """Say what is not as it should be; what many results have in common is said once."""
    said: dict[tuple[Status, str], list[str]] = {}
    for remarks_of in (_doubts, _gaps) if all_metrics else (_doubts,):
        for row in rows:
            for remark in remarks_of(row.result):
                labels = said.setdefault(remark, [])
                if row.label not in labels:
                    labels.append(row.label)
    return [(status, f"{', '.join(labels)} {text}") for (status, text), labels in said.items()]


def _doubts(result: Result) -> list[tuple[Status, str]]:
    doubts: list[tuple[Status, str]] = []
    if result.status is not Status.OK and result.error is not None:
        again = " (may well succeed when repeated)" if result.error.retryable else ""
        # The message often names what the line begins with.
        message = result.error.message.removeprefix(f"{label_of(result)} on {result.host.name}: ")
        doubts.append((result.status, f"{VERDICTS[result.status]}: {message}{again}"))
    if result.telemetry is not None and result.telemetry.throttled:
        doubts.append((Status.UNSTABLE, "throttled while it was measured"))
    return doubts


def _gaps(result: Result) -> list[tuple[Status, str]]:
    return [(Status.SKIPPED, f"without {absent.name}: {absent.reason}") for absent in result.absent]
