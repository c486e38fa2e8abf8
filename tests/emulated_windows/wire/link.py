"""What the network between controller and host is like: faults that live below HTTP."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


class LinkDownError(ConnectionError):
    """The connection was cut."""


@dataclass
class Link:
    """The line to one host.

    Attributes:
        frozen: while set, nothing is answered; connections stay open.
        bytes_per_s: 0 for a fast line.
        mtu: larger packets vanish and nobody hears of it, as behind a VPN that drops the
            messages of path MTU discovery; 0 for a healthy line.
    """

    frozen: threading.Event = field(default_factory=threading.Event)
    gone: threading.Event = field(default_factory=threading.Event)
    bytes_per_s: float = 0.0
    mtu: int = 0

    def carry(self, size: int) -> None:
        """Take the time that a message of so many bytes needs; return when it has arrived.

        Raises:
            LinkDownError: the connection was cut meanwhile.
        """
        if self.bytes_per_s:
            self._wait_for(time.monotonic() + size / self.bytes_per_s)
        lost = 0 < self.mtu < size
        while self.frozen.is_set() or lost:
            if self.gone.wait(0.2):
                raise LinkDownError
            lost = lost and 0 < self.mtu < size
        if self.gone.is_set():
            raise LinkDownError

    def _wait_for(self, moment: float) -> None:
        if self.gone.wait(max(0.0, moment - time.monotonic())):
            raise LinkDownError
