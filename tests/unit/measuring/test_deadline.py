"""A connection that hangs for good is noticed."""

import signal

import pytest

from vttbench.measuring.deadline import answered_within
from vttbench.measuring.runner import HostLostError


@pytest.fixture(autouse=True)
def _no_alarm():
    """Take pytest's own time limit away, which works by the same alarm."""
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0)
    before = signal.getsignal(signal.SIGALRM)
    yield
    signal.signal(signal.SIGALRM, before)
    signal.setitimer(signal.ITIMER_REAL, left)


def test_a_step_without_an_answer_is_a_lost_host():
    with pytest.raises(HostLostError, match="no answer within"), answered_within(0.05):
        signal.pause()
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0


def test_a_step_with_an_answer_leaves_no_alarm_behind():
    before = signal.getsignal(signal.SIGALRM)
    with answered_within(60.0):
        pass
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert signal.getsignal(signal.SIGALRM) is before


def test_the_time_limit_of_a_task_stays_in_force():
    def ring(_number, _frame):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        with pytest.raises(TimeoutError), answered_within(60.0):
            signal.pause()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
