"""Ships while a play goes on: ``python -m vttbench.tracking.shipper``, a child of the callback.

It is a process of its own, because Ansible forks its workers from a process in which neither
threads nor heavy imports are safe.

Standard input, one JSON object a line::

    {"do": "warm", "uri": "sqlite:///…"}                     maybe, before all: load what is slow
    {"do": "start", "spool": "/folder", "uri": "http://…", "play_id": "…"}   once
    {"do": "ship"}                                           something new lies in the spool
    {"do": "finish"}                                         the play is over: ship the rest

Standard output, only after ``finish``::

    {"progress": true}                                       still alive, and the destination too
    {"problem": "…" or null}                                 the last line

When standard input ends without ``finish``, the play was killed: what there is gets shipped still.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from vttbench.tracking.backend import IN_A_PLAY
from vttbench.tracking.shipping import Shipping
from vttbench.tracking.spool import Spool

_NICENESS = 10
_PROGRESS_EVERY_S = 0.2
# A destination that failed is tried again only after so long.
_TRY_AGAIN_AFTER_S = 60.0
_LOCK_WAIT_S = 2.0
# What earlier plays left holds up the end of this one for so long at most.
_OLDER_AT_THE_END_S = 10.0


class Shipper:
    """One destination during one play.

    Args:
        spool: the outbox.
        uri: where to.
        play_id: of the play. It begins with the time, as result ids do: what is smaller is older.
        reporter: tells who started us that something went forward.
    """

    def __init__(self, spool: Spool, uri: str, play_id: str, reporter: Reporter) -> None:
        self._spool = spool
        self._uri = uri
        self._play_id = play_id
        self._reporter = reporter
        self._shipping: Shipping | None = None
        self._failed_at: float | None = None
        self._problem: str | None = None

    def ship(self) -> None:
        """Ship what is meant for this destination: this play's, then what others left."""
        self._ship(older=False, go_on=lambda: True)
        self._ship(older=True, go_on=lambda: not self._reporter.finishing)

    def finish(self) -> str | None:
        """Ship the rest, end the parent run, and return why something is left, if so."""
        self._ship(older=False, go_on=lambda: True)
        if not self._resting:
            shipping = self._open()
            shipping.finish_plays()
            self._note(shipping)
        end = time.monotonic() + _OLDER_AT_THE_END_S
        self._ship(older=True, go_on=lambda: time.monotonic() < end)
        return self._problem

    def _ship(self, *, older: bool, go_on: Callable[[], bool]) -> None:
        if self._resting:
            return
        pending = self._spool.pending(self._uri)
        entries = [one for one in pending if (one.result_id < self._play_id) == older]
        if entries:
            shipping = self._open()
            shipping.ship(entries, go_on=go_on)
            self._note(shipping)

    @property
    def _resting(self) -> bool:
        failed = self._failed_at
        return failed is not None and time.monotonic() - failed < _TRY_AGAIN_AFTER_S

    def _open(self) -> Shipping:
        if self._shipping is None:
            self._shipping = Shipping(
                self._spool, self._uri, IN_A_PLAY, self._reporter.progress, _LOCK_WAIT_S
            )
        return self._shipping

    def _note(self, shipping: Shipping) -> None:
        refused = next(iter(shipping.tally.refused.values()), None)
        self._problem = shipping.tally.problem or refused
        if shipping.tally.problem is not None:
            shipping.close()
            self._shipping, self._failed_at = None, time.monotonic()


class Reporter:
    """Lines to who started us, once it listens.

    Args:
        output: where to.
        finishing: set as soon as ``finish`` was read.
    """

    def __init__(self, output: TextIO, finishing: threading.Event) -> None:
        self._output = output
        self._finishing = finishing
        self._said_at = 0.0
        self._lock = threading.Lock()

    @property
    def finishing(self) -> bool:
        """Whether the play is over and somebody waits for us."""
        return self._finishing.is_set()

    def progress(self) -> None:
        """Say that something went forward, now and then."""
        # Before that nobody reads, and a full pipe would hold us up.
        if not self.finishing:
            return
        with self._lock:
            if time.monotonic() - self._said_at < _PROGRESS_EVERY_S:
                return
            self._said_at = time.monotonic()
            self.say({"progress": True})

    def say(self, line: dict[str, Any]) -> None:
        """Write one line; nobody may be there to read it."""
        with contextlib.suppress(OSError, ValueError):
            self._output.write(json.dumps(line) + "\n")
            self._output.flush()


def main() -> None:
    """Run until told to finish, or until who started us is gone."""
    # Ctrl-C is for the play; we end when our input does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICENESS)
    orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    finishing = threading.Event()
    threading.Thread(target=_listen, args=(orders, finishing), daemon=True).start()
    start = orders.get()
    if start["do"] == "warm":
        _load()
        start = orders.get()
    if start["do"] != "start":
        return
    reporter = Reporter(sys.stdout, finishing)
    shipper = Shipper(Spool(Path(start["spool"])), start["uri"], start["play_id"], reporter)
    while not finishing.is_set():
        order = orders.get()
        if order["do"] == "ship":
            shipper.ship()
    reporter.say({"problem": shipper.finish()})


def _load() -> None:
    """Load what takes seconds to load, while nobody waits for it yet."""
    import matplotlib.backends.backend_agg
    import matplotlib.figure  # noqa: F401
    import mlflow.store.tracking.sqlalchemy_store  # noqa: F401
    from mlflow import MlflowClient  # noqa: F401

    import vttbench.tracking.client  # noqa: F401


def _listen(orders: queue.SimpleQueue[dict[str, Any]], finishing: threading.Event) -> None:
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "finish":
            break
        orders.put(order)
    finishing.set()
    orders.put({"do": "finish"})


if __name__ == "__main__":
    main()
