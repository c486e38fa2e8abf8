"""A tool that laid its file out under another name is noticed before anything is measured."""

import pytest

from vttbench.result import ErrorKind, Status

LAY_OUT = ("sh", "-c", "printf 12345 >$VTTBENCH_SHARED/file")


def test_a_target_of_the_right_size_is_measured(make_loop):
    loop = make_loop("echo value 5", prepare=(LAY_OUT,), targets={"$VTTBENCH_SHARED/file": 5})
    assert loop.run().status is Status.OK


@pytest.mark.parametrize(
    ("targets", "words"),
    [({"$VTTBENCH_SHARED/D": 5}, "is not there"), ({"$VTTBENCH_SHARED/file": 6}, "has 5")],
)
def test_a_target_that_is_elsewhere_or_too_small_fails_the_step(make_loop, targets, words):
    result = make_loop("echo value 5", prepare=(LAY_OUT,), targets=targets).run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.kind is ErrorKind.CRASHED
    assert words in result.error.message
    assert result.repeats == []
