"""fio's JSON (``--output-format=json`` or ``json+``), from ``--output=FILE`` or from stdout.

fio prints notes and error lines before its JSON, several reports with ``--status-interval``, and
``nan`` where it divided by zero. A job whose error isn't 0 is no result, and neither is one that
asked for a depth which its engine can't have.

Units: bandwidth in MB/s (1e6 B/s, from ``bw_bytes``), IOPS in 1/s, latency in us. Latency is
completion latency (``clat``): from submission to completion.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable

from pydantic import ValidationError

from vttbench.benchmarks import c_json
from vttbench.benchmarks.fio_report import DIRECTIONS, Direction, Job, Report
from vttbench.benchmarks.output import OutputError, Parsed, RawOutput, Reading
from vttbench.benchmarks.text import decode, require_success, tail
from vttbench.result import AbsentMetric, Scalar

_PERCENTILES = {"p50": "50.000000", "p99": "99.000000", "p99_9": "99.900000"}
_NOT_IN_NAMES = re.compile(r"[^a-z0-9]+")
_LEVELS = {1: "1", 2: "2", 4: "4", 8: "8", 16: "16", 32: "32", 64: ">=64"}


def parse(raw: RawOutput) -> Parsed:
    """Read fio's report.

    Args:
        raw: with the report as an artifact ``*.json`` or on stdout.

    Returns:
        Per job and direction bandwidth, IOPS and completion latency; for mixed jobs the totals too.
        Primary is IOPS of random jobs and bandwidth of sequential ones. Names begin with the job's.

    Raises:
        OutputError: no report, a damaged one, a job that failed, did nothing, or ran at depth 1
            though more was asked for.
    """
    report, notes = _report(raw)
    for job in report.jobs:
        _require_no_error(job, notes, raw)
    require_success(raw, "fio")
    if not report.jobs:
        raise OutputError("fio's report holds no job")
    readings: list[Reading] = []
    absent: list[AbsentMetric] = []
    for name in dict.fromkeys(job.jobname for job in report.jobs):
        group = [job for job in report.jobs if job.jobname == name]
        if any(job.options != group[0].options for job in group):
            raise OutputError(f"fio's report holds two different jobs named {name}")
        for job in group:
            notes += _notes_on_depth(report, job)
        for metric in _metrics(report, group):
            if isinstance(metric, Reading):
                readings.append(metric)
            else:
                absent.append(metric)
    names = [reading.name for reading in readings] + [metric.name for metric in absent]
    if len(names) != len(set(names)):
        raise OutputError("fio's report holds jobs whose names differ in punctuation only")
    if not readings:
        reasons = "; ".join(dict.fromkeys(metric.reason for metric in absent))
        raise OutputError(f"fio measured nothing: {reasons}")
    return Parsed(
        tuple(readings),
        tuple(absent),
        tool_version=report.version.removeprefix("fio-"),
        comparable=_comparable(report),
        notes=tuple(notes),
    )


def _report(raw: RawOutput) -> tuple[Report, list[str]]:
    """Find the last complete report and the lines around it."""
    artifacts = {name: data for name, data in raw.files.items() if name.endswith(".json")}
    for name, data in {**artifacts, "stdout": raw.stdout}.items():
        if b'"fio version"' not in data:
            continue
        try:
            found = c_json.find_objects(decode(data))
            reports = [value for value in found.objects if "fio version" in value]
            if not reports:
                continue
            report = Report.model_validate(reports[-1])
        except OutputError as error:
            raise OutputError(f"fio's report in {name}: {error}; {tail(raw)}") from error
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(str(part) for part in fault["loc"])
            raise OutputError(f"fio's report in {name}: {place}: {fault['msg']}") from error
        notes = list(found.notes)
        if len(reports) > 1:
            notes.append(f"fio printed {len(reports)} reports, the last one counts")
        return report, notes
    require_success(raw, "fio")
    looked = ", ".join([*artifacts, "stdout"])
    raise OutputError(
        f"expected fio's JSON (--output-format=json) with 'fio version' in {looked}; {tail(raw)}"
    )


def _require_no_error(job: Job, notes: list[str], raw: RawOutput) -> None:
    if job.error == 0:
        return
    lines = [*notes, *decode(raw.stderr).splitlines(), *decode(raw.stdout).splitlines()]
    said = next((line.strip() for line in lines if "err=" in line or "error" in line), None)
    raise OutputError(
        f"fio job {job.jobname} failed: error {job.error} ({_meaning(job.error)})"
        + (f"; fio said {said[:200]!r}" if said else "")
    )


def _meaning(error: int) -> str:
    try:
        return os.strerror(abs(error))
    except OverflowError:
        return "no error that the system knows"


def _notes_on_depth(report: Report, job: Job) -> list[str]:
    """Say what the depth really was.

    Raises:
        OutputError: the engine ran at depth 1 though more was asked for, so that the values are
            those of another benchmark.
    """
    asked = report.depth(job)
    if asked <= 1 or not job.iodepth_level:
        return []
    engine = report.option(job, "ioengine") or "fio's default"
    if job.iodepth_level.get("1", 0.0) >= 50.0:
        raise OutputError(
            f"fio job {job.jobname} was asked for depth {asked} and ran at depth 1 "
            f"({job.iodepth_level['1']:.0f} % of its requests): ioengine {engine} is synchronous "
            "here; use libaio, io_uring or windowsaio"
        )
    notes = []
    floor = max(level for level in _LEVELS if level <= asked)
    reached = sum(
        job.iodepth_level.get(key, 0.0) for level, key in _LEVELS.items() if level >= floor
    )
    if reached < 50.0:
        notes.append(
            f"fio job {job.jobname} had {asked} requests in flight only {reached:.0f} % of the time"
        )
    if engine == "libaio" and report.option(job, "direct") in (None, "0"):
        notes.append(
            f"fio job {job.jobname}: libaio without direct=1 is synchronous, whatever it reports"
        )
    return notes


def _metrics(report: Report, group: list[Job]) -> Iterable[Reading | AbsentMetric]:
    """Give all metrics of the jobs of one name: one job, or its processes reported one by one."""
    job = group[0]
    asked = report.directions(job)
    active = [name for name in asked if any(_did(member, name) for member in group)]
    prefix = _NOT_IN_NAMES.sub("_", job.jobname.lower()).strip("_")
    decisive = "iops" if report.is_random(job) else "bandwidth"
    totals = {"bandwidth": 0.0, "iops": 0.0}
    for direction in asked:
        alone = len(asked) == 1 and _says(job.jobname, direction)
        name = prefix if alone else f"{prefix}_{direction}"
        if direction not in active:
            reason = f"fio job {job.jobname} did no {direction}"
            for suffix in (*totals, *(f"latency_{p}" for p in _PERCENTILES)):
                yield AbsentMetric(name=f"{name}_{suffix}", reason=reason)
            continue
        parts = [part for member in group if (part := _did(member, direction))]
        values = {
            "bandwidth": sum(part.bytes_per_second for part in parts) / 1e6,
            "iops": sum(part.iops for part in parts),
        }
        for suffix, value in values.items():
            totals[suffix] += value
            primary = len(active) == 1 and suffix == decisive
            yield _reading(f"{name}_{suffix}", suffix, value, primary=primary)
        yield from _latencies(name, parts)
    if len(active) > 1:
        for suffix, total in totals.items():
            yield _reading(f"{prefix}_{suffix}", suffix, total, primary=suffix == decisive)
    elif len(asked) > 1:
        for suffix in totals:
            reason = f"fio job {job.jobname} went in one direction only"
            yield AbsentMetric(name=f"{prefix}_{suffix}", reason=reason)


def _did(job: Job, direction: str) -> Direction | None:
    part = job.direction(direction)
    return part if part is not None and part.did_io else None


def _says(jobname: str, direction: str) -> bool:
    """Tell whether a job's name already holds its direction and no other."""
    words = "".join(char if char.isalnum() else " " for char in jobname.lower()).split()
    return [word for word in words if word in DIRECTIONS] == [direction]


def _reading(name: str, suffix: str, value: float, *, primary: bool) -> Reading | AbsentMetric:
    if not math.isfinite(value):
        return AbsentMetric(name=name, reason=f"fio printed {value}")
    return Reading(name, "MB/s" if suffix == "bandwidth" else "1/s", True, value, primary=primary)


def _latencies(name: str, parts: list[Direction]) -> Iterable[Reading | AbsentMetric]:
    for suffix, key in _PERCENTILES.items():
        metric = f"{name}_latency_{suffix}"
        value = parts[0].completion_us(key)
        if len(parts) > 1:
            reason = "percentiles of several processes can't be joined; use --group_reporting"
            yield AbsentMetric(name=metric, reason=reason)
        elif value is None or not math.isfinite(value):
            yield AbsentMetric(
                name=metric, reason=f"fio gave no {suffix} of its completion latency"
            )
        else:
            yield Reading(metric, "us", False, value, primary=False)


def _comparable(report: Report) -> dict[str, Scalar]:
    fields: dict[str, Scalar] = {"tool_version": report.version.removeprefix("fio-")}
    jobs = {job.jobname: job for job in report.jobs}
    for name, job in jobs.items():
        prefix = f"{name}." if len(jobs) > 1 else ""
        for option in ("ioengine", "direct", "rw", "bs", "iodepth", "rwmixread", "numjobs", "size"):
            fields[prefix + option] = report.option(job, option)
    return fields
