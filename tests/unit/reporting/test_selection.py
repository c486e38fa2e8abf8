"""Which results a report is about."""

from datetime import timedelta
from pathlib import Path

from vttbench.reporting.selection import Selection, find_run, gather
from vttbench.store import ResultStore


def shown(gathered):
    return [
        (entry.result.host.name, entry.result.suite_id, entry.result.benchmark.name)
        for entry in gathered.results
    ]


def test_latest_suite_of_each_host_by_default(store, make_result):
    store.write(make_result(host="a", suite="old", after_s=0))
    store.write(make_result(host="b", suite="old", after_s=1))
    store.write(make_result(host="a", suite="new", benchmark="fio", after_s=2))
    store.write(make_result(host="a", suite="new", after_s=3))
    assert shown(gather([store.root], Selection())) == [
        ("b", "old", "sevenzip"),
        ("a", "new", "fio"),
        ("a", "new", "sevenzip"),
    ]


def test_latest_is_the_latest_that_has_the_benchmark(store, make_result):
    store.write(make_result(suite="old", benchmark="fio"))
    store.write(make_result(suite="new", after_s=10))
    assert shown(gather([store.root], Selection(benchmark="fio"))) == [("bench-1", "old", "fio")]


def test_hosts_that_share_a_folder_are_both_found(store, make_result):
    store.write(make_result(host="a/b", suite="one"))
    store.write(make_result(host="a-b", suite="two", after_s=5))
    found = shown(gather([store.root], Selection()))
    assert [host for host, _, _ in found] == ["a/b", "a-b"]
    assert [host for host, _, _ in shown(gather([store.root], Selection(host="a/b")))] == ["a/b"]


def test_several_directories_are_one_and_each_result_counts_once(tmp_path, make_result):
    left, right = ResultStore(tmp_path / "left"), ResultStore(tmp_path / "right")
    both = make_result(suite="new", after_s=10)
    left.write(make_result(suite="old"))
    left.write(both)
    right.write(both)
    right.write(make_result(suite="new", benchmark="fio", after_s=20))
    right.write(make_result(host="other", after_s=30))
    assert shown(gather([left.root, right.root], Selection())) == [
        ("bench-1", "new", "sevenzip"),
        ("bench-1", "new", "fio"),
        ("other", "suite-1", "sevenzip"),
    ]


def test_latest_suite_wins_whichever_directory_holds_it(tmp_path, make_result):
    left, right = ResultStore(tmp_path / "left"), ResultStore(tmp_path / "right")
    left.write(make_result(suite="new", after_s=10))
    right.write(make_result(suite="old"))
    for order in ([left.root, right.root], [right.root, left.root]):
        assert [suite for _, suite, _ in shown(gather(order, Selection()))] == ["new"]


def test_suite_play_and_time_select(store, make_result):
    first = store.write(make_result(suite="one", play="p1"))
    store.write(make_result(suite="two", play="p2", after_s=100))
    assert [s for _, s, _ in shown(gather([store.root], Selection(suite_id="one")))] == ["one"]
    assert [s for _, s, _ in shown(gather([store.root], Selection(play_id="p2")))] == ["two"]
    since = first.result.started_at + timedelta(seconds=50)
    assert [s for _, s, _ in shown(gather([store.root], Selection(since=since)))] == ["two"]


def test_broken_document_is_a_problem_once_and_costs_no_other(store, make_result):
    store.write(make_result())
    broken = store.write(make_result(after_s=5)).path
    broken.write_text(broken.read_text()[:-40])
    for selection in (Selection(), Selection(suite_id="suite-1")):
        gathered = gather([store.root], selection)
        assert len(gathered.results) == 1
        assert len(gathered.problems) == 1
        assert str(broken) in gathered.problems[0]


def test_run_is_found_by_the_start_of_its_id(store, make_result):
    wanted = make_result()
    wanted.result_id = "0193abcd-0000-7000-8000-000000000001"
    other = make_result(suite="0193abcd-not-this", after_s=5)
    other.result_id = "0293abcd-0000-7000-8000-000000000002"
    store.write(wanted)
    store.write(other)
    assert [s.result for s in find_run([store.root], "0193ab").results] == [wanted]
    assert find_run([store.root], "ffff").results == []


def test_directory_that_is_not_there_is_empty():
    assert gather([Path("/nonexistent")], Selection()).results == []
