"""What shipping needs of an MLflow, whichever way it is spoken to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from vttbench.tracking import destination


@dataclass(frozen=True)
class Run:
    """A run as it stands in MLflow.

    Attributes:
        run_id: the server's.
        name: as shown.
        status: RUNNING, FINISHED, FAILED, KILLED or SCHEDULED.
        start_ms: milliseconds since 1970, UTC.
        end_ms: the same; None while it runs.
        artifact_uri: where its artifacts lie.
        tags: all of them.
        params: all of them.
        metrics: the latest value of each.
    """

    run_id: str
    name: str
    status: str
    start_ms: int
    end_ms: int | None
    artifact_uri: str
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        """Whether its end was written."""
        return self.end_ms is not None and self.status not in ("RUNNING", "SCHEDULED")


@dataclass(frozen=True)
class Point:
    """One value of a metric.

    Attributes:
        key: a name that MLflow takes.
        value: finite.
        timestamp_ms: milliseconds since 1970, UTC.
        step: position among the points of the same key.
    """

    key: str
    value: float
    timestamp_ms: int
    step: int


@dataclass(frozen=True)
class Patience:
    """How long to wait for a destination.

    Attributes:
        connect_s: for a connection.
        first_answer_s: for the answer to the first request, which tells whether anybody is there.
        answer_s: for any other answer.
        retries: further attempts at a request that found nobody or a server in trouble.
    """

    connect_s: float = 10.0
    first_answer_s: float = 30.0
    answer_s: float = 120.0
    retries: int = 3


# While a play waits: 2 s find out that nobody is there.
IN_A_PLAY = Patience(connect_s=2.0, first_answer_s=2.5, answer_s=30.0, retries=0)


class Backend(Protocol):
    """One MLflow. Every write may be repeated and then changes nothing.

    All methods raise :class:`~vttbench.tracking.errors.UnavailableError`,
    :class:`~vttbench.tracking.errors.AccessError` or
    :class:`~vttbench.tracking.errors.RejectedError`.
    """

    threads: int
    """How many requests at once make it faster."""

    def experiment(self, name: str, *, create: bool = True) -> str | None:
        """Return the id of an experiment; made where there is none, or None."""

    def search(self, experiment_id: str, condition: str, *, newest: int | None = None) -> list[Run]:
        """Return all active runs that meet a condition in MLflow's search syntax.

        Args:
            experiment_id: where to look.
            condition: may be empty.
            newest: only so many, the latest started first.
        """

    def create(self, experiment_id: str, name: str, start_ms: int, tags: Mapping[str, str]) -> Run:
        """Begin a run. The one write that is not idempotent."""

    def upload(self, run: Run, path: str, content: bytes | Path) -> None:
        """Write an artifact under a path with forward slashes."""

    def terminate(self, run_id: str, status: str, end_ms: int) -> None:
        """Set status and end."""

    def log(
        self,
        run_id: str,
        *,
        metrics: Sequence[Point] = (),
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write parameters, metrics and tags."""

    def delete(self, run_id: str) -> None:
        """Move a run to MLflow's bin; one that is there already stays there."""

    def close(self) -> None:
        """Let go of connections."""


def connect(
    uri: str, patience: Patience | None = None, on_progress: Callable[[], None] = lambda: None
) -> Backend:
    """Return the backend for a tracking URI; nothing is sent yet.

    Servers are spoken to over the REST API through httpx, which is several times faster than the
    official client and does not wait for minutes; everything else through the official client.

    Args:
        uri: see :func:`vttbench.tracking.destination.resolve`.
        patience: how long to wait.
        on_progress: called whenever the destination has taken or answered something.
    """
    if destination.is_http(uri):
        from vttbench.tracking.rest import RestBackend

        return RestBackend(uri, patience or Patience(), on_progress)
    from vttbench.tracking.client import ClientBackend

    return ClientBackend(uri, on_progress)
