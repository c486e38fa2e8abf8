"""The copy follows the documents, and a step that fails changes nothing."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import factories
import polars as pl
import pytest

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store import generation, snapshot, synchronising
from vttbench.dashboard.store.synchronising import synchronise


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "results").mkdir()
    return Settings((tmp_path / "results",), tmp_path / "cache", tmp_path / "notes.sqlite")


def add(settings: Settings, **fields):
    return factories.stored(settings.results_dirs[0], factories.result(**fields))


def ids(settings: Settings) -> set[str]:
    published = generation.current(settings.cache_dir)
    assert published is not None
    return set(snapshot.load(published).rows["result_id"])


def test_new_documents_come_and_removed_ones_go(settings):
    first = add(settings)
    synchronise(settings)
    assert ids(settings) == {first.result.result_id}
    second = add(settings, host=factories.host("framework"), start=factories.START)
    synchronise(settings)
    assert ids(settings) == {first.result.result_id, second.result.result_id}
    first.path.unlink()
    synchronise(settings)
    assert ids(settings) == {second.result.result_id}


def test_nothing_new_publishes_nothing(settings):
    add(settings)
    synchronise(settings)
    before = generation.current(settings.cache_dir).version
    assert not synchronise(settings).published
    assert generation.current(settings.cache_dir).version == before


def test_a_document_changed_in_place_is_found_by_a_full_look(settings):
    one = add(settings)
    synchronise(settings)
    old = time_of_folder(one.path)
    text = one.path.read_text().replace('"value": 11953.333333333334', '"value": 1.0')
    one.path.write_text(text + "\n")
    os.utime(one.path.parent, ns=(old, old))
    synchronise(settings, full=True)
    published = snapshot.load(generation.current(settings.cache_dir))
    assert published.rows["value"].to_list() == [1.0]


def time_of_folder(path: Path) -> int:
    return path.parent.stat().st_mtime_ns


def test_the_same_result_in_two_directories_counts_once_and_outlives_one_of_them(settings):
    one = add(settings)
    other = settings.results_dirs[0].parent / "copied"
    factories.stored(other, one.result)
    both = Settings((*settings.results_dirs, other), settings.cache_dir, settings.notes_path)
    synchronise(both)
    assert snapshot.load(generation.current(both.cache_dir)).rows.height == 1
    one.path.unlink()
    synchronise(both)
    assert ids(both) == {one.result.result_id}


def test_a_broken_document_is_left_out_and_the_others_are_shown(settings):
    one = add(settings)
    (one.path.parent / "20260101T000000.000Z-broken.json").write_text("{")
    synchronise(settings)
    assert ids(settings) == {one.result.result_id}


def test_a_look_that_fails_half_way_changes_nothing(settings, monkeypatch):
    one = add(settings)
    synchronise(settings)
    before = generation.current(settings.cache_dir)
    add(settings, host=factories.host("framework"))

    real = pl.DataFrame.write_ipc

    def full_disk(frame, file, **options):
        if Path(file).name == "blocks.arrow":
            raise OSError(28, "No space left on device")
        return real(frame, file, **options)

    monkeypatch.setattr(pl.DataFrame, "write_ipc", full_disk)
    with pytest.raises(OSError, match="No space"):
        synchronise(settings)
    assert generation.current(settings.cache_dir) == before
    assert ids(settings) == {one.result.result_id}
    assert not list(settings.cache_dir.glob(".making-*"))


def test_a_damaged_copy_is_made_anew(settings):
    one = add(settings)
    synchronise(settings)
    rows = generation.current(settings.cache_dir).folder / "rows.arrow"
    rows.write_bytes(rows.read_bytes()[:-10])
    assert generation.current(settings.cache_dir) is None
    synchronise(settings)
    assert ids(settings) == {one.result.result_id}


def test_the_first_look_at_many_shows_the_newest_early(settings, monkeypatch):
    monkeypatch.setattr(synchronising, "_FIRST_BATCH", 2)
    newest = [
        add(settings, start=factories.START + timedelta(days=day)).result.result_id
        for day in range(5)
    ][-2:]
    seen = []
    publish = generation.publish

    def watched(*arguments):
        made = publish(*arguments)
        seen.append(ids(settings))
        return made

    monkeypatch.setattr(generation, "publish", watched)
    synchronise(settings)
    assert seen[0] == set(newest)
    assert len(seen[1]) == 5


def test_rows_are_found_by_workload_and_metric(settings):
    add(settings)
    factories.stored(settings.results_dirs[0], factories.llama_result())
    synchronise(settings)
    state = snapshot.load(generation.current(settings.cache_dir))
    for workload, metric in state.summaries.blocks.select("workload", "metric").iter_rows():
        block = state.block(workload, metric)
        assert block["metric"].unique().to_list() == [metric]
        assert block["workload"].unique().to_list() == [workload]
    assert state.block("unknown", "unknown").is_empty()


def test_the_first_results_are_shown_to_whoever_asks_first(settings, monkeypatch):
    """The other worker process may have told a browser of them already."""
    monkeypatch.setattr(snapshot, "_LOOK_S", 3600)
    current = snapshot.Current(settings.cache_dir)
    assert current.get().results == 0
    add(settings)
    synchronise(settings)
    assert current.get().results == 1


def test_the_rows_stay_in_their_file(settings):
    """Worker processes share the pages of a file; what each reads for itself, each has to hold."""
    add(settings)
    synchronise(settings)
    loaded = snapshot.load(generation.current(settings.cache_dir))
    assert str(loaded.folder / "rows.arrow") in Path("/proc/self/maps").read_text()
    assert loaded.rows["value"].is_not_null().all()
