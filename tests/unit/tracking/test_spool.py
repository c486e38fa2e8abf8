"""The outbox survives everything that happens between a measurement and its shipping."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vttbench.tracking import destination
from vttbench.tracking.spool import Play, Spool, SpoolError, utc_now

SERVER = "http://ms01:5000"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(destination.spool_dir(tmp_path))


def written(tmp_path: Path, name: str = "r.json") -> Path:
    path = tmp_path / "results" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    return path


def by_a_process_that_is_gone(code: str) -> None:
    """Run code with `Spool, Path, os, signal` in a process that does not outlive this call."""
    prelude = (
        "import os, signal\nfrom pathlib import Path\n"
        "from vttbench.tracking.spool import Play, Spool\n"
    )
    subprocess.run([sys.executable, "-c", prelude + code], check=False)


def test_a_result_is_pending_until_it_is_done(spool, tmp_path):
    spool.intend("id-1", written(tmp_path), SERVER)
    (entry,) = spool.pending()
    assert (entry.result_id, entry.tracking_uri) == ("id-1", SERVER)
    assert entry.path.is_file()
    spool.done("id-1")
    spool.done("id-1")
    assert spool.pending() == []


def test_an_intent_is_kept_while_its_writer_lives_and_the_result_is_not_there(spool, tmp_path):
    spool.intend("id-1", tmp_path / "results" / "r.json", SERVER)
    assert spool.pending() == []
    written(tmp_path)
    assert [entry.result_id for entry in spool.pending()] == ["id-1"]


def test_an_intent_is_dropped_when_its_writer_died_before_the_result_appeared(spool, tmp_path):
    path = tmp_path / "r.json"
    by_a_process_that_is_gone(
        f"Spool(Path({str(spool.folder)!r})).intend('id-1', Path({str(path)!r}), 'u')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert list(spool.folder.glob("results/*.json"))
    assert spool.pending() == []
    assert not list(spool.folder.glob("results/*.json"))


def test_a_result_whose_writer_was_killed_afterwards_is_pending(spool, tmp_path):
    path = tmp_path / "r.json"
    by_a_process_that_is_gone(
        f"Spool(Path({str(spool.folder)!r})).intend('id-1', Path({str(path)!r}), 'u')\n"
        f"Path({str(path)!r}).write_text('{{}}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert [entry.result_id for entry in spool.pending()] == ["id-1"]


def test_another_process_with_the_same_number_is_not_the_writer(spool, tmp_path):
    spool.intend("id-1", tmp_path / "never.json", SERVER)
    (file,) = spool.folder.glob("results/*.json")
    record = json.loads(file.read_text())
    record["writer"]["process_started"] = "1"
    file.write_text(json.dumps(record))
    assert spool.pending() == []
    assert not file.exists()


def test_entries_are_told_apart_by_destination_and_come_oldest_first(spool, tmp_path):
    path = written(tmp_path)
    for result_id, uri in (("id-3", SERVER), ("id-1", SERVER), ("id-2", "http://other:1")):
        spool.intend(result_id, path, uri)
    assert [entry.result_id for entry in spool.pending(SERVER)] == ["id-1", "id-3"]
    assert [entry.result_id for entry in spool.pending()] == ["id-1", "id-2", "id-3"]


def test_a_checkout_may_be_moved_with_its_spool(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    spool = Spool(destination.spool_dir(old))
    spool.intend("id-1", written(old), destination.embedded_uri(old))
    spool.save_play(Play("p-1", destination.embedded_uri(old), utc_now()))
    shutil.move(old, new)
    moved = Spool(destination.spool_dir(new))
    (entry,) = moved.pending()
    assert entry.path == new / "results" / "r.json"
    assert entry.tracking_uri == destination.embedded_uri(new)
    assert moved.plays()[0].tracking_uri == destination.embedded_uri(new)


def test_a_broken_file_in_the_spool_hides_no_other(spool, tmp_path):
    spool.intend("id-1", written(tmp_path), SERVER)
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", "{}")):
        (spool.folder / "results" / name).write_text(text)
    assert [entry.result_id for entry in spool.pending()] == ["id-1"]


def test_nobody_else_can_read_the_spool(spool, tmp_path):
    spool.intend("id-1", written(tmp_path), "http://u:p@ms01:5000")
    (file,) = spool.folder.glob("results/*.json")
    assert file.stat().st_mode & 0o077 == 0
    assert spool.folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", "a/b", "a b"])
def test_an_identifier_can_not_leave_the_folder(spool, tmp_path, bad):
    with pytest.raises(SpoolError):
        spool.intend(bad, tmp_path / "r.json", SERVER)


def test_a_spool_that_can_not_be_written_names_the_file(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(SpoolError, match=r"file/.*Not a directory"):
        Spool(tmp_path / "file" / "spool").intend("id-1", tmp_path / "r.json", SERVER)


def test_a_play_that_runs_is_not_interrupted(spool):
    spool.save_play(Play("p-1", SERVER, utc_now()))
    assert [play.interrupted for play in spool.plays()] == [False]


def test_a_play_that_was_killed_is_seen_as_interrupted(spool):
    by_a_process_that_is_gone(
        f"Spool(Path({str(spool.folder)!r})).save_play(Play('p-1', 'u', '2026-01-01T00:00:00Z'))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert [play.interrupted for play in spool.plays()] == [True]


def test_a_play_that_ended_is_not_interrupted_and_goes_when_done(spool):
    play = Play("p-1", SERVER, utc_now(), finished_at=utc_now(), status="FINISHED")
    play.writer = {"node": os.uname().nodename, "pid": 2**22 + 1, "process_started": "1", "at": 0}
    spool.save_play(play)
    assert [item.interrupted for item in spool.plays()] == [False]
    spool.play_done("p-1")
    assert spool.plays() == []
