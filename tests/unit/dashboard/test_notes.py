"""Notes and thresholds are kept for good."""

from datetime import UTC, datetime

import pytest

from vttbench.dashboard.notes import NoteStore

AT = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_note_survives_with_author_and_time(tmp_path):
    NoteStore(tmp_path / "n").annotate("repasted", "ada", AT, host="zbook-01")
    [note] = NoteStore(tmp_path / "n").annotations()
    assert (note.text, note.author, note.at, note.host) == ("repasted", "ada", AT, "zbook-01")
    assert abs((datetime.now(UTC) - note.made_at).total_seconds()) < 60


def test_notes_of_other_machines_and_workloads_stay_away(tmp_path):
    notes = NoteStore(tmp_path / "n")
    notes.annotate("all", "a", AT)
    notes.annotate("one", "a", AT, host="x", workload="w")
    notes.annotate("other", "a", AT, host="y")
    assert [note.text for note in notes.annotations("w", ["x"])] == ["all", "one"]
    assert [note.text for note in notes.annotations("v", ["x"])] == ["all"]


def test_every_change_is_seen_by_others(tmp_path):
    mine, theirs = NoteStore(tmp_path / "n"), NoteStore(tmp_path / "n")
    versions = [theirs.version]
    number = mine.annotate("x", "a", AT)
    versions.append(theirs.version)
    mine.remove(number)
    versions.append(theirs.version)
    mine.bound("m", "", 1.0, None, "a")
    versions.append(theirs.version)
    assert len(set(versions)) == 4


def test_an_empty_note_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Write something"):
        NoteStore(tmp_path / "n").annotate("  ", "a", AT)


def test_a_threshold_of_one_workload_goes_before_that_of_all(tmp_path):
    notes = NoteStore(tmp_path / "n")
    notes.bound("m", "", 10.0, None, "a")
    notes.bound("m", "w", 20.0, 30.0, "a")
    assert notes.threshold("m", "w").broken_by(15)
    assert not notes.threshold("m", "other").broken_by(15)
    assert notes.threshold("m", "w").broken_by(31)
    notes.bound("m", "w", None, None, "a")
    assert not notes.threshold("m", "w").broken_by(15)
