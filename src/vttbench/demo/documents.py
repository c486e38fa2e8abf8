"""Result documents of the demo fleet, complete, with a note that nobody measured them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import uuid6
from numpy.typing import NDArray

from vttbench import __version__
from vttbench.analysis.rows import DEMO_NOTE
from vttbench.demo.machines import Machine
from vttbench.demo.telemetry import telemetry_of
from vttbench.demo.workloads import Area, DemoMetric, Workload
from vttbench.result import (
    Benchmark,
    Check,
    Error,
    ErrorKind,
    Host,
    Metric,
    Provenance,
    Repeat,
    Result,
    Scalar,
    Status,
    comparability_of,
)
from vttbench.sampling.statistics import summarize

Floats = NDArray[np.float64]

NOTE = f"{DEMO_NOTE}: made by vttbench demo-data, nobody measured this"
REPEATS = 5
_HEAT = {Area.CPU: 0.95, Area.MEMORY: 0.55, Area.STORAGE: 0.25, Area.AI: 0.9}
_FAILURES = (
    (ErrorKind.CRASHED, "ended with signal 11 (segmentation fault)"),
    (ErrorKind.TIMEOUT, "did not end within 3600 s"),
    (ErrorKind.OUTPUT, "printed no result; expected a line of totals"),
)


@dataclass(frozen=True)
class Visit:
    """One session on one machine.

    Attributes:
        machine: where.
        number: of the session, from 0.
        sessions: how many there are.
        suite_id: of all machines at that time.
        session_id: of this machine.
        play_id: of the run of ansible-playbook.
        effect: what all repeats of the session have in common, factor on the speed.
        room_c: temperature of the room.
    """

    machine: Machine
    number: int
    sessions: int
    suite_id: str
    session_id: str
    play_id: str
    effect: float
    room_c: float

    @property
    def on_battery(self) -> bool:
        """Whether somebody forgot to plug it in."""
        share = self.machine.battery_session
        return share is not None and self.number == round(share * self.sessions)

    @property
    def facts(self) -> dict[str, str | float | int]:
        """What the host tells of itself in this session."""
        facts = dict(self.machine.facts)
        for change in self.machine.changes:
            if self.number >= change.begins(self.sessions):
                facts |= change.facts
        return facts

    def speed(self, area: Area, metric: str) -> float:
        """Return the factor on the speed, without what changes from repeat to repeat."""
        speed = self.machine.lottery * self.machine.speed.get(area, 1.0) * self.effect
        for change in self.machine.changes:
            struck = not change.metrics or metric in change.metrics
            if struck and self.number >= change.begins(self.sessions):
                speed *= change.effect.get(area, 1.0)
        return speed * (0.81 if self.on_battery else 1.0)


def document(visit: Visit, workload: Workload, at: datetime, rng: np.random.Generator) -> Result:
    """Return the result of one workload in one session.

    Args:
        visit: the session.
        workload: what is run.
        at: when it starts.
        rng: for all that is chance.
    """
    slowdown = _slowdown(visit, workload)
    shapes = _shapes(workload, slowdown, rng)
    wild = rng.random() < 0.015
    if wild:
        shapes[rng.integers(REPEATS)] *= 0.55
    metrics = [
        _metric(visit, workload, metric, shapes * _own_noise(workload, rng))
        for metric in workload.metrics
    ]
    times = [workload.repeat_s / float(shape) for shape in shapes]
    finished = at + timedelta(seconds=sum(times) + 2.0)
    status, error = Status.OK, None
    if wild:
        status, error = (
            Status.UNSTABLE,
            _error(visit, workload, ErrorKind.NOT_CONVERGED, "after 5 repeats it was not stable"),
        )
    if rng.random() < 0.012:
        kind, what = _FAILURES[int(rng.integers(len(_FAILURES)))]
        status, error, metrics, times = Status.FAILED, _error(visit, workload, kind, what), [], []
    return Result(
        result_id=make_id(at, rng),
        suite_id=visit.suite_id,
        session_id=visit.session_id,
        benchmark=Benchmark(
            name=workload.benchmark,
            version="1",
            variant=workload.variant,
            tool=workload.tool,
            tool_version=workload.tool_version,
            command=[workload.tool],
            parameters=dict(workload.parameters),
        ),
        host=_host(visit),
        started_at=at,
        finished_at=finished,
        status=status,
        error=error,
        metrics=metrics,
        repeats=_repeats(at, times, metrics),
        telemetry=telemetry_of(
            sum(times) or 30.0, _HEAT[workload.area], slowdown, visit.room_c, rng
        ),
        preflight=_preflight(visit, rng),
        notes=[NOTE],
        comparability=comparability_of(_conditions(visit, workload)),
        provenance=Provenance(
            vttbench_version=__version__,
            controller="demo",
            user="demo",
            ansible_version="2.19.14",
            play_id=visit.play_id,
            profile="standard",
        ),
    )


def make_id(at: datetime, rng: np.random.Generator) -> str:
    """Return a UUIDv7 of that moment whose random part comes from the seed."""
    milliseconds = int(at.timestamp() * 1000)
    random = int.from_bytes(rng.bytes(10), "big")
    return str(uuid6.UUID(int=(milliseconds << 80) | random, version=7))


def _slowdown(visit: Visit, workload: Workload) -> float:
    """Return the share of clock that a hot machine loses by the end; more in a warm room."""
    if not visit.machine.hot or _HEAT[workload.area] < 0.8:
        return 0.0
    return 0.07 + 0.008 * max(visit.room_c - 20.0, 0.0)


def _shapes(workload: Workload, slowdown: float, rng: np.random.Generator) -> Floats:
    """Return the factor on the speed of each repeat: noise, and heat that builds up."""
    noise = (
        rng.standard_t(3, REPEATS) / 3**0.5 if workload.heavy_tails else rng.normal(size=REPEATS)
    )
    heat = 1.0 - slowdown * (1.0 - np.exp(-np.arange(REPEATS) / 1.5))
    return np.asarray(np.clip(1.0 + workload.noise * noise, 0.5, 1.5) * heat)


def _own_noise(workload: Workload, rng: np.random.Generator) -> Floats:
    """Return what a metric does not share with the others of its run, a factor a repeat."""
    return np.asarray(1.0 + 0.4 * workload.noise * rng.normal(size=REPEATS))


def _metric(visit: Visit, workload: Workload, metric: DemoMetric, shapes: Floats) -> Metric:
    speed = visit.speed(workload.area, metric.name)
    factors = [speed * float(shape) for shape in shapes]
    samples = [
        float(f"{metric.typical * (factor if metric.higher_is_better else 1 / factor):.6g}")
        for factor in factors
    ]
    summary = summarize(samples)
    return Metric(
        name=metric.name,
        unit=metric.unit,
        higher_is_better=metric.higher_is_better,
        primary=metric.primary,
        samples=samples,
        value=summary.mean,
        ci95=summary.ci95,
        cv=summary.cv,
    )


def _repeats(at: datetime, times: Sequence[float], metrics: Sequence[Metric]) -> list[Repeat]:
    repeats, begin = [], at
    for index, duration in enumerate(times):
        repeats.append(
            Repeat(
                index=index + 1,
                kind="measured",
                status="ok",
                started_at=begin,
                duration_s=round(duration, 3),
                returncode=0,
                values={metric.name: metric.samples[index] for metric in metrics},
            )
        )
        begin += timedelta(seconds=duration + 0.3)
    return repeats


def _host(visit: Visit) -> Host:
    facts = visit.facts
    driver = facts.pop("driver")
    return Host.model_validate(
        {
            "name": visit.machine.name,
            "fleet": visit.machine.fleet,
            "os_family": visit.machine.os_family,
            "power_source": "battery" if visit.on_battery else "mains",
            "details": {"gpu_driver": driver},
            **facts,
        }
    )


def _conditions(visit: Visit, workload: Workload) -> dict[str, Scalar]:
    return {
        "benchmark": workload.benchmark,
        "benchmark_version": "1",
        "variant": workload.variant,
        "tool": workload.tool,
        "tool_version": workload.tool_version,
        "power_source": "battery" if visit.on_battery else "mains",
        "power_profile": visit.facts["power_profile"],
        **{f"parameter.{name}": value for name, value in workload.parameters.items()},
        **workload.comparable,
    }


def _preflight(visit: Visit, rng: np.random.Generator) -> list[Check]:
    load = round(float(rng.gamma(1.5, 0.02)), 3)
    busy = rng.random() < 0.03
    return [
        Check(
            name="idle",
            status="warn" if busy else "ok",
            value=0.42 if busy else load,
            message="something used 0.42 of a core: OneDrive.exe" if busy else "",
        ),
        Check(name="temperature", status="ok", value=round(visit.room_c + 14.0, 1)),
        Check(
            name="mains",
            status="warn" if visit.on_battery else "ok",
            message="runs on battery" if visit.on_battery else "",
        ),
        Check(name="power_profile", status="ok", value=visit.facts["power_profile"]),
        Check(name="disk", status="ok", value=412.0),
    ]


def _error(visit: Visit, workload: Workload, kind: ErrorKind, what: str) -> Error:
    label = " ".join(word for word in (workload.benchmark, workload.variant) if word)
    message = f"{label} on {visit.machine.name}: {workload.tool} {what}"
    return Error(kind=kind, message=message, retryable=kind is not ErrorKind.OUTPUT)
