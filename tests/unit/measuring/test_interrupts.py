"""Ctrl-C reaches the measurement wherever its threads are."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time

import pytest

from vttbench.measuring.interrupts import interruptible
from vttbench.measuring.loop import InterruptedByUser


def test_a_signal_that_another_thread_gets_interrupts_the_waiting_main_thread() -> None:
    hold = threading.Event()
    other = threading.Thread(target=hold.wait)
    other.start()

    def signal_the_other() -> None:
        time.sleep(0.3)
        assert other.ident is not None
        signal.pthread_kill(other.ident, signal.SIGTERM)

    killer = threading.Thread(target=signal_the_other)
    killer.start()
    try:
        with pytest.raises(InterruptedByUser, match="SIGTERM"), interruptible():
            subprocess.run(["sleep", "20"], check=True)
    finally:
        hold.set()
        killer.join()
        other.join()


def test_further_signals_do_not_disturb_the_cleaning_up() -> None:
    before = signal.getsignal(signal.SIGINT)
    ignored = 0

    def clean_up() -> None:
        nonlocal ignored
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
        # Processes that clean up must be able to be ended: nothing ignored is handed down.
        listed = subprocess.run(
            ["grep", "SigIgn", "/proc/self/status"], capture_output=True, check=True
        )
        ignored = int(listed.stdout.split()[1], 16)

    def interrupted_work() -> None:
        with interruptible():
            try:
                os.kill(os.getpid(), signal.SIGINT)
                time.sleep(10)
            finally:
                clean_up()

    try:
        with pytest.raises(InterruptedByUser):
            interrupted_work()
        assert not ignored & (1 << (signal.SIGTERM - 1))
        assert not ignored & (1 << (signal.SIGINT - 1))
    finally:
        signal.signal(signal.SIGINT, before)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def test_handlers_are_put_back_when_nothing_happened() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
