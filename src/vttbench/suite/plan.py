"""The steps of a run: which benchmarks, in which order, in which sessions.

What tags mean
--------------
``--tags`` takes names of benchmarks and of stages. Benchmarks select benchmarks, stages select
stages, both together mean the intersection: ``--tags install,llama`` only installs llama.cpp. See
:mod:`vttbench.suite.tags`. Benchmarks that users define answer to their names and to ``custom``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import uuid6

from vttbench.suite.tags import select

# The role, and the tag, of the benchmarks that users define.
CUSTOM = "custom"


@dataclass(frozen=True)
class Step:
    """One benchmark in one session.

    Attributes:
        session: number of the session, from 1.
        session_id: UUIDv7 that the results of the session carry.
        benchmark: name, as results have it.
        role: what runs it: ``benchmark_<role>``.
        rest: whether the host cools down before it.
        done: variants that need not be measured again; see :mod:`vttbench.suite.resume`.
    """

    session: int
    session_id: str
    benchmark: str
    role: str
    rest: bool = False
    done: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What a run does on one host.

    Attributes:
        seed: that the order of the benchmarks was made from.
        stages: that are done, in the order in which they happen.
        benchmarks: that are chosen, in the order in which they were offered.
        roles: of these benchmarks, each once.
        steps: in the order in which they are measured; none without the stage ``run``.
    """

    seed: int
    stages: tuple[str, ...]
    benchmarks: tuple[str, ...]
    roles: tuple[str, ...]
    steps: tuple[Step, ...]

    def as_facts(self) -> dict[str, Any]:
        """Return it as plain data, for Ansible facts and JSON."""
        return {
            "seed": self.seed,
            "stages": list(self.stages),
            "benchmarks": list(self.benchmarks),
            "roles": list(self.roles),
            "steps": [asdict(step) | {"done": list(step.done)} for step in self.steps],
        }


def plan(
    benchmarks: Sequence[str],
    sessions: int | Sequence[str],
    seed: int,
    *,
    run_tags: Collection[str] = ("all",),
    skip_tags: Collection[str] = (),
    custom: Sequence[str] = (),
    elsewhere: Collection[str] = (),
) -> Plan:
    """Plan a run on one host.

    The order of two benchmarks within a session follows from the seed, the session's number and
    their names alone. So it is the same on every host, and also when others are left out.

    Args:
        benchmarks: names of those that this host could run.
        sessions: ids of the sessions, or how many new ones.
        seed: decides the order; record it.
        run_tags: what ``--tags`` said, as Ansible says it.
        skip_tags: what ``--skip-tags`` said.
        custom: names of benchmarks that users define.
        elsewhere: names of those that only other hosts of a fleet can run.

    Raises:
        UnknownTagError: a tag is neither stage nor benchmark; names those there are.
    """
    ids = _new_ids(sessions) if isinstance(sessions, int) else list(sessions)
    offered = tuple(dict.fromkeys((*benchmarks, *custom)))
    selection = select(
        _spelled_out(run_tags, custom),
        _spelled_out(skip_tags, custom),
        offered,
        elsewhere={*elsewhere, CUSTOM},
    )
    role_of = {name: CUSTOM if name in custom else name for name in offered}
    steps = [
        Step(number, session_id, name, role_of[name])
        for number, session_id in enumerate(ids, start=1)
        for name in _shuffled(selection.benchmarks, seed, number)
        if "run" in selection.stages
    ]
    return Plan(
        seed=seed,
        stages=selection.stages,
        benchmarks=selection.benchmarks,
        roles=tuple(dict.fromkeys(role_of[name] for name in selection.benchmarks)),
        steps=with_rests(steps),
    )


def with_rests(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Let the host rest before each session but the one that the run begins with."""
    rested: list[Step] = []
    for step in steps:
        begins = bool(rested) and rested[-1].session != step.session
        rested.append(replace(step, rest=begins))
    return tuple(rested)


def _new_ids(count: int) -> list[str]:
    return [str(uuid6.uuid7()) for _ in range(count)]


def _spelled_out(tags: Collection[str], custom: Sequence[str]) -> list[str]:
    """Add the names of all custom benchmarks where the tag ``custom`` stands."""
    return [*tags, *(custom if CUSTOM in tags else ())]


def _shuffled(names: Iterable[str], seed: int, session: int) -> list[str]:
    """Order names like a shuffled deck, in the same way on every machine and for ever."""

    def card(name: str) -> bytes:
        return hashlib.sha256(f"{seed}/{session}/{name}".encode()).digest()

    return sorted(names, key=card)
