"""The dashboard shows what a real MLflow server has, and goes on showing it when it is down."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import factories
import pytest
from conftest import Reader, free_port

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import generation, snapshot
from vttbench.dashboard.store.mirror import Mirror
from vttbench.dashboard.store.status import Status
from vttbench.dashboard.store.synchronising import synchronise


@pytest.fixture
def settings(tmp_path: Path, server, experiment: str) -> Settings:
    return Settings(
        (), tmp_path / "cache", tmp_path / "notes", mlflow_uri=server.uri, experiment=experiment
    )


def ship(checkout: Path, server, experiment: str, *results) -> None:
    for result in results:
        factories.stored(checkout / "results", result)
    subprocess.run(
        [str(Path(sys.executable).parent / "vttbench"), "ship", "--all", "--to", server.uri],
        cwd=checkout,
        env=os.environ | {"VTTBENCH_MLFLOW_EXPERIMENT": experiment},
        check=True,
        capture_output=True,
    )


def shown(settings: Settings) -> set[str]:
    synchronise(settings)
    published = generation.current(settings.cache_dir)
    return set(snapshot.load(published).rows["result_id"]) if published else set()


def test_results_come_once_and_go_when_their_run_is_deleted(settings, checkout, server, experiment):
    first, second = factories.many(2)
    status = Status()
    ship(checkout, server, experiment, first)
    mirror = Mirror(settings)
    mirror.poll(status)
    assert status.server_trouble == ""
    assert shown(settings) == {first.result_id}
    ship(checkout, server, experiment, second)
    mirror.poll(status)
    mirror.poll(status)
    assert shown(settings) == {first.result_id, second.result_id}
    reader = Reader(server.uri, experiment)
    [run] = reader.runs(f"tags.result_id = '{first.result_id}'")
    reader.client.delete_run(run.info.run_id)
    Mirror(settings).poll(status)  # a new one compares everything
    assert shown(settings) == {second.result_id}


def test_tags_that_people_give_a_run_can_be_filtered_by(settings, checkout, server, experiment):
    (one,) = factories.many(1)
    ship(checkout, server, experiment, one)
    mirror, status = Mirror(settings), Status()
    mirror.poll(status)
    shown(settings)
    reader = Reader(server.uri, experiment)
    [run] = reader.runs(f"tags.result_id = '{one.result_id}'")
    reader.client.set_tag(run.info.run_id, "repasted", "true")
    reader.client.set_tag(run.info.run_id, "desk", "4, window")
    mirror.poll(status)
    synchronise(settings, full=True)
    rows = snapshot.load(generation.current(settings.cache_dir)).rows
    assert {"repasted", "desk:4  window"} <= set(rows["tags"].cast(str)[0].split(","))


def test_a_server_that_is_down_leaves_what_is_shown_and_says_so(
    settings, checkout, server, experiment
):
    [one] = factories.many(1)
    ship(checkout, server, experiment, one)
    Mirror(settings).poll(Status())
    dead = Settings(
        (),
        settings.cache_dir,
        settings.notes_path,
        mlflow_uri=f"http://bench:s3cret@127.0.0.1:{free_port()}",
        experiment=experiment,
    )
    status = Status()
    Mirror(dead).poll(status)
    assert "Nothing listens" in status.server_trouble
    assert "s3cret" not in status.server + status.server_trouble
    assert shown(dead) == {one.result_id}
