"""Turning signals to end into one exception, wherever the main thread is waiting."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from vttbench.measuring.loop import InterruptedByUser

_ENDING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise :class:`InterruptedByUser` at the first signal to end, and overhear those that follow.

    Ansible sends SIGINT and then SIGTERM to its workers when the user presses Ctrl-C; the time to
    end the tool on the host and to write what was measured is taken in between. After the first
    signal, signals stay without effect until the process ends.

    The kernel may hand a signal to any thread, such as one of a linear algebra library; the main
    thread then goes on waiting in a system call and never runs Python's handler. So whatever
    arrives is passed on to the main thread. Must be entered in the main thread.
    """
    reader, writer = os.pipe()
    os.set_blocking(writer, False)

    def pass_on() -> None:
        while number := os.read(reader, 1):
            signal.pthread_kill(main, number[0])

    def overhear(_number: int, _frame: FrameType | None) -> None:
        """Do nothing; unlike SIG_IGN this is not handed down to the processes that we start."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        signal.set_wakeup_fd(-1)
        for each in _ENDING:
            signal.signal(each, overhear)
        raise InterruptedByUser(f"interrupted by {signal.Signals(number).name}")

    main = threading.get_ident()
    listener = threading.Thread(target=pass_on, name="signals", daemon=True)
    before = {each: signal.signal(each, interrupt) for each in _ENDING}
    previous = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(previous)
        for each, handler in before.items():
            if signal.getsignal(each) is interrupt:
                signal.signal(each, handler)
        os.close(writer)
        listener.join()
        os.close(reader)
