"""The suites that were begun on this controller, so that one of them can be gone on with.

``.vttbench/suites/<suite_id>.json`` holds what has to be the same when a suite is resumed: seed,
sessions and their ids. All hosts of a run share a suite. Any number of processes may open suites
at once, as Ansible's forks do.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import uuid6
from filelock import FileLock, Timeout
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from vttbench.store.durable import make_folder, write_replacing
from vttbench.suite.errors import SuiteError
from vttbench.suite.profiles import profile_of

_LOCK_TIMEOUT_S = 30.0
_SEEDS = 2**31


@dataclass(frozen=True)
class Request:
    """What a run of the playbook asks for on one host.

    Attributes:
        host: name in the inventory.
        profile: name of the profile.
        play_id: the run of ansible-playbook; its hosts share a suite.
        hosts: all hosts of the run, also those that can't be reached now.
        sessions: how many; None for the suite's own or the profile's number.
        seed: for the order of the benchmarks; None to draw one. A suite keeps its first.
        model_config_mode: recorded.
    """

    host: str
    profile: str
    play_id: str
    hosts: tuple[str, ...] = ()
    sessions: int | None = None
    seed: int | None = None
    model_config_mode: str = "default"


class Suite(BaseModel):
    """A suite: one or more sessions on each of some hosts."""

    model_config = ConfigDict(frozen=True)

    suite_id: str = Field(description="UUIDv7")
    profile: str
    sessions: int = Field(ge=1)
    seed: int
    model_config_mode: str
    play_id: str = Field(description="The run that began it")
    created_at: AwareDatetime
    hosts: dict[str, list[str]] = Field(description="Ids of the sessions, in order, by host")

    def session_ids(self, host: str) -> list[str]:
        """Return the ids of a host's sessions, in order."""
        return self.hosts.get(host, [])


def open_suite(
    state_dir: Path, request: Request, *, resume: bool = False, record: bool = True
) -> Suite:
    """Open the suite that a host's results will belong to.

    With ``resume`` it is the latest one of this host and profile, if there is any. Otherwise it is
    the one that another host of the same run has begun, or a new one. A suite that is resumed with
    more sessions than it had gets more; it never gets fewer.

    Args:
        state_dir: ``.vttbench`` of the checkout.
        request: what is asked for.
        resume: whether to go on with an earlier suite.
        record: False to write nothing, for check mode.

    Raises:
        SuiteError: unknown profile, sessions below 1, or, with ``resume``, a file that can't be
            read.
        OSError: the state can't be written.
    """
    profile = profile_of(request.profile)
    if request.sessions is not None and request.sessions < 1:
        raise SuiteError(f"sessions is {request.sessions}: at least one is needed")
    folder = state_dir / "suites"
    if not record:
        return _settled(folder, request, profile.sessions, resume=resume)
    make_folder(folder)
    lock = folder / ".lock"
    try:
        with FileLock(lock, timeout=_LOCK_TIMEOUT_S):
            suite = _settled(folder, request, profile.sessions, resume=resume)
            path = folder / f"{suite.suite_id}.json"
            text = suite.model_dump_json(indent=2) + "\n"
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                write_replacing(path, text.encode())
    except Timeout as error:
        raise SuiteError(
            f"{lock} has been held by another process for {_LOCK_TIMEOUT_S:.0f} s"
        ) from error
    return suite


def suites(state_dir: Path, *, strict: bool = True) -> Iterator[Suite]:
    """Read the suites that were begun, newest first.

    Args:
        state_dir: ``.vttbench`` of the checkout.
        strict: whether a file that can't be read is an error, or left out.

    Raises:
        SuiteError: names the file that can't be read.
    """
    yield from _read_all(state_dir / "suites", strict=strict)


def _settled(folder: Path, request: Request, usual_sessions: int, *, resume: bool) -> Suite:
    """Find or make the suite, and make sure that it has this host and enough sessions."""
    suite = _find(folder, request, resume=resume)
    if suite is None:
        suite = Suite(
            suite_id=str(uuid6.uuid7()),
            profile=request.profile,
            sessions=request.sessions or usual_sessions,
            seed=secrets.randbelow(_SEEDS) if request.seed is None else request.seed,
            model_config_mode=request.model_config_mode,
            play_id=request.play_id,
            created_at=datetime.now(UTC),
            hosts={name: [] for name in request.hosts},
        )
    sessions = max(suite.sessions, request.sessions or 1)
    hosts = {name: list(ids) for name, ids in suite.hosts.items()}
    ids = hosts.setdefault(request.host, [])
    ids += [str(uuid6.uuid7()) for _ in range(sessions - len(ids))]
    return suite.model_copy(update={"sessions": sessions, "hosts": hosts})


def _find(folder: Path, request: Request, *, resume: bool) -> Suite | None:
    known = list(_read_all(folder, strict=resume))
    if resume:
        for suite in known:
            if suite.profile == request.profile and request.host in suite.hosts:
                return suite
    return next((suite for suite in known if suite.play_id == request.play_id), None)


def _read_all(folder: Path, *, strict: bool) -> Iterator[Suite]:
    # Names are UUIDv7: in the order of time.
    for path in sorted(folder.glob("[!.]*.json"), reverse=True):
        try:
            yield Suite.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            if strict:
                raise SuiteError(
                    f"{path}: not a suite that can be resumed; delete it and try again: "
                    f"{' '.join(str(error).split())[:200]}"
                ) from error
