"""The role ``results_git`` in a real play of two hosts."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vttbench.result import (
    Benchmark,
    Host,
    Metric,
    Provenance,
    Result,
    Status,
    comparability_of,
)
from vttbench.store import ResultStore

TOP = Path(__file__).parents[2]
PLAY = """
- name: Commit
  hosts: all
  gather_facts: false
  tasks:
    - name: Commit the results
      ansible.builtin.include_role:
        name: results_git
    - name: Go on
      ansible.builtin.debug:
        msg: the play goes on for {{ inventory_hostname }}
"""


def make_result(host):
    moment = datetime(2026, 11, 25, 7, 45, tzinfo=UTC)
    return Result(
        suite_id="suite-1",
        session_id="session-1",
        benchmark=Benchmark(name="stream", version="1", tool="stream"),
        host=Host(name=host, os_family="linux"),
        started_at=moment,
        finished_at=moment,
        status=Status.OK,
        metrics=[
            Metric(name="triad", unit="GB/s", higher_is_better=True, samples=[1.5], value=1.5)
        ],
        comparability=comparability_of({}),
        provenance=Provenance(vttbench_version="0.1.0"),
    )


@pytest.fixture
def checkout(tmp_path):
    top = tmp_path / "checkout"
    top.mkdir()
    subprocess.run(["git", "init", "--quiet", "-b", "main", top], check=True)
    for host in ("one", "two"):
        ResultStore(top / "results").write(make_result(host))
    return top


@pytest.fixture
def play(tmp_path, checkout):
    """Run the play; return its output."""
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "hosts").write_text("one ansible_connection=local\ntwo ansible_connection=local\n")

    def run(*arguments, results=checkout / "results"):
        ended = subprocess.run(
            [
                str(Path(sys.executable).parent / "ansible-playbook"),
                str(tmp_path / "play.yml"),
                *("-e", f"results_git_dir={results}", "-e", f"results_git_checkout={checkout}"),
                *arguments,
            ],
            cwd=TOP,
            env={
                **os.environ,
                "ANSIBLE_INVENTORY": str(tmp_path / "hosts"),
                "ANSIBLE_CALLBACKS_ENABLED": "ansible.posix.timer",
                "ANSIBLE_ROLES_PATH": str(TOP / "roles"),
                "ANSIBLE_NOCOLOR": "1",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "the play goes on for two" in ended.stdout
        return " ".join((ended.stdout + ended.stderr).split())

    return run


def log(checkout):
    listing = subprocess.run(
        ["git", "log", "--format=%s", "results/auto", "--"],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    return listing.stdout.splitlines()


def test_play_commits_once_a_host_and_the_next_one_finds_nothing(play, checkout):
    assert "2 results would be committed" in play("--check")
    assert log(checkout) == []
    assert "2 results committed to branch results/auto" in play()
    assert log(checkout) == [
        "Auto: Benchmark results two 2026-11-25T07:45:00Z",
        "Auto: Benchmark results one 2026-11-25T07:45:00Z",
    ]
    output = play()
    assert "0 results committed" in output
    assert "changed=0" in output
    assert len(log(checkout)) == 2


def test_play_survives_a_push_that_fails_and_says_so(play, checkout):
    output = play("-e", "results_git_push=true", "-e", "results_git_remote=nowhere")
    assert "could not be pushed to nowhere" in output
    assert "Push them later: git push nowhere results/auto" in output
    assert len(log(checkout)) == 2


def test_play_survives_results_outside_of_the_checkout_and_says_so(play, checkout, tmp_path):
    output = play(results=tmp_path)
    assert f"lies outside of the git checkout {checkout}" in output
    assert log(checkout) == []
