"""The role ``preflight`` and the action ``describe_host`` in real plays on this machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from vttbench.hosts.lock import Holder, acquire_command
from vttbench.hosts.preflight import CHECKS
from vttbench.result import Check, Host

ROOT = Path(__file__).parents[2]
# Whatever else this machine does while tests run must not decide what they see.
CALM = {"idle": "ignore", "load": "ignore", "swap": "ignore"}


@pytest.fixture
def play(tmp_path: Path) -> Callable[..., tuple[int, str, dict[str, Any]]]:
    """Return a function that runs tasks and gives the exit status, output and facts they left."""

    def run(tasks: list[dict[str, Any]], *options: str, **variables: Any):
        facts = tmp_path / "facts.json"
        keep = {
            "name": "Keep the facts",
            "ansible.builtin.copy": {"content": "{{ ansible_facts }}", "dest": str(facts)},
            "check_mode": False,
        }
        content = {
            "name": "Try",
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {
                "preflight_lock_path": str(tmp_path / "cache/lock"),
                "preflight_idle_wait": 0,
                "preflight_idle_seconds": 0.5,
                "preflight_policy": CALM,
            }
            | variables,
            "tasks": [*tasks, keep],
        }
        path = tmp_path / "play.yml"
        path.write_text(yaml.safe_dump([content]))
        done = subprocess.run(
            [str(Path(sys.executable).with_name("ansible-playbook")), str(path), *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=os.environ
            | {
                "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
                "ANSIBLE_INVENTORY": str(ROOT / "inventory/local"),
                "ANSIBLE_CACHE_PLUGIN": "memory",
                "ANSIBLE_FORCE_COLOR": "0",
                "VTTBENCH_MLFLOW_ENABLED": "false",
            },
        )
        found = json.loads(facts.read_text()) if facts.exists() else {}
        return done.returncode, done.stdout + done.stderr, found

    return run


def include(entry: str = "main") -> dict[str, Any]:
    return {
        "name": f"Preflight {entry}",
        "ansible.builtin.include_role": {"name": "preflight", "tasks_from": entry},
    }


def test_the_role_answers_every_check_and_gives_its_lock_back(play, tmp_path):
    status, output, facts = play([include("lock"), include(), include("release")])
    assert status == 0, output
    answered = [Check.model_validate(check) for check in facts["vttbench_preflight"]]
    assert {check.name for check in answered} == set(CHECKS) - set(CALM)
    assert next(check for check in answered if check.name == "lock").value == "mine"
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_host_that_another_run_measures_is_left_alone(play, tmp_path):
    lock = str(tmp_path / "cache/lock")
    other = replace(Holder.of_process(os.getpid(), "localhost"), user="somebody")
    subprocess.run(["sh", "-c", acquire_command(other, path=lock)], check=True, capture_output=True)
    before = Path(lock).read_text()
    status, output, facts = play([include()])
    assert status == 2
    assert "somebody" in output
    assert "vttbench_preflight" not in facts
    play([include("release")])
    assert Path(lock).read_text() == before


def test_a_lock_that_a_killed_playbook_left_is_taken_over_with_a_word(play, tmp_path):
    lock = str(tmp_path / "cache/lock")
    ended = subprocess.Popen(["sleep", "0"])
    gone = Holder.of_process(ended.pid, "localhost")
    ended.wait()
    subprocess.run(["sh", "-c", acquire_command(gone, path=lock)], check=True, capture_output=True)
    status, output, _ = play([include("lock"), include("release")])
    assert status == 0, output
    assert "is gone" in " ".join(output.split())
    assert not Path(lock).exists()


def test_a_failed_check_stops_the_host_and_says_how_to_go_on(play):
    status, output, _ = play([include()], preflight_disk_gb=1e9, preflight_profile="standard")
    words = " ".join(output.split())
    assert status == 2
    assert "is not fit to be measured: disk:" in words
    assert "set preflight_policy to warn for disk" in words


def test_policy_turns_a_failure_into_a_warning_that_results_carry(play):
    policy = CALM | {"disk": "warn"}
    status, output, facts = play([include()], preflight_disk_gb=1e9, preflight_policy=policy)
    assert status == 0, output
    (disk,) = (check for check in facts["vttbench_preflight"] if check["name"] == "disk")
    assert disk["status"] == "warn"
    assert "[WARNING]: [localhost] disk:" in output


def test_check_mode_reports_fails_for_nothing_and_takes_no_lock(play, tmp_path):
    status, output, facts = play([include(), include("release")], "--check", preflight_disk_gb=1e9)
    assert status == 0, output
    assert facts["vttbench_preflight"]
    assert not (tmp_path / "cache").exists()


def test_a_typing_error_in_the_policy_is_refused_by_name(play):
    status, output, _ = play([include()], preflight_policy={"batery": "warn"})
    assert status == 2
    assert "batery" in output


def test_the_host_is_described_as_results_need_it(play):
    describe = {"name": "Describe the host", "describe_host": {"fleet": "lab"}}
    status, output, facts = play([describe])
    assert status == 0, output
    host = Host.model_validate(facts["vttbench_host"])
    assert (host.name, host.fleet, host.os_family) == ("localhost", "lab", "linux")
    assert host.threads == os.cpu_count()
    assert host.kernel == os.uname().release
    assert host.memory_gb
    assert host.details["storage"]
