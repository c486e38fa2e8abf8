"""The action `measure` in real plays on this machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vttbench.result import ErrorKind, Result, Status
from vttbench.store.results import ResultStore

ROOT = Path(__file__).parents[2]
PARSER = {
    "regex": r"value (?P<value>\S+)",
    "metrics": [{"name": "speed", "unit": "1/s", "higher_is_better": True}],
}
LIMITS = {"warmup": 0, "min_repeats": 3, "max_repeats": 4, "budget_s": 30.0}
# Whatever else this machine does while tests run must not decide what they see.
CALM = {"foreign_cpu_cores": None, "steal_percent": None, "psi_memory_percent": None}


class Plays:
    """Writes a play with one `measure` task and runs it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ResultStore(folder / "results")

    def start(self, script: str, *options: str, **arguments: Any) -> subprocess.Popen[str]:
        task = {
            "name": "Measure the demonstration",
            "measure": {
                "benchmark": "demo",
                "argv": ["sh", "-c", script],
                "parser": PARSER,
                "work_dir": str(self.folder / "work"),
            }
            | arguments,
            "register": "measured",
        }
        play = {
            "name": "Measure",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {
                "measure_contamination_thresholds": CALM,
                "vttbench_suite": {
                    "suite_id": "s",
                    "root": str(self.folder),
                    "results_dir": str(self.folder / "results"),
                    "state_dir": str(self.folder / ".vttbench"),
                    "limits": LIMITS,
                },
            },
            "tasks": [task],
        }
        path = self.folder / "play.yml"
        path.write_text(yaml.safe_dump([play]))
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INVENTORY": str(ROOT / "inventory/local"),
            "VTTBENCH_MLFLOW_ENABLED": "false",
            "ANSIBLE_CACHE_PLUGIN": "memory",
        }
        return subprocess.Popen(
            [str(Path(sys.executable).parent / "ansible-playbook"), str(path), *options],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, script: str, *options: str, **arguments: Any) -> tuple[int, str]:
        process = self.start(script, *options, **arguments)
        output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def only_result(self) -> Result:
        (stored,) = self.store.results()
        return stored.result


@pytest.fixture
def plays(tmp_path: Path) -> Plays:
    return Plays(tmp_path)


@pytest.fixture
def sleeper() -> Iterator[str]:
    """Return the duration of a sleep that nobody else sleeps, and end it if it is left over."""
    mark = f"9{time.time_ns() % 10**9}"
    yield mark
    for pid in pids_of(mark):
        os.kill(pid, signal.SIGKILL)


def pids_of(mark: str) -> list[int]:
    listed = subprocess.run(
        ["pgrep", "-fx", f"sleep {mark}"], capture_output=True, text=True, check=False
    )
    return [int(word) for word in listed.stdout.split()]


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "gave up waiting"
        time.sleep(0.05)


def two_values_then_sleep(folder: Path, mark: str) -> str:
    count = folder / "count"
    return (
        f"n=$(cat {count} 2>/dev/null || echo 0); echo $((n + 1)) >{count}; "
        f'[ "$n" = 2 ] && exec sleep {mark}; echo value 100'
    )


def test_a_measurement_ends_as_a_document_with_its_raw_output(plays: Plays) -> None:
    status, output = plays.run("echo value 100")
    assert status == 0, output
    result = plays.only_result()
    assert result.status is Status.OK
    assert [file.path.rpartition("/")[2] for file in result.files][:1] == ["repeat-01.stdout"]
    assert "localhost  demo  3/4  speed 100 1/s ±0.0 %" in output
    assert not (plays.folder / ".vttbench/inprogress").exists() or not list(
        (plays.folder / ".vttbench/inprogress").iterdir()
    )


def test_a_failed_benchmark_does_not_fail_the_play_unless_asked(plays: Plays) -> None:
    status, output = plays.run("echo boom >&2; exit 3")
    assert status == 0, output
    result = plays.only_result()
    assert result.status is Status.FAILED
    assert result.error is not None
    assert "demo on localhost: sh ended with exit status 3" in result.error.message
    status, output = plays.run("exit 3", fail_on_error=True)
    assert status == 2
    assert "sh ended with exit status 3" in output


def test_what_is_not_installed_is_skipped_with_its_reason(plays: Plays) -> None:
    status, output = plays.run("", skip_reason="demo is missing: sudo apt-get install demo")
    assert status == 0, output
    result = plays.only_result()
    assert result.status is Status.SKIPPED
    assert result.error is not None
    assert "sudo apt-get install demo" in result.error.message


def test_check_mode_says_what_it_would_run_and_measures_nothing(plays: Plays) -> None:
    status, output = plays.run("touch /nonexistent/x; echo value 1", "--check", "-v")
    assert status == 0, output
    assert "would measure demo (takes at most about 30 s): sh -c" in output
    assert list(plays.store.results()) == []


def test_check_mode_knows_how_long_it_took_before(plays: Plays) -> None:
    plays.run("echo value 1")
    _, output = plays.run("echo value 1", "--check", "-v")
    assert "would measure demo (usually takes" in output


def test_a_mistyped_argument_is_named(plays: Plays) -> None:
    status, output = plays.run("echo value 1", min_repeats=9, max_repeats=2)
    assert status == 2
    assert "min_repeats 9 is larger than max_repeats 2" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_leaves_a_partial_result_and_nothing_running(
    plays: Plays, sleeper: str, number: signal.Signals
) -> None:
    process = plays.start(two_values_then_sleep(plays.folder, sleeper))
    wait_for(lambda: pids_of(sleeper))
    process.send_signal(number)
    process.communicate(timeout=60)
    wait_for(lambda: list(plays.store.results()))
    result = plays.only_result()
    assert result.status is Status.PARTIAL
    assert result.error is not None
    assert result.error.kind is ErrorKind.INTERRUPTED
    speed = result.metric("speed")
    assert speed is not None
    assert speed.samples == [100.0, 100.0]
    wait_for(lambda: not pids_of(sleeper))


def test_a_killed_controller_loses_nothing_that_was_measured(plays: Plays, sleeper: str) -> None:
    process = plays.start(two_values_then_sleep(plays.folder, sleeper))
    wait_for(lambda: pids_of(sleeper))
    children = subprocess.run(
        ["pgrep", "-P", str(process.pid)], capture_output=True, text=True, check=False
    ).stdout.split()
    for pid in [str(process.pid), *children]:
        os.kill(int(pid), signal.SIGKILL)
    process.wait()
    assert list(plays.store.results()) == []
    _, output = plays.run("echo value 7", benchmark="another")
    by_name = {stored.result.benchmark.name: stored.result for stored in plays.store.results()}
    assert by_name["demo"].status is Status.PARTIAL
    speed = by_name["demo"].metric("speed")
    assert speed is not None
    assert speed.samples == [100.0, 100.0]
    assert by_name["another"].status is Status.OK
    assert "was interrupted when its controller was killed" in " ".join(output.split())


def test_a_plan_of_another_run_is_not_used(plays: Plays, tmp_path: Path) -> None:
    """Facts may come from a cache that an earlier run of ansible-playbook filled."""
    stale = {
        "suite_id": "stale",
        "process": 1,
        "root": str(tmp_path),
        "results_dir": str(tmp_path / "elsewhere"),
        "state_dir": str(tmp_path / "state"),
        "limits": LIMITS,
    }
    status, output = plays.run("echo value 100", "-e", json.dumps({"vttbench_suite": stale}))
    assert status == 0, output
    assert not (tmp_path / "elsewhere").exists()
    assert plays.only_result().suite_id != "stale"


def test_documentation_renders() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "ansible-doc"), "-t", "module", "-j", "measure"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "target_half_width" in json.loads(done.stdout)["measure"]["doc"]["options"]
