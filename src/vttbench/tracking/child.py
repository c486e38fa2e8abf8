"""The shipper process as its parent sees it. Standard library only: the callback imports this."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from vttbench.tracking import destination
from vttbench.tracking.spool import Spool

# A play must not end later than 5 s after it would without us when nobody answers.
_NO_ANSWER_S = 4.5
_STALLED_S = 4.0
# A local store can't be away, only slow: opening a new database takes seconds on a slow disk.
_LOCAL_STORE_S = 300.0
_LOG = "shipper.log"


@dataclass(frozen=True)
class Wait:
    """How long the end of a play waits for the rest to be shipped.

    Attributes:
        total_s: at most.
        no_answer_s: for the first sign of the destination.
        stalled_s: between two signs of the destination.
    """

    total_s: float
    no_answer_s: float
    stalled_s: float

    @classmethod
    def of(cls, uri: str, final_wait_s: float) -> Wait:
        """Return what fits a destination."""
        if destination.is_http(uri):
            return cls(final_wait_s, min(_NO_ANSWER_S, final_wait_s), _STALLED_S)
        total = max(final_wait_s, _LOCAL_STORE_S) if final_wait_s else 0.0
        return cls(total, total, total)


class ShipperProcess:
    """One child that ships while the play goes on; see :mod:`vttbench.tracking.shipper`.

    Args:
        spool: the outbox.
        uri: where to.
        play_id: of the play.
    """

    def __init__(self, spool: Spool, uri: str, play_id: str = "") -> None:
        self._spool = spool
        self.uri = uri
        self.play_id = play_id
        self._process: subprocess.Popen[bytes] | None = None
        self._told = False

    def warm(self) -> None:
        """Start it before there is anything to ship, where loading what it needs takes seconds.

        Raises:
            OSError: it can't be started.
        """
        if self._process is None and not destination.is_http(self.uri):
            self._start()
            self._order({"do": "warm", "uri": self.uri})

    def stop(self) -> None:
        """End it where nothing came to be shipped."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._end()

    def ship(self) -> None:
        """Have it look into the spool. Starts it the first time; never waits.

        Raises:
            OSError: it can't be started.
        """
        self._tell()
        self._order({"do": "ship"})

    def finish(self, final_wait_s: float) -> str | None:
        """Have it ship the rest and end; wait for that, but not for a destination that is gone.

        Returns:
            Why something may be left; None when all went well.

        Raises:
            OSError: it can't be started.
        """
        self._tell()
        self._order({"do": "finish"})
        problem = self._await(Wait.of(self.uri, final_wait_s))
        self._end()
        return problem

    def _start(self) -> None:
        self._spool.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        log = os.open(self._spool.folder / _LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "vttbench.tracking.shipper"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the play
            )
        finally:
            os.close(log)

    def _tell(self) -> None:
        """Have a process that knows what to do."""
        if self._process is None:
            self._start()
        if not self._told:
            self._told = True
            self._order(
                {
                    "do": "start",
                    "spool": str(self._spool.folder),
                    "uri": self.uri,  # not on the command line: it may hold a password
                    "play_id": self.play_id,
                }
            )

    def _order(self, order: dict[str, Any]) -> None:
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            pass  # it died: what it has not shipped is still in the spool

    def _await(self, wait: Wait) -> str | None:
        if self._process is None or self._process.stdout is None:
            return None
        output = self._process.stdout.fileno()
        started = time.monotonic()
        deadline = started + wait.no_answer_s
        received = b""
        while True:
            left = min(deadline, started + wait.total_s) - time.monotonic()
            ready = select.select([output], [], [], max(left, 0))[0]
            if not ready:
                shown = destination.display_uri(self.uri)
                return f"{shown} does not answer, or is too slow to wait for."
            chunk = os.read(output, 65536)
            if not chunk:
                return f"The shipper ended unexpectedly: see {self._spool.folder / _LOG}."
            deadline = time.monotonic() + wait.stalled_s
            *lines, received = (received + chunk).split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "problem" in message:
                    problem: str | None = message["problem"]
                    return problem

    def _end(self) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(0.2)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
