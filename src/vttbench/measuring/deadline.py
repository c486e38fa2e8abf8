"""A limit on one remote step, so that a connection that hangs for good is noticed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vttbench.measuring.runner import HostLostError


@contextmanager
def answered_within(seconds: float) -> Iterator[None]:
    """Raise :class:`HostLostError` where what is done inside takes longer.

    Some connections never come to an end by themselves (ansible/ansible 83081, 72991). Where a
    time limit of Ansible's own is running already, the task's, nothing is added to it.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if not in_main or signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise HostLostError(f"no answer within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
