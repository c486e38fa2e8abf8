"""Suites are remembered, shared by the hosts of a run, and gone on with."""

from __future__ import annotations

import json
import multiprocessing
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from vttbench.suite.errors import SuiteError
from vttbench.suite.suites import Request, Suite, open_suite, suites

REQUEST = Request(host="zbook-01", profile="quick", play_id="play-1", sessions=2)


def test_a_new_suite_is_on_disk_with_all_that_resuming_needs(tmp_path: Path) -> None:
    suite = open_suite(tmp_path, replace(REQUEST, seed=5, model_config_mode="light"))
    assert UUID(suite.suite_id).version == 7
    data = json.loads((tmp_path / "suites" / f"{suite.suite_id}.json").read_text())
    assert data["profile"] == "quick"
    assert (data["sessions"], data["seed"], data["model_config_mode"]) == (2, 5, "light")
    assert data["hosts"] == {"zbook-01": suite.session_ids("zbook-01")}
    assert len(set(suite.session_ids("zbook-01"))) == 2
    assert data["created_at"].endswith("Z")


def test_hosts_of_one_run_share_a_suite_and_no_session(tmp_path: Path) -> None:
    one = open_suite(tmp_path, REQUEST)
    other = open_suite(tmp_path, replace(REQUEST, host="zbook-02"))
    assert (other.suite_id, other.seed) == (one.suite_id, one.seed)
    assert not set(one.session_ids("zbook-01")) & set(other.session_ids("zbook-02"))
    assert other.session_ids("zbook-01") == one.session_ids("zbook-01")


def test_another_run_begins_another_suite(tmp_path: Path) -> None:
    one = open_suite(tmp_path, REQUEST)
    other = open_suite(tmp_path, replace(REQUEST, play_id="play-2"))
    assert one.suite_id < other.suite_id
    assert [suite.suite_id for suite in suites(tmp_path)] == [other.suite_id, one.suite_id]


def test_resume_goes_on_with_the_latest_suite_of_host_and_profile(tmp_path: Path) -> None:
    open_suite(tmp_path, REQUEST)
    wanted = open_suite(tmp_path, replace(REQUEST, play_id="play-2"))
    open_suite(tmp_path, replace(REQUEST, play_id="play-3", profile="full"))
    open_suite(tmp_path, replace(REQUEST, play_id="play-4", host="zbook-02"))
    resumed = open_suite(tmp_path, replace(REQUEST, play_id="play-5"), resume=True)
    assert resumed == wanted


def test_resume_without_an_earlier_suite_begins_one(tmp_path: Path) -> None:
    open_suite(tmp_path, replace(REQUEST, profile="full"))
    suite = open_suite(tmp_path, replace(REQUEST, play_id="play-2"), resume=True)
    assert suite.profile == "quick"
    assert suite.play_id == "play-2"


def test_a_host_that_could_not_be_reached_joins_the_suite_it_was_meant_for(tmp_path: Path) -> None:
    begun = open_suite(tmp_path, replace(REQUEST, hosts=("zbook-01", "zbook-02")))
    assert begun.session_ids("zbook-02") == []
    later = open_suite(tmp_path, replace(REQUEST, host="zbook-02", play_id="p2"), resume=True)
    assert later.suite_id == begun.suite_id
    assert len(later.session_ids("zbook-02")) == 2


def test_resume_keeps_seed_and_sessions_and_adds_those_that_are_asked_for(tmp_path: Path) -> None:
    begun = open_suite(tmp_path, replace(REQUEST, seed=5))
    ids = begun.session_ids("zbook-01")
    same = open_suite(tmp_path, replace(REQUEST, play_id="p2", sessions=None, seed=9), resume=True)
    assert (same.seed, same.session_ids("zbook-01")) == (5, ids)
    fewer = open_suite(tmp_path, replace(REQUEST, play_id="p3", sessions=1), resume=True)
    assert fewer.session_ids("zbook-01") == ids
    more = open_suite(tmp_path, replace(REQUEST, play_id="p4", sessions=4), resume=True)
    assert more.session_ids("zbook-01")[:2] == ids
    assert len(more.session_ids("zbook-01")) == more.sessions == 4
    assert next(suites(tmp_path)) == more


def test_the_profile_says_how_many_sessions_where_nobody_does(tmp_path: Path) -> None:
    assert open_suite(tmp_path, replace(REQUEST, sessions=None)).sessions == 1
    full = replace(REQUEST, play_id="p2", profile="full", sessions=None)
    assert open_suite(tmp_path, full).sessions == 3


def test_looking_ahead_writes_nothing(tmp_path: Path) -> None:
    suite = open_suite(tmp_path / "state", REQUEST, record=False)
    assert len(suite.session_ids("zbook-01")) == 2
    assert not (tmp_path / "state").exists()


def test_a_torn_file_hinders_resuming_by_its_name_and_nothing_else(tmp_path: Path) -> None:
    suite = open_suite(tmp_path, REQUEST)
    path = tmp_path / "suites" / f"{suite.suite_id}.json"
    path.write_text(path.read_text()[:40])
    with pytest.raises(SuiteError, match=str(path)):
        open_suite(tmp_path, replace(REQUEST, play_id="p2"), resume=True)
    assert open_suite(tmp_path, replace(REQUEST, play_id="p3")).suite_id != suite.suite_id


def test_nonsense_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="sessions is 0"):
        open_suite(tmp_path / "state", replace(REQUEST, sessions=0))
    with pytest.raises(SuiteError, match="'fast'"):
        open_suite(tmp_path / "state", replace(REQUEST, profile="fast"))
    assert not (tmp_path / "state").exists()


def _open(state_dir: Path, host: str) -> Suite:
    return open_suite(state_dir, replace(REQUEST, host=host))


def test_many_processes_at_once_share_one_suite_and_lose_no_host(tmp_path: Path) -> None:
    hosts = [f"host-{number}" for number in range(12)]
    with multiprocessing.get_context("fork").Pool(6) as pool:
        opened = pool.starmap(_open, [(tmp_path, host) for host in hosts])
    [kept] = suites(tmp_path)
    assert {suite.suite_id for suite in opened} == {kept.suite_id}
    assert kept.hosts.keys() == set(hosts)
    for host, suite in zip(hosts, opened, strict=True):
        assert kept.session_ids(host) == suite.session_ids(host)
    assert [path.name for path in (tmp_path / "suites").glob("*.json")] == [f"{kept.suite_id}.json"]
