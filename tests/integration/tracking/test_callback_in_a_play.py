"""The callback in a real ansible-playbook."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Reader, free_port

from vttbench.tracking import destination
from vttbench.tracking.shipping import Shipping
from vttbench.tracking.spool import Spool

REPOSITORY = Path(__file__).resolve().parents[3]
HERE = Path(__file__).resolve().parent
ANSIBLE_PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")

Play = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def play(checkout: Path, experiment: str) -> Play:
    """Run a playbook in a checkout whose `measure` only writes a result."""
    (checkout / "ansible.cfg").write_text(
        "[defaults]\n"
        f"callback_plugins = {REPOSITORY / 'plugins/callback'}\n"
        f"action_plugins = {HERE / 'action_plugins'}\n"
        f"library = {REPOSITORY / 'plugins/modules'}\n"
        "callbacks_enabled = mlflow\n"
        f"[callback_mlflow]\nexperiment = {experiment}\n"
    )
    (checkout / "inventory").write_text(
        "[laptops]\nzbook-01\nzbook-02\n[laptops:vars]\nansible_connection=ssh\n"
        "[here]\nthis ansible_connection=local\n"
    )

    def run(
        *words: str,
        hosts: str = "laptops",
        measure: str = "{}",
        environ: dict[str, str] | None = None,
        variables: str = "{}",
    ) -> subprocess.CompletedProcess[str]:
        (checkout / "play.yml").write_text(
            f"- hosts: {hosts}\n  gather_facts: false\n  vars: {variables}\n  tasks:\n"
            f"    - name: Measure\n      measure: {measure}\n"
            "    - name: Measure again\n      measure:\n"
        )
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("MLFLOW_TRACKING", "VTTBENCH_", "ANSIBLE_"))
        }
        return subprocess.run(
            [str(ANSIBLE_PLAYBOOK), "-i", "inventory", "play.yml", *words],
            cwd=checkout,
            env=inherited | {"PYTHONPATH": str(REPOSITORY / "tests")} | (environ or {}),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


@pytest.fixture
def swallowing() -> Iterator[str]:
    """A server that takes connections and never says a word."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


def summary(done: subprocess.CompletedProcess[str]) -> str:
    (line,) = re.findall(r"^MLflow.*$", done.stdout, re.MULTILINE)
    return line


def test_results_are_shipped_while_the_play_goes_on(play, server, experiment, checkout):
    done = play(environ={"MLFLOW_TRACKING_URI": server.uri})
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary(done) == f"MLflow: 4 shipped, 0 spooled -> {server.uri}"
    reader = Reader(server.uri, experiment)
    (parent,) = reader.parents()
    assert parent.info.status == "FINISHED"
    assert parent.data.params["hosts"] == "zbook-01, zbook-02"
    assert parent.data.params["playbook"] == "play.yml"
    runs = reader.results()
    assert len({run.data.tags["result_id"] for run in runs}) == len(runs) == 4
    assert {run.data.tags["mlflow.parentRunId"] for run in runs} == {parent.info.run_id}
    assert {run.data.tags["play_id"] for run in runs} == {parent.data.tags["play_id"]}
    assert not list((checkout / ".vttbench" / "spool").glob("*/*.json"))


def test_without_any_configuration_they_stand_in_the_checkout(play, experiment, checkout):
    done = play(hosts="here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"MLflow: 2 shipped, 0 spooled -> .*mlflow.db; .*make mlflow-ui", summary(done))
    reader = Reader(destination.embedded_uri(checkout), experiment)
    assert len(reader.results()) == 2
    assert (checkout / ".vttbench" / "artifacts").is_dir()


@pytest.mark.parametrize("kind", ["refusing", "swallowing"])
def test_a_dead_server_costs_one_line_and_no_result(
    play, request, kind, server, experiment, checkout
):
    dead = (
        f"http://127.0.0.1:{free_port()}"
        if kind == "refusing"
        else request.getfixturevalue("swallowing")
    )
    done = play(environ={"MLFLOW_TRACKING_URI": dead})
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary(done).startswith(f"MLflow: 0 shipped, 4 spooled -> {dead} (")
    assert summary(done).endswith("Later: vttbench ship)")
    assert len(list((checkout / "results").glob("*/*/*.json"))) == 4
    spool = Spool(destination.spool_dir(checkout))
    assert {entry.tracking_uri for entry in spool.pending()} == {dead}
    shipping = Shipping(spool, server.uri, all_plays=True)
    shipping.ship(spool.pending())
    shipping.finish_plays()
    reader = Reader(server.uri, experiment)
    assert len(reader.results()) == 4
    assert [run.info.status for run in reader.parents()] == ["FINISHED"]


def test_what_an_earlier_play_left_goes_with_the_next_one(play, tmp_path, server, experiment):
    play(environ={"MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}"})
    # The same destination comes to life: here by saying that it was meant all along.
    spool = Spool(destination.spool_dir(tmp_path / "checkout"))
    for entry in spool.pending():
        spool.intend(entry.result_id, entry.path, server.uri, experiment)
    done = play(environ={"MLFLOW_TRACKING_URI": server.uri})
    assert summary(done).startswith("MLflow: 4 shipped, 0 spooled")
    assert len(Reader(server.uri, experiment).results()) == 8


def test_a_killed_play_is_shipped_as_such(play, server, experiment, checkout):
    done = play(measure="{kill_the_play: true}", environ={"MLFLOW_TRACKING_URI": server.uri})
    assert done.returncode == -9
    written = len(list((checkout / "results").glob("*/*/*.json")))
    assert written
    spool = Spool(destination.spool_dir(checkout))
    time.sleep(1)  # workers that outlive the play for a moment
    for _ in range(2):
        shipping = Shipping(spool, server.uri)
        shipping.ship(spool.pending())
        shipping.finish_plays()
    reader = Reader(server.uri, experiment)
    assert len(reader.results()) >= written
    ids = [run.data.tags["result_id"] for run in reader.results()]
    assert len(set(ids)) == len(ids)
    assert [run.info.status for run in reader.parents()] == ["KILLED"]


def test_a_task_that_fails_is_shipped_too(play, server, experiment):
    done = play(measure="{fail: true}", environ={"MLFLOW_TRACKING_URI": server.uri})
    assert done.returncode == 2
    assert summary(done).startswith("MLflow: 2 shipped, 0 spooled")
    assert [run.info.status for run in Reader(server.uri, experiment).parents()] == ["FAILED"]


@pytest.mark.parametrize("name", ["vttbench_mlflow_tracking_uri", "mlflow_tracking_uri"])
def test_the_destination_may_stand_in_variables(play, server, experiment, name):
    done = play(
        variables=f"{{port: {server.port}, {name}: "
        '"http://127.0.0.1:{{ port }}", vttbench_mlflow_ship_when: end}'
    )
    assert summary(done) == f"MLflow: 4 shipped, 0 spooled -> {server.uri}"
    assert len(Reader(server.uri, experiment).results()) == 4


@pytest.mark.parametrize("words", [["--check"], ["-e", "vttbench_mlflow_enabled=false"]])
def test_nothing_is_shipped_or_said_where_nothing_shall_be(play, words, server, checkout):
    done = play(*words, environ={"MLFLOW_TRACKING_URI": server.uri})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "MLflow" not in done.stdout
    assert not (checkout / ".vttbench" / "spool").exists()


def test_no_password_is_shown_or_can_be_seen_by_others(play, checkout):
    uri = f"http://bench:s3cret@127.0.0.1:{free_port()}"
    done = play(environ={"MLFLOW_TRACKING_URI": uri})
    assert "bench:***@" in summary(done)
    assert "s3cret" not in done.stdout + done.stderr
    for path in (checkout / ".vttbench" / "spool").rglob("*"):
        if path.is_file() and b"s3cret" in path.read_bytes():
            assert path.stat().st_mode & 0o077 == 0


def test_a_spool_that_can_not_be_written_does_not_touch_the_play(play, checkout, server):
    (checkout / ".vttbench" / "spool").write_text("in the way")
    done = play(environ={"MLFLOW_TRACKING_URI": server.uri})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "spool" in summary(done)
    assert len(list((checkout / "results").glob("*/*/*.json"))) == 4


def test_the_documentation_can_be_read():
    command = [str(ANSIBLE_PLAYBOOK.with_name("ansible-doc")), "-t", "callback", "mlflow"]
    environ = os.environ | {"ANSIBLE_CALLBACK_PLUGINS": str(REPOSITORY / "plugins/callback")}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)
    for option in ("tracking_uri", "ship_when", "final_wait", "experiment", "enabled"):
        assert option in done.stdout
