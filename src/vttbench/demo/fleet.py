"""The sessions of the demo fleet, one after the other, and what is true of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from vttbench.demo.documents import NOTE, Visit, document, make_id
from vttbench.demo.machines import Machine, fleet
from vttbench.demo.workloads import WORKLOADS
from vttbench.result import Result
from vttbench.store import ResultStore

_SESSION_EFFECT = 0.005
_DAYS_BETWEEN = 3.0


@dataclass(frozen=True)
class Truth:
    """What is planted, for whoever wants to know whether an analysis is right.

    Attributes:
        kind: best, regression, improvement, throttling, nothing.
        host: where.
        what: in words.
        since: first session that it holds for, UTC; None for always.
        percent: size on the speed; None where it is not one number.
        metric: name; None for all.
    """

    kind: str
    host: str
    what: str
    since: datetime | None = None
    percent: float | None = None
    metric: str | None = None


def results(hosts: int, sessions: int, seed: int, until: datetime) -> Iterator[Result]:
    """Yield the documents of the demo fleet, oldest first within each machine and session.

    Args:
        hosts: how many machines; four at least.
        sessions: how often each was measured, every third day.
        seed: same seed, same documents.
        until: end of the last session, with its UTC offset.

    Raises:
        ValueError: too few hosts or sessions.
    """
    if sessions < 1:
        raise ValueError(f"at least one session, not {sessions}")
    rng = np.random.default_rng(seed)
    machines = fleet(hosts, rng)
    for number in range(sessions):
        evening = _start(number, sessions, until)
        suite = make_id(evening, rng)
        play = make_id(evening, rng)
        room_c = 22.0 + float(rng.normal(0, 1.2))
        for machine in machines:
            visit = Visit(
                machine=machine,
                number=number,
                sessions=sessions,
                suite_id=suite,
                session_id=make_id(evening, rng),
                play_id=play,
                effect=float(1.0 + rng.normal(0, _SESSION_EFFECT)),
                room_c=room_c,
            )
            at = evening
            for workload in WORKLOADS:
                result = document(visit, workload, at, rng)
                yield result
                at = result.finished_at + timedelta(seconds=60)


def truths(hosts: int, sessions: int, seed: int, until: datetime) -> list[Truth]:
    """Return what is planted in :func:`results` of the same arguments."""
    found = [
        Truth("best", "zbook-03", "2.1 % faster than the other zbooks in everything", percent=2.1),
        Truth("throttling", "zbook-04", "loses 7 to 11 % of its clock to heat within a run"),
    ]
    for machine in fleet(hosts, np.random.default_rng(seed)):
        found += _changes_of(machine, sessions, until)
    return found


def _changes_of(machine: Machine, sessions: int, until: datetime) -> Iterator[Truth]:
    for change in machine.changes:
        since = _start(min(change.begins(sessions), sessions - 1), sessions, until)
        facts = ", ".join(f"{name} {value}" for name, value in change.facts.items())
        if not change.effect:
            yield Truth("nothing", machine.name, f"{facts}: no effect", since)
        for area, factor in change.effect.items():
            percent = round(100.0 * (factor - 1.0), 2)
            metric = ", ".join(sorted(change.metrics)) or None
            kind = "regression" if factor < 1 else "improvement"
            what = f"{facts}: {percent:+} % on {metric or 'all metrics'} of {area}"
            yield Truth(kind, machine.name, what, since, percent, metric)


def _start(number: int, sessions: int, until: datetime) -> datetime:
    return until - timedelta(days=_DAYS_BETWEEN * (sessions - 1 - number), hours=2)


def write(directory: Path, hosts: int, sessions: int, seed: int, until: datetime) -> int:
    """Write the documents and a page that names what is planted.

    Args:
        directory: results directory; what is in it stays.
        hosts: see :func:`results`.
        sessions: see :func:`results`.
        seed: see :func:`results`.
        until: see :func:`results`.

    Returns:
        How many documents were written.

    Raises:
        StoreError: the directory can't be written.
        ValueError: too few hosts or sessions.
    """
    store, count = ResultStore(directory), 0
    for result in results(hosts, sessions, seed, until):
        store.write(result)
        count += 1
    planted = [asdict(truth) for truth in truths(hosts, sessions, seed, until)]
    page = {"note": NOTE, "seed": seed, "planted": planted}
    text = json.dumps(page, indent=2, ensure_ascii=False, default=datetime.isoformat)
    (directory / "demo-data.json").write_text(f"{text}\n", encoding="utf-8")
    return count
