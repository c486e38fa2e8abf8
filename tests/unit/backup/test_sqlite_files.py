"""SQLite files of services: copied while they are in use, by somebody who may only read them."""

from __future__ import annotations

import multiprocessing
import os
import sqlite3
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vttbench.backup import manifest, sqlite_files, status
from vttbench.backup.backing_up import back_up
from vttbench.backup.errors import BackupError
from vttbench.backup.repository import Repository
from vttbench.backup.restoring import restore
from vttbench.backup.retention import Retention
from vttbench.backup.settings import Settings
from vttbench.backup.verification import damage
from vttbench.dashboard.notes import NoteStore

AT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    path = tmp_path / "state" / "notes.sqlite"
    NoteStore(path).annotate("repasted", "ada", AT)
    return path


@pytest.fixture
def settings(tmp_path: Path, notes: Path) -> Settings:
    directory = tmp_path / "backups-of-the-server"
    directory.mkdir()
    return Settings(directory, None, None, None, Retention(), sqlite_files=(str(notes),))


def test_what_was_noted_is_in_the_backup(settings: Settings, notes: Path) -> None:
    content = back_up(settings)
    repository = Repository(settings.directory)
    assert manifest.read_manifest(repository.folder()).files == content.files
    (copy,) = content.files
    assert (copy.path, copy.file) == (str(notes), "notes.sqlite")
    assert copy.rows == {"annotation": 1, "revision": 1, "threshold": 0}
    (note,) = NoteStore(repository.folder() / copy.file).annotations()
    assert (note.text, note.author) == ("repasted", "ada")
    assert status.read(settings.directory)["last_success"]["files"] == {str(notes): 2}


def test_what_stands_in_the_log_only_is_copied_too(settings: Settings, notes: Path) -> None:
    store = NoteStore(notes)
    store.annotations()  # Keeps a connection: what is written now stays in the log.
    store.annotate("new fan", "grace", AT)
    assert notes.with_name("notes.sqlite-wal").stat().st_size > 0
    assert back_up(settings).files[0].rows["annotation"] == 2


def become_a_member(group: int) -> None:
    os.setgroups([])
    os.setgid(group)
    os.setuid(65534)  # nobody


@pytest.mark.parametrize("in_use", [False, True], ids=["service stopped", "service at work"])
@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
def test_a_member_of_the_group_needs_no_right_to_write(in_use: bool) -> None:
    # Not pytest's own folder: that one is closed to others.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder, "notes.sqlite")
        store = NoteStore(path)
        if in_use:
            store.annotate("repasted", "ada", AT)
            store.annotations()
        assert path.with_name("notes.sqlite-wal").exists() == in_use
        with ProcessPoolExecutor(
            1, multiprocessing.get_context("fork"), become_a_member, (path.stat().st_gid,)
        ) as others:
            assert not others.submit(os.access, path, os.W_OK).result(60)
            rows = others.submit(sqlite_files.rows_in, path).result(60)
    assert rows["annotation"] == (1 if in_use else 0)


def test_notes_of_before_become_readable_for_their_group(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.touch(mode=0o600)
    NoteStore(path).annotations()
    assert path.stat().st_mode & 0o777 == 0o640
    assert path.with_name("notes.sqlite-wal").stat().st_mode & 0o777 == 0o640


def test_a_service_that_was_never_started_stops_no_backup(settings: Settings) -> None:
    content = back_up(replace(settings, sqlite_files=("/nowhere/notes.sqlite",)))
    assert content.files == ()


def test_a_damaged_file_fails_the_backup_and_is_named(settings: Settings, notes: Path) -> None:
    notes.write_bytes(b"no SQLite file at all" * 100)
    with pytest.raises(BackupError, match=r"notes\.sqlite: .*not a database"):
        back_up(settings)
    assert Repository(settings.directory).names() == []


def test_a_page_that_changed_on_disk_fails_the_backup(settings: Settings, notes: Path) -> None:
    with sqlite3.connect(notes) as database:
        rows = [(str(AT), "", "", "", "word " * 90, "ada", str(AT))] * 200
        database.executemany(
            "INSERT INTO annotation (at, host, workload, result_id, text, author, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    database.close()
    data = bytearray(notes.read_bytes())
    data[20 * 4096 : 20 * 4096 + 8] = b"\xff" * 8
    notes.write_bytes(data)
    with pytest.raises(BackupError, match=r"notes\.sqlite: "):
        back_up(settings)


def test_a_damaged_copy_is_found(settings: Settings) -> None:
    content = back_up(settings)
    repository = Repository(settings.directory)
    path = repository.folder() / content.files[0].file
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert damage(repository, repository.folder()) == [
        f"{path} is damaged: its checksum is another"
    ]
    path.unlink()
    assert damage(repository, repository.folder()) == [f"{path} is missing"]


def test_backups_made_before_files_were_part_of_them_are_read(settings: Settings) -> None:
    content = back_up(settings)
    folder = Repository(settings.directory).folder()
    text = (folder / manifest.MANIFEST).read_text()
    start = text.index(',\n  "files"')
    (folder / manifest.MANIFEST).write_text(text[:start] + ',\n  "version": 1\n}\n')
    assert manifest.read_manifest(folder) == replace(content, files=())


def test_restoring_by_hand_says_where_the_file_is(
    settings: Settings, notes: Path, caplog: pytest.LogCaptureFixture
) -> None:
    back_up(settings)
    with caplog.at_level("INFO"):
        restore(settings)
    assert f"{notes} is left to you or playbooks/restore.yml: {settings.directory}" in caplog.text


def test_says_which_notes_a_restore_would_replace(notes: Path, tmp_path: Path) -> None:
    assert sqlite_files.work(notes) == {"annotation": 1}
    NoteStore(tmp_path / "fresh.sqlite")
    assert sqlite_files.work(tmp_path / "fresh.sqlite") == {}
    assert sqlite_files.work(tmp_path / "none.sqlite") == {}
