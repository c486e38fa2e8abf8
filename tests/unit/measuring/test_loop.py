"""Whatever a tool does, a result document says what happened."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vttbench.hosts.contamination import Thresholds
from vttbench.measuring.loop import InterruptedByUser, Loop
from vttbench.measuring.posix import PosixRunner, Reply
from vttbench.measuring.runner import Attempt, HostLostError
from vttbench.result import ErrorKind, Status, dumps, loads
from vttbench.sampling.limits import Limits


def execute(script: str) -> Reply:
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
    return Reply(done.returncode, done.stdout, done.stderr)


MakeLoop = Callable[..., Loop]


def counter(tmp_path: Path) -> str:
    """Return shell text that sets $n to how many times it has run."""
    file = tmp_path / "count"
    return f"n=$(cat {file} 2>/dev/null || echo 0); n=$((n + 1)); echo $n >{file}; "


def test_stable_output_gives_an_ok_result(make_loop: MakeLoop) -> None:
    result = make_loop("echo value 100").run()
    assert result.status is Status.OK
    assert result.error is None
    speed = result.metric("speed")
    assert speed is not None
    assert speed.samples == [100.0, 100.0, 100.0]
    assert result.benchmark.tool_version == "7"
    assert loads(dumps(result)) == result


def test_a_wide_spread_is_unstable_and_says_how_wide(make_loop: MakeLoop, tmp_path: Path) -> None:
    result = make_loop(counter(tmp_path) + "echo value ${n}0").run()
    assert result.status is Status.UNSTABLE
    assert result.error is not None
    assert result.error.kind is ErrorKind.NOT_CONVERGED
    assert "demo on testhost: did not converge in 4 repeats: ±" in result.error.message


def test_a_crash_keeps_the_last_words_of_the_tool(make_loop: MakeLoop) -> None:
    loop = make_loop("echo out of memory >&2; exit 3")
    result = loop.run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.kind is ErrorKind.CRASHED
    assert "sh ended with exit status 3: out of memory" in result.error.message
    assert len(result.repeats) == 2
    kept = sorted(file.name for file in loop._journal.raw_dir.iterdir())
    assert kept == [
        "repeat-01.stderr",
        "repeat-01.stdout",
        "repeat-02.stderr",
        "repeat-02.stdout",
    ]


def test_one_bad_repeat_is_named_and_the_good_ones_stay(
    make_loop: MakeLoop, tmp_path: Path
) -> None:
    result = make_loop(counter(tmp_path) + '[ "$n" = 2 ] && exit 1; echo value 100').run()
    assert result.status is Status.OK
    assert [repeat.status for repeat in result.repeats] == ["ok", "failed", "ok", "ok"]
    speed = result.metric("speed")
    assert speed is not None
    assert len(speed.samples) == 3


def test_garbage_is_an_output_error(make_loop: MakeLoop) -> None:
    result = make_loop("echo nonsense").run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.kind is ErrorKind.OUTPUT
    assert "expected a line `value NUMBER`" in result.error.message


def test_a_parser_that_stumbles_costs_the_result_only(make_loop: MakeLoop) -> None:
    def stumble(_: object) -> object:
        raise KeyError("rate")

    result = make_loop("echo value 1", parser=stumble).run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert "the parser stumbled: KeyError: 'rate'" in result.error.message


def test_a_tool_that_hangs_is_ended_and_not_tried_again(make_loop: MakeLoop) -> None:
    result = make_loop("sleep 3600", timeout_s=1.0).run()
    assert result.error is not None
    assert result.error.kind is ErrorKind.TIMEOUT
    assert "limit of 1 s" in result.error.message
    assert len(result.repeats) == 1
    assert result.error.retryable


def test_warm_up_is_thrown_away_until_it_settles(make_loop: MakeLoop, tmp_path: Path) -> None:
    limits = Limits(warmup=4, min_repeats=3, max_repeats=5)
    script = (
        counter(tmp_path)
        + "case $n in 1) echo value 50;; 2) echo value 80;; *) echo value 100;; esac"
    )
    result = make_loop(script, limits=limits).run()
    speed = result.metric("speed")
    assert speed is not None
    assert speed.warmup == [50.0, 80.0, 100.0]
    assert speed.samples == [100.0, 100.0, 100.0]
    assert result.status is Status.OK


def test_a_sample_that_no_machine_can_give_is_named_and_left_out(
    make_loop: MakeLoop, tmp_path: Path
) -> None:
    script = counter(tmp_path) + '[ "$n" = 2 ] && echo value 1000000 || echo value 4.75'
    limits = Limits(warmup=0, min_repeats=3, max_repeats=5)
    result = make_loop(script, limits=limits).run()
    speed = result.metric("speed")
    assert speed is not None
    assert speed.value == 4.75
    assert [(r.value, r.cause) for r in speed.rejected] == [(1000000.0, "implausible")]
    assert result.status is Status.UNSTABLE
    assert result.error is not None
    assert "no machine can give" in result.error.message


def test_every_repeat_gets_a_fresh_directory(make_loop: MakeLoop) -> None:
    result = make_loop("[ -e left ] && exit 9; touch left; echo value 1").run()
    assert result.status is Status.OK


def test_the_shared_folder_is_kept_over_all_repeats(make_loop: MakeLoop) -> None:
    result = make_loop(
        "echo value $(cat $VTTBENCH_SHARED/prepared)",
        prepare=(("sh", "-c", "echo 42 >$VTTBENCH_SHARED/prepared"),),
    ).run()
    speed = result.metric("speed")
    assert speed is not None
    assert speed.value == 42.0


def test_a_preparation_that_fails_is_said(make_loop: MakeLoop) -> None:
    result = make_loop("echo value 1", prepare=(("sh", "-c", "echo disk full >&2; exit 5"),)).run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert "exit status 5: disk full" in result.error.message


def test_tools_speak_english_whatever_the_user_does(make_loop: MakeLoop) -> None:
    loop = make_loop('[ "$LC_ALL" = C ] && echo value 1')
    os.environ["LC_ALL"], before = "de_DE.UTF-8", os.environ.get("LC_ALL")
    try:
        assert loop.run().status is Status.OK
    finally:
        del os.environ["LC_ALL"]
        if before is not None:
            os.environ["LC_ALL"] = before


def test_an_interruption_leaves_what_was_measured_and_nothing_running(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner], tmp_path: Path
) -> None:
    mark = f"9{time.time_ns()}"
    loop = make_loop(
        counter(tmp_path) + f'[ "$n" = 3 ] && exec sleep {mark}; echo value 100',
        limits=Limits(warmup=0, min_repeats=5, max_repeats=9),
    )

    def raise_interrupt(*_: object) -> None:
        raise InterruptedByUser("interrupted by SIGINT")

    before = signal.signal(signal.SIGUSR1, raise_interrupt)

    def interrupt_when_it_sleeps() -> None:
        while not running(mark):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGUSR1)

    thread = threading.Thread(target=interrupt_when_it_sleeps)
    thread.start()
    try:
        result = loop.run()
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, before)
    assert result.status is Status.PARTIAL
    assert result.error is not None
    assert result.error.kind is ErrorKind.INTERRUPTED
    speed = result.metric("speed")
    assert speed is not None
    assert speed.samples == [100.0, 100.0]
    assert not running(mark)
    assert list((tmp_path / "work").iterdir()) == []


def running(mark: str) -> bool:
    listed = subprocess.run(["pgrep", "-fx", f"sleep {mark}"], capture_output=True, check=False)
    return listed.returncode == 0


def test_a_dropped_connection_loses_nothing(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vttbench.measuring.posix.RECONNECT_PAUSE_S", 0.1)
    dropped = []

    def flaky(script: str) -> Reply:
        """Start the tool and lose the connection while it works, as a Wi-Fi does."""
        if "run.sh" in script and "repeat-02" in script and not dropped:
            dropped.append(True)
            process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.DEVNULL)
            time.sleep(0.5)
            process.kill()
            process.wait()
            raise HostLostError("Connection timed out")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        return Reply(done.returncode, done.stdout, done.stderr)

    result = make_loop("sleep 1; echo value 100", runner=make_runner(execute=flaky)).run()
    assert dropped
    assert result.status is Status.OK
    assert [repeat.status for repeat in result.repeats] == ["ok", "ok", "ok"]


def test_a_host_that_never_comes_back_leaves_a_partial_result(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vttbench.measuring.posix.RECONNECT_PAUSE_S", 0.01)
    monkeypatch.setattr("vttbench.measuring.posix.RECONNECT_S", 0.1)
    gone = []

    def dying(script: str) -> Reply:
        if "repeat-02" in script and "run.sh" in script:
            gone.append(True)
        if gone:
            raise HostLostError("No route to host")
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        return Reply(done.returncode, done.stdout, done.stderr)

    result = make_loop("echo value 100", runner=make_runner(execute=dying)).run()
    assert result.status is Status.PARTIAL
    assert result.error is not None
    assert result.error.kind is ErrorKind.UNREACHABLE
    assert "No route to host" in result.error.message


def test_a_killed_tool_is_a_crash(make_loop: MakeLoop) -> None:
    result = make_loop("kill -9 $$").run()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert result.error.kind is ErrorKind.CRASHED
    assert "exit status 137" in result.error.message


def test_greetings_of_the_host_do_not_disturb(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner]
) -> None:
    def chatty(script: str) -> Reply:
        done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False)
        return Reply(done.returncode, "Welcome to Debian\n" + done.stdout + "bye\n", done.stderr)

    result = make_loop("echo value 100", runner=make_runner(execute=chatty)).run()
    assert result.status is Status.OK


def test_lost_telemetry_never_costs_the_score(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner]
) -> None:
    broken = make_runner(telemetry_interval_s=1.0, python="/nonexistent/python3")
    result = make_loop("echo value 100", runner=broken).run()
    assert result.status is Status.OK
    assert result.telemetry is None

    def lose_it(script: str) -> Reply:
        if "rm -f sampler.pid" in script:
            raise HostLostError("gone for a moment")
        return execute(script)

    result = make_loop(
        "echo value 100", runner=make_runner(telemetry_interval_s=1.0, execute=lose_it)
    ).run()
    assert result.status is Status.OK
    assert "telemetry is lost: gone for a moment" in result.notes


def test_a_machine_that_is_never_quiet_gives_values_that_say_so(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner], tmp_path: Path
) -> None:
    # What the tool leaves to another session is not the tool's: it is seen as somebody else.
    runner = make_runner(thresholds=Thresholds(foreign_cpu_cores=0.01, foreign_cpu_s=0.0))
    burn = "setsid -f timeout 1 sh -c 'while :; do :; done'; sleep 0.5; "
    result = make_loop(burn + "echo value 100", runner=runner).run()
    assert {repeat.status for repeat in result.repeats} == {"contaminated"}
    assert len(result.repeats) == 4
    assert result.status is Status.UNSTABLE
    assert result.error is not None
    assert result.error.kind is ErrorKind.CONTAMINATED
    assert "every repeat was disturbed" in result.error.message
    speed = result.metric("speed")
    assert speed is not None
    assert speed.samples == [100.0] * 4


def test_a_disturbed_repeat_is_measured_again_and_never_averaged_in(
    make_loop: MakeLoop, make_runner: Callable[..., PosixRunner], tmp_path: Path
) -> None:
    class Disturbed(PosixRunner):
        """A runner whose host is disturbed in its second repeat."""

        def repeat(self, index: int, *arguments: Any, **named: Any) -> Attempt:
            attempt = super().repeat(index, *arguments, **named)
            return replace(attempt, contamination="somebody compiled") if index == 2 else attempt

    plain = make_runner()
    plain.__class__ = Disturbed
    script = counter(tmp_path) + '[ "$n" = 2 ] && echo value 50 || echo value 100'
    result = make_loop(script, runner=plain).run()
    speed = result.metric("speed")
    assert speed is not None
    assert speed.samples == [100.0, 100.0, 100.0]
    assert [(r.value, r.cause) for r in speed.rejected] == [(50.0, "contaminated")]
    assert result.status is Status.OK
