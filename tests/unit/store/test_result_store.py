"""What the results directory promises."""

import errno
import hashlib
import json
import os
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

import pytest

from vttbench.result import Error, ErrorKind, ResultError, Status, load
from vttbench.store import ResultStore, StoreError, durable
from vttbench.store.naming import safe_name, stem_may_be


def documents(root):
    return sorted(root.glob("*/*/*.json"))


def assert_whole(root):
    """Every document can be read and its files are there with the right content."""
    for path in documents(root):
        for file in load(path).files:
            content = (path.parent / file.path).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file.sha256
            assert len(content) == file.size


def test_document_and_raw_files_lie_under_os_host_and_time(tmp_path, make_result, raw_dir):
    result = make_result(benchmark="llama", variant="gpt-oss 20b/Q4_0")
    stored = ResultStore(tmp_path / "results").write(result, raw_dir)

    folder = tmp_path / "results" / "linux" / "bench-1"
    assert stored.path == folder / "20261125T074512.123Z-llama-gpt-oss-20b-Q4_0.json"
    assert [(file.path, file.size) for file in stored.result.files] == [
        ("20261125T074512.123Z-llama-gpt-oss-20b-Q4_0/1/stderr", 0),
        ("20261125T074512.123Z-llama-gpt-oss-20b-Q4_0/1/stdout", 13),
        ("20261125T074512.123Z-llama-gpt-oss-20b-Q4_0/telemetry.csv", 8),
    ]
    assert load(stored.path) == stored.result
    assert_whole(tmp_path / "results")
    assert documents(tmp_path / "results") == [stored.path]
    assert (raw_dir / "1" / "stdout").exists(), "the caller's folder is left alone"


def test_document_without_raw_files_keeps_its_own_list(tmp_path, make_result):
    stored = ResultStore(tmp_path).write(make_result())
    assert stored.result.files == []
    assert sorted(path.name for path in stored.path.parent.iterdir()) == [stored.path.name]


def test_second_result_of_the_same_moment_takes_the_next_number(tmp_path, make_result, raw_dir):
    store = ResultStore(tmp_path / "results")
    first = store.write(make_result(), raw_dir)
    before = first.path.read_bytes()
    second = store.write(make_result(), raw_dir)
    third = store.write(make_result())

    assert [stored.path.stem for stored in (first, second, third)] == [
        "20261125T074512.123Z-sevenzip",
        "20261125T074512.123Z-sevenzip-2",
        "20261125T074512.123Z-sevenzip-3",
    ]
    assert first.path.read_bytes() == before
    assert_whole(tmp_path / "results")


def test_writers_of_the_same_name_at_once_lose_nothing(tmp_path, make_result, raw_dir):
    store = ResultStore(tmp_path / "results")
    barrier = threading.Barrier(8)

    def write():
        barrier.wait()
        for _ in range(5):
            store.write(make_result(), raw_dir)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = list(store.results())
    assert len({stored.result.result_id for stored in found}) == 40
    assert_whole(store.root)


def test_name_taken_between_look_and_link_is_not_overwritten(tmp_path, make_result, raw_dir):
    store = ResultStore(tmp_path / "results")
    announced = []

    def intrude(path):
        announced.append(path)
        if len(announced) == 1:
            path.write_text("somebody else's")

    stored = store.write(make_result(), raw_dir, announce=intrude)
    assert announced[0].read_text() == "somebody else's"
    assert stored.path == announced[1] == announced[0].with_name(f"{announced[0].stem}-2.json")
    announced[0].unlink()
    assert_whole(store.root)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "..", "", "a/b", "C:\\x", "nul", "COM1.txt", "ü" * 300, ".hidden", "a\0b"],
)
def test_names_from_outside_stay_inside_one_portable_folder(tmp_path, make_result, name):
    store = ResultStore(tmp_path / "results")
    stored = store.write(make_result(host=name, variant=name))
    assert stored.path.resolve().parent.parent == (tmp_path / "results" / "linux").resolve()
    for part in (stored.path.name, stored.path.parent.name):
        assert len(part.encode()) <= 255
        assert part.partition(".")[0].lower() not in {"", "nul", "com1"}
        assert not set(part) & set('<>:"/\\|?*\0')
    assert [found.result.host.name for found in store.results(host=name)] == [name]


def test_long_names_that_begin_alike_stay_different():
    assert safe_name("x" * 200 + "a") != safe_name("x" * 200 + "b")
    assert safe_name("模型") != safe_name("模块")


def test_links_among_raw_files_are_not_followed(tmp_path, make_result, raw_dir):
    secret = tmp_path / "secret"
    secret.write_text("password")
    (raw_dir / "link").symlink_to(secret)
    (raw_dir / "folder").symlink_to(tmp_path)
    stored = ResultStore(tmp_path / "results").write(make_result(), raw_dir)
    assert len(stored.result.files) == 3
    assert not any("secret" in file.path or "link" in file.path for file in stored.result.files)


def test_raw_file_names_become_portable_and_stay_apart(tmp_path, make_result, raw_dir):
    (raw_dir / "a:b").write_text("1")
    (raw_dir / "a?b").write_text("2")
    stored = ResultStore(tmp_path / "results").write(make_result(), raw_dir)
    names = [Path(file.path).name for file in stored.result.files]
    assert {"a-b", "a-b-2"} <= set(names)
    assert_whole(tmp_path / "results")


def test_announcement_comes_before_the_document_has_its_name(tmp_path, make_result):
    seen = []
    stored = ResultStore(tmp_path).write(
        make_result(), announce=lambda path: seen.append((path, path.exists()))
    )
    assert seen == [(stored.path, False)]


def test_failing_announcement_does_not_cost_the_result(tmp_path, make_result):
    def fail(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    stored = ResultStore(tmp_path).write(make_result(), announce=fail)
    assert stored.path.exists()
    assert isinstance(stored.announce_error, OSError)


def test_result_that_could_not_be_read_again_is_refused_before_anything_is_written(
    tmp_path, make_result
):
    result = make_result()
    result.metrics[0].value = float("nan")
    with pytest.raises(ResultError, match="can't be written"):
        ResultStore(tmp_path / "results").write(result)
    unsaid = make_result()
    unsaid.status = Status.FAILED
    with pytest.raises(ResultError, match="needs an error"):
        ResultStore(tmp_path / "results").write(unsaid)
    assert not (tmp_path / "results").exists()


def test_filesystem_without_hard_links_still_never_overwrites(
    tmp_path, make_result, raw_dir, monkeypatch
):
    def no_links(source, target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    store = ResultStore(tmp_path / "results")
    names = [store.write(make_result(), raw_dir).path.stem for _ in range(2)]
    assert names == ["20261125T074512.123Z-sevenzip", "20261125T074512.123Z-sevenzip-2"]
    assert not list((tmp_path / "results").rglob(".*"))
    assert_whole(store.root)


def test_placing_without_links_refuses_a_name_that_is_taken(tmp_path, monkeypatch):
    def no_links(source, target):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    temporary, final = tmp_path / ".new.tmp", tmp_path / "final.json"
    temporary.write_text("new")
    final.write_text("old")
    with pytest.raises(FileExistsError):
        durable.place(temporary, final)
    assert final.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".new.tmp", "final.json"]


def test_write_that_fails_cleans_up_behind_itself(tmp_path, make_result, raw_dir, monkeypatch):
    def full(source, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(StoreError, match="No space left"):
        ResultStore(tmp_path / "results").write(make_result(), raw_dir)
    assert list((tmp_path / "results" / "linux" / "bench-1").iterdir()) == []


def test_unwritable_directory_is_named(tmp_path, make_result):
    (tmp_path / "results").write_text("a file in the way")
    with pytest.raises(
        StoreError,
        match=r"sevenzip on bench-1 to .*results/linux/bench-1: File exists \(.*/results\)",
    ):
        ResultStore(tmp_path / "results").write(make_result())


@pytest.mark.parametrize("step", ["fsync", "link", "open", "mkdir", "rename"])
def test_full_disk_at_any_step_is_said_and_leaves_no_document(
    tmp_path, make_result, raw_dir, monkeypatch, step
):
    store = ResultStore(tmp_path / "results")
    store.write(make_result(host="first"))  # the directory exists
    calls = 0
    real = getattr(os, step) if step not in {"open", "mkdir", "rename"} else getattr(Path, step)

    def full(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls > failing_after:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(*args, **kwargs)

    target = os if step in {"fsync", "link"} else Path
    failures = 0
    for failing_after in range(50):  # noqa: B007  # full() reads it
        calls = 0
        before = documents(store.root)
        try:
            with monkeypatch.context() as patched:
                patched.setattr(target, step, full)
                store.write(make_result(), raw_dir)
        except StoreError as error:
            assert "No space left on device" in str(error)  # noqa: PT017
            # The last flush comes after the name was given: the document may stand, then whole.
            assert_whole(store.root)
            assert len(documents(store.root)) - len(before) <= (step == "fsync")
            failures += 1
        else:
            break
    assert failures >= 1
    assert len(documents(store.root)) == len(before) + 1
    assert_whole(store.root)


@pytest.mark.parametrize("links", [True, False])
def test_kill_at_any_line_leaves_no_document_or_a_whole_one(
    tmp_path, make_result, raw_dir, monkeypatch, links
):
    """A child is killed at its n-th line of store code, for every n."""
    if not links:

        def no_links(source, target):
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr(os, "link", no_links)
    # A killed process loses nothing that the kernel has; flushing guards against power cuts only.
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    store_code = str(Path(durable.__file__).parent)
    outcomes = []
    for n in range(1, 5000):
        root = tmp_path / f"results-{n}"
        child = os.fork()
        if child == 0:
            lines = 0

            def trace(frame, event, argument, n=n):
                nonlocal lines
                if not frame.f_code.co_filename.startswith(store_code):
                    return None
                if event == "line":
                    lines += 1
                    if lines == n:
                        os.kill(os.getpid(), signal.SIGKILL)
                return trace

            sys.settrace(trace)
            ResultStore(root).write(make_result(), raw_dir)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        found = documents(root)
        assert len(found) <= 1
        assert_whole(root)
        outcomes.append(len(found))
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        # Whatever the dead writer left behind, the next one succeeds.
        after = ResultStore(root).write(make_result(), raw_dir)
        assert len(documents(root)) == len(found) + 1
        assert load(after.path).files
        assert_whole(root)
    assert outcomes[0] == 0
    assert outcomes[-1] == 1
    assert outcomes == sorted(outcomes), "once there, it stays"
    assert outcomes.count(0) > 50


def test_one_broken_document_is_reported_and_the_others_are_read(tmp_path, make_result):
    store = ResultStore(tmp_path)
    good = [store.write(make_result(after_s=second)) for second in range(3)]
    good[1].path.write_text('{"schema_version": "1.0"')
    (good[1].path.parent / "notes.json").write_bytes(b"\xff\xfe")
    (good[1].path.parent / ".hidden.json").write_text("an editor's")
    errors = []
    found = list(store.results(on_error=lambda path, error: errors.append((path, str(error)))))

    assert [stored.path for stored in found] == [good[0].path, good[2].path]
    assert {path.name for path, _ in errors} == {good[1].path.name, "notes.json"}
    assert all(str(path) in message for path, message in errors)
    with pytest.raises(ResultError, match="not a JSON document"):
        list(store.results())


def test_selection_by_host_benchmark_suite_and_time(tmp_path, make_result):
    store = ResultStore(tmp_path)
    store.write(make_result(host="a", benchmark="fio", variant="randread", after_s=0))
    store.write(make_result(host="b", benchmark="fio-like", after_s=1))
    store.write(make_result(host="a", benchmark="stream", suite="suite-2", after_s=2))
    store.write(make_result(host="a/b", benchmark="stream", after_s=3))
    store.write(make_result(host="a-b", benchmark="stream", after_s=4))

    def hosts(**wanted):
        return [stored.result.host.name for stored in store.results(**wanted)]

    assert hosts() == ["a", "b", "a", "a/b", "a-b"]
    assert hosts(newest_first=True) == ["a-b", "a/b", "a", "b", "a"]
    assert hosts(host="a/b") == ["a/b"]
    assert hosts(benchmark="fio") == ["a"]
    assert hosts(suite_id="suite-2") == ["a"]
    start = store.latest(benchmark="fio").result.started_at
    assert hosts(since=start + timedelta(seconds=2.5)) == ["a/b", "a-b"]
    assert store.latest(host="a").result.benchmark.name == "stream"
    assert store.latest(host="nobody") is None


def test_names_decide_before_files_are_opened(tmp_path, make_result):
    store = ResultStore(tmp_path)
    store.write(make_result(host="a", benchmark="fio"))
    other = store.write(make_result(host="b", benchmark="stream"))
    other.path.write_text("would be an error if it were opened")
    assert [stored.result.host.name for stored in store.results(host="a")] == ["a"]
    assert [stored.result.host.name for stored in store.results(benchmark="fio")] == ["a"]


def test_renamed_document_is_found_by_its_content(tmp_path, make_result):
    store = ResultStore(tmp_path)
    stored = store.write(make_result(benchmark="fio"))
    stored.path.rename(stored.path.with_name("best ever.json"))
    assert [found.path.name for found in store.results(benchmark="fio")] == ["best ever.json"]
    assert stem_may_be("best ever", benchmark="fio", since=None)


def test_content_decides_where_names_and_bytes_only_hint(tmp_path, make_result):
    store = ResultStore(tmp_path)
    mentioning = make_result(suite="suite-1")
    mentioning.notes = ["suite-2", "play-2"]
    stored = store.write(mentioning)
    stored.path.rename(stored.path.with_name("renamed.json"))
    assert list(store.results(suite_id="suite-2")) == []
    assert list(store.results(play_id="play-2")) == []
    later = stored.result.started_at + timedelta(seconds=1)
    assert list(store.results(since=later)) == []
    assert len(list(store.results(suite_id="suite-1"))) == 1


def test_no_directory_means_no_results(tmp_path):
    assert list(ResultStore(tmp_path / "nowhere").results()) == []


def test_fields_of_a_later_minor_version_are_written_back(tmp_path, make_result):
    store = ResultStore(tmp_path)
    path = store.write(make_result()).path
    data = json.loads(path.read_text())
    data["schema_version"], data["later"] = "1.7", {"x": [1, None]}
    path.write_text(json.dumps(data))
    again = store.write(store.read(path).result)
    assert json.loads(again.path.read_text())["later"] == {"x": [1, None]}


def test_error_of_a_failed_result_survives(tmp_path, make_result):
    result = make_result().model_copy(
        update={
            "status": Status.FAILED,
            "metrics": [],
            "error": Error(kind=ErrorKind.TIMEOUT, message="too slow", retryable=True),
        }
    )
    stored = ResultStore(tmp_path).write(result)
    assert load(stored.path).error == result.error
