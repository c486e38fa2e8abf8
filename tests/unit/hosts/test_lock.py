"""One run at a time on a host; the commands are really run, by this machine's shell."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from vttbench.hosts.lock import (
    Holder,
    LockState,
    acquire_command,
    parse_state,
    refresh_command,
    release_command,
    state_command,
    take_over_command,
)


def sh(command: str) -> LockState:
    run = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert run.stderr == ""
    return parse_state(run.stdout)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "not yet there" / "lock")


@pytest.fixture
def playbook():
    """A process that stands for a running playbook."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def other(playbook) -> Holder:
    return Holder.of_process(playbook.pid, "h")


@pytest.fixture
def me() -> Holder:
    return Holder.of_process(1, "h")


def test_a_free_lock_is_taken_and_given_back(path, me):
    assert sh(acquire_command(me, path=path)).taken
    assert sh(state_command(path=path)).verdict(me)[0] == "mine"
    sh(release_command(me, path=path))
    assert sh(state_command(path=path)).verdict(me)[0] == "free"
    assert list(Path(path).parent.iterdir()) == []


def test_a_held_lock_is_neither_taken_nor_released_by_another(path, me, other):
    sh(acquire_command(other, path=path))
    state = sh(acquire_command(me, path=path))
    assert not state.taken
    verdict, why = state.verdict(me)
    assert verdict == "held"
    assert str(other.controller_pid) in why
    sh(release_command(me, path=path))
    sh(refresh_command(me, path=path))
    assert sh(state_command(path=path)).verdict(other)[0] == "mine"


def test_of_many_that_want_it_at_once_one_gets_it(path, me):
    command = acquire_command(me, path=path)
    runs = [
        subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True)
        for _ in range(12)
    ]
    states = [parse_state(run.communicate()[0]) for run in runs]
    assert sum(state.taken for state in states) == 1


def test_one_machine_under_two_names_is_one_machine(path, playbook):
    sh(acquire_command(Holder.of_process(playbook.pid, "a"), path=path))
    alias = Holder.of_process(playbook.pid, "b")
    assert sh(acquire_command(alias, path=path)).verdict(alias)[0] == "held"


def test_a_lock_of_a_playbook_that_died_is_stale_and_can_be_taken_over(path, me, other, playbook):
    sh(acquire_command(other, path=path))
    playbook.kill()
    playbook.wait()
    state = sh(acquire_command(me, path=path))
    assert state.verdict(me)[0] == "stale"
    assert sh(take_over_command(me, state.holder_id, path=path)).taken
    assert sh(state_command(path=path)).verdict(me)[0] == "mine"


def test_of_many_that_take_over_a_stale_lock_one_gets_it(path, me, other):
    sh(acquire_command(other, path=path))
    command = take_over_command(me, other.id, path=path)
    runs = [
        subprocess.Popen(["sh", "-c", command], stdout=subprocess.PIPE, text=True)
        for _ in range(12)
    ]
    assert sum(parse_state(run.communicate()[0]).taken for run in runs) == 1


def test_a_lock_that_became_anothers_meanwhile_is_not_taken_over(path, me, other):
    sh(acquire_command(other, path=path))
    assert not sh(take_over_command(me, "somebody:else", path=path)).taken
    assert sh(state_command(path=path)).verdict(other)[0] == "mine"


def test_a_reused_process_id_is_not_the_playbook_that_took_the_lock(path, me, other):
    sh(acquire_command(replace(other, controller_started=1), path=path))
    assert sh(state_command(path=path)).verdict(me)[0] == "stale"


def test_of_a_playbook_on_another_controller_only_time_tells(path, me, other):
    far = replace(other, controller="far-away", controller_pid=4_000_000)
    sh(acquire_command(far, path=path, ttl_s=3600))
    state = sh(state_command(path=path))
    assert state.verdict(me)[0] == "held"
    assert replace(state, age_s=3601).verdict(me)[0] == "stale"


def test_a_refreshed_lock_is_young_again(path, me):
    sh(acquire_command(me, path=path))
    file = Path(path)
    old = file.read_text()
    file.write_text(old.replace("time=", "time=1 was "))
    assert sh(state_command(path=path)).age_s > 1e6
    sh(refresh_command(me, path=path))
    assert sh(state_command(path=path)).age_s < 1e5


def test_a_lock_from_before_a_restart_is_stale(path, me, other):
    sh(acquire_command(other, path=path))
    file = Path(path)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    file.write_text(file.read_text().replace(f"\nboot={boot}", "\nboot=another"))
    verdict, why = sh(state_command(path=path)).verdict(me)
    assert verdict == "stale"
    assert "restarted" in why


def test_a_lock_is_not_stale_while_a_repeat_of_its_run_still_works(path, me, other, playbook):
    script = Path(path).parent / "work" / "some-run" / "run.sh"
    script.parent.mkdir(parents=True)
    script.write_text("sleep 600\n")
    sh(acquire_command(other, path=path))
    playbook.kill()
    playbook.wait()
    words = ["sh", str(script), str(script.with_name("repeat-01")), "60", "7zz"]
    repeat = subprocess.Popen(words, start_new_session=True)
    try:
        for _ in range(100):  # until it has become that program
            verdict, why = sh(state_command(path=path)).verdict(me)
            if verdict == "held":
                break
            time.sleep(0.05)
        assert verdict == "held"
        assert str(repeat.pid) in why
    finally:
        os.killpg(repeat.pid, signal.SIGKILL)
        repeat.wait()
    assert sh(state_command(path=path)).verdict(me)[0] == "stale"


def test_a_lock_file_of_garbage_does_not_lock_a_host_for_ever(path, me):
    Path(path).parent.mkdir()
    Path(path).write_text("id=x\ngarbage\n")
    state = sh(state_command(path=path))
    assert state.holder is None
    assert state.verdict(me)[0] == "stale"  # it says no time, so it is as old as can be


@pytest.mark.parametrize("text", ["", "sudo: a password is required", "==> holder <=="])
def test_an_answer_that_broke_off_is_an_error_and_not_a_free_lock(text):
    with pytest.raises(ValueError, match="lock"):
        parse_state(text)


def test_a_holder_whose_process_ended_is_gone_and_one_elsewhere_is_not_known_to_be(other, playbook):
    assert not other.is_gone
    playbook.kill()
    playbook.wait()
    assert other.is_gone
    assert not replace(other, controller="far-away").is_gone
