"""`vttbench ship`, `vttbench runs` and playbooks/ship-results.yml, as users type them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import factories
import pytest
from conftest import Reader, free_port

from vttbench.tracking import destination
from vttbench.tracking.spool import Spool

REPOSITORY = Path(__file__).resolve().parents[3]
PROGRAMS = Path(sys.executable).parent

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(checkout: Path) -> Run:
    def one(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW", "VTTBENCH"))}
        return subprocess.run(
            [str(PROGRAMS / words[0]), *words[1:]],
            cwd=checkout,
            env=clean | {"MLFLOW_DISABLE_TELEMETRY": "true", "COLUMNS": "200"} | environ,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return one


def spooled(spool: Spool, checkout: Path, uri: str, experiment: str, count: int = 3) -> None:
    for result in factories.many(count):
        stored = factories.stored(checkout / "results", result)
        spool.intend(result.result_id, stored.path, uri, experiment)


def test_a_server_that_comes_back_gets_each_result_once(run, spool, checkout, server, experiment):
    spooled(spool, checkout, server.uri, experiment)
    for shipped in (3, 0):
        done = run("vttbench", "ship", "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        assert sum(row["shipped"] for row in json.loads(done.stdout)) == shipped
    assert len(Reader(server.uri, experiment).results()) == 3


def test_a_server_that_is_down_leaves_all_and_says_so(run, spool, checkout, experiment):
    dead = f"http://bench:s3cret@127.0.0.1:{free_port()}"
    spooled(spool, checkout, dead, experiment)
    done = run("vttbench", "ship")
    assert done.returncode == 1
    assert "MLflow: 0 shipped, 3 left -> http://bench:***@127.0.0.1" in done.stdout
    assert "Nothing listens at" in done.stderr
    assert "s3cret" not in done.stdout + done.stderr
    assert len(spool.pending()) == 3


def test_one_destination_that_is_down_does_not_hold_up_another(
    run, spool, checkout, server, experiment
):
    spooled(spool, checkout, f"http://127.0.0.1:{free_port()}", experiment, 1)
    spooled(spool, checkout, server.uri, experiment, 2)
    assert run("vttbench", "ship").returncode == 1
    assert len(Reader(server.uri, experiment).results()) == 2
    assert len(spool.pending()) == 1


def test_what_was_meant_for_one_server_can_go_to_another(run, spool, checkout, server, experiment):
    spooled(spool, checkout, f"http://127.0.0.1:{free_port()}", experiment)
    assert run("vttbench", "ship", "--to", server.uri).returncode == 0
    assert len(Reader(server.uri, experiment).results()) == 3
    assert spool.pending() == []


def test_every_result_of_a_checkout_can_be_shipped_and_stays_one_run(
    run, checkout, server, experiment
):
    for result in factories.many(4):
        factories.stored(checkout / "results", result)
    (checkout / "results" / "linux" / "zbook-01" / "20261125T000000.000Z-x.json").write_text("{")
    for _ in range(2):
        done = run(
            "vttbench", "ship", "--all", "--to", server.uri, VTTBENCH_MLFLOW_EXPERIMENT=experiment
        )
        assert done.returncode == 1  # the broken one is named, and holds up no other
        assert "4 shipped, 1 left" in done.stdout
        assert "20261125T000000.000Z-x.json" in done.stderr
    assert len(Reader(server.uri, experiment).results()) == 4


def test_two_ship_commands_at_once_do_not_collide(run, spool, checkout, server, experiment):
    spooled(spool, checkout, server.uri, experiment, 10)
    command = [str(PROGRAMS / "vttbench"), "ship", "--json"]
    both = [subprocess.Popen(command, cwd=checkout, stdout=subprocess.PIPE) for _ in range(2)]
    replies = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    counts = [sum(row["shipped"] for row in json.loads(reply)) for reply in replies]
    assert sum(counts) == 10
    assert len(Reader(server.uri, experiment).results()) == 10


def test_nothing_to_ship_is_no_error(run, checkout):
    done = run("vttbench", "ship")
    assert (done.returncode, done.stdout) == (0, "Nothing to ship: the spool is empty.\n")


def test_runs_are_listed_as_mlflow_has_them(run, spool, checkout, server, experiment):
    spooled(spool, checkout, server.uri, experiment)
    run("vttbench", "ship")
    where = ("--at", server.uri, "--experiment", experiment)
    listed = json.loads(run("vttbench", "runs", "--json", "--limit", "2", *where).stdout)
    assert [item["name"] for item in listed] == ["zbook-01-sevenzip"] * 2
    assert listed[0]["start_ms"] > listed[1]["start_ms"]
    table = run("vttbench", "runs", *where).stdout
    assert table.count("zbook-01-sevenzip") == 3


def test_runs_of_a_server_that_is_down_are_one_sentence(run):
    done = run("vttbench", "runs", "--at", f"http://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert "Nothing listens at" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_embedded_store_works_with_both(run, spool, checkout, experiment):
    spooled(spool, checkout, destination.embedded_uri(checkout), experiment)
    assert run("vttbench", "ship").returncode == 0
    listed = json.loads(run("vttbench", "runs", "--json", "--experiment", experiment).stdout)
    assert len(listed) == 3
    assert not (checkout / "mlruns").exists()


def test_the_playbook_ships_and_fails_when_something_is_left(
    run, spool, checkout, server, experiment
):
    spooled(spool, checkout, server.uri, experiment)
    (checkout / "playbooks").mkdir()
    playbook = checkout / "playbooks" / "ship-results.yml"
    playbook.write_text((REPOSITORY / "playbooks" / "ship-results.yml").read_text())
    (checkout / "inventory").write_text("")
    command = ("ansible-playbook", "-i", "inventory", str(playbook))
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 shipped, 0 left." in done.stdout
    assert "changed=1" in done.stdout
    assert "changed=0" in run(*command).stdout
    spooled(spool, checkout, f"http://127.0.0.1:{free_port()}", experiment, 1)
    done = run(*command)
    assert done.returncode == 2
    assert "Nothing listens at" in done.stdout
