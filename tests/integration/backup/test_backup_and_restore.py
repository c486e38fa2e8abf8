"""What was backed up comes back, byte for byte, or somebody is told why not."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
from dataclasses import replace

import pytest

from vttbench.backup import status
from vttbench.backup.backing_up import back_up
from vttbench.backup.bucket import Bucket
from vttbench.backup.databases import Databases
from vttbench.backup.errors import BackupError
from vttbench.backup.manifest import read_index
from vttbench.backup.repository import Repository
from vttbench.backup.restoring import restore
from vttbench.backup.settings import Target
from vttbench.backup.target import Copies

needs_rsync = pytest.mark.usefixtures("rsync")
RUNS = """
SET ROLE mlflow;
CREATE TABLE runs (run_uuid text PRIMARY KEY, lifecycle_stage text NOT NULL, note text);
INSERT INTO runs SELECT 'run-' || n, 'active', E'two\\nlines \\\\. and a \\ttab'
    FROM generate_series(1, 250) n;
CREATE TABLE "order" ("user" text);
INSERT INTO "order" VALUES ('reserved words'), (NULL);
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE FUNCTION keep_id() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.id := OLD.id; RETURN NEW; END $$;
CREATE TABLE empty_one (n int GENERATED ALWAYS AS IDENTITY, mood mood, old serial);
CREATE VIEW good_runs AS SELECT * FROM runs;
CREATE SEQUENCE alone;
CREATE SCHEMA notes;
CREATE TABLE notes.mine (n int);
CREATE SCHEMA bi;
CREATE VIEW bi.results AS SELECT * FROM runs;
COMMENT ON SCHEMA bi IS 'made by a deployment';
"""
ACCOUNTS = """
SET ROLE mlflow;
CREATE TABLE alembic_version_auth (version_num text);
INSERT INTO alembic_version_auth VALUES ('x');
CREATE TABLE users (id serial PRIMARY KEY, username text);
INSERT INTO users (username) VALUES ('admin'), ('shipper');
"""


def put(store, key: str, data: bytes, **more) -> None:
    store.client.put_object(store.access.name, key, io.BytesIO(data), len(data), **more)


def checksums(store) -> dict[str, str]:
    found = {}
    for item in store.client.list_objects(store.access.name, recursive=True):
        with store.client.get_object(store.access.name, item.object_name) as response:
            data = response.read(decode_content=False)
        found[item.object_name] = hashlib.sha256(data).hexdigest()
    return found


def empty(store) -> None:
    for item in store.client.list_objects(store.access.name, recursive=True):
        store.client.remove_object(store.access.name, item.object_name)


@pytest.fixture
def filled(settings, postgres, store):
    postgres.sql(RUNS, "mlflow")
    postgres.sql(ACCOUNTS, "mlflow_auth")
    for number in range(30):
        put(store, f"1/run-{number}/artifacts/result.json", f'{{"n": {number}}}'.encode())
    put(store, "1/run-1/artifacts/Überblick (ä) 100%.txt", b"names of people")
    put(store, "1/run-1/artifacts/empty", b"")
    put(store, "1/run-1/artifacts/a", b"a file")
    put(
        store,
        "1/run-1/artifacts/log.gz",
        gzip.compress(b"log" * 1000),
        content_type="text/plain",
        metadata={"content-encoding": "gzip", "machine": "zbook-01"},
    )
    put(store, "1/run-2/artifacts/big.bin", os.urandom(13 << 20), part_size=5 << 20)
    return settings


def lose_everything(settings, postgres, store) -> None:
    for name in settings.database.names:
        postgres.make_database(name)
    empty(store)


def test_everything_comes_back_as_it_was(filled, postgres, store):
    before = checksums(store)
    content = back_up(filled)
    lose_everything(filled, postgres, store)
    restored = restore(filled)
    assert checksums(store) == before
    assert len(before) == content.bucket.objects == restored.objects == restored.written == 35
    assert postgres.sql("SELECT count(*), max(note) FROM runs", "mlflow") == (
        "250|two\nlines \\. and a \ttab"
    )
    assert postgres.sql('SELECT count(*) FROM "order"', "mlflow") == "2"
    assert postgres.sql("SELECT nextval('users_id_seq')", "mlflow_auth") == "3"
    assert postgres.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'runs'", "mlflow") == (
        "mlflow"
    )
    assert restored.rows == {"mlflow": 252, "mlflow_auth": 3}


def test_views_for_bi_tools_are_left_to_the_next_deployment(filled, postgres):
    back_up(filled)
    restore(filled, overwrite=True)
    schemas = postgres.sql(
        "SELECT nspname FROM pg_namespace WHERE nspname IN ('bi', 'notes', 'public') ORDER BY 1",
        "mlflow",
    )
    assert schemas.split() == ["notes", "public"]


def test_an_object_keeps_its_type_and_what_its_author_wrote_on_it(filled, postgres, store):
    back_up(filled)
    lose_everything(filled, postgres, store)
    restore(filled)
    stat = store.client.stat_object(store.access.name, "1/run-1/artifacts/log.gz")
    assert stat.content_type == "text/plain"
    assert stat.metadata["content-encoding"] == "gzip"
    assert stat.metadata["x-amz-meta-machine"] == "zbook-01"


def test_an_object_of_parts_keeps_its_etag_so_that_nothing_is_written_twice(
    filled, postgres, store
):
    back_up(filled)
    lose_everything(filled, postgres, store)
    assert restore(filled).written == 35
    assert restore(filled, overwrite=True).written == 0


def test_the_second_backup_fetches_only_what_is_new(filled, store):
    back_up(filled)
    repository = Repository(filled.directory)
    put(store, "1/run-3/artifacts/new", b"new")
    put(store, "1/run-3/artifacts/result.json", b"changed")
    known = list(read_index(repository.folder()))
    mirrored = Bucket(filled.bucket).mirror(known, repository)
    assert (mirrored.fetched, mirrored.fetched_bytes) == (2, len(b"new") + len(b"changed"))
    assert len(mirrored.objects) == 36


def test_equal_bytes_are_kept_once(filled, store):
    for number in range(20):
        put(store, f"copies/{number}", b"the same")
    back_up(filled)
    name = hashlib.sha256(b"the same").hexdigest()
    assert len(list((filled.directory / "objects").glob(f"??/{name}"))) == 1


def test_a_database_in_use_is_not_overwritten(filled, postgres):
    back_up(filled)
    postgres.sql("SET ROLE mlflow; INSERT INTO runs VALUES ('new', 'active', '')", "mlflow")
    with pytest.raises(BackupError, match=r"mlflow on 127\.0\.0\.1 is in use \(251 rows in public"):
        restore(filled)
    assert postgres.sql("SELECT count(*) FROM runs", "mlflow") == "251"


def test_a_database_in_use_is_replaced_where_that_is_asked_for(filled, postgres):
    back_up(filled)
    postgres.sql("SET ROLE mlflow; CREATE TABLE later (n int); DELETE FROM runs", "mlflow")
    restore(filled, overwrite=True)
    assert postgres.sql("SELECT count(*) FROM runs", "mlflow") == "250"
    assert postgres.sql("SELECT to_regclass('later')", "mlflow") == ""


def test_a_dump_that_breaks_off_leaves_the_database_as_it_was(filled, postgres):
    content = back_up(filled)
    postgres.sql("SET ROLE mlflow; INSERT INTO runs VALUES ('new', 'active', '')", "mlflow")
    folder = filled.directory / "backups" / content.name
    (dump,) = (dump for dump in content.databases if dump.database == "mlflow")
    path = folder / dump.file
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BackupError, match="pg_restore: error"):
        Databases(filled.database).restore(dump, folder)
    assert postgres.sql("SELECT count(*) FROM runs", "mlflow") == "251"


def test_a_database_that_refuses_is_left_as_it_was(filled, postgres):
    back_up(filled)
    postgres.sql("ALTER DATABASE mlflow SET default_transaction_read_only = on")
    try:
        with pytest.raises(BackupError, match="read-only transaction"):
            restore(filled, overwrite=True)
    finally:
        postgres.sql("ALTER DATABASE mlflow RESET default_transaction_read_only")
    assert postgres.sql("SELECT count(*) FROM runs", "mlflow") == "250"


def test_says_which_work_a_restore_would_replace(filled, postgres):
    databases = Databases(filled.database)
    assert databases.work("mlflow") == {"public.runs": 250}
    assert databases.work("mlflow_auth") == {}
    postgres.sql("UPDATE runs SET lifecycle_stage = 'deleted'", "mlflow")
    assert databases.work("mlflow") == {}


def test_a_damaged_dump_is_found_before_anything_is_touched(filled, postgres, store):
    content = back_up(filled)
    lose_everything(filled, postgres, store)
    path = filled.directory / "backups" / content.name / "mlflow_auth.dump"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BackupError, match=r"mlflow_auth\.dump is damaged"):
        restore(filled)
    assert checksums(store) == {}
    assert (
        postgres.sql("SELECT count(*) FROM pg_tables WHERE tableowner = 'mlflow'", "mlflow") == "0"
    )


def test_a_damaged_object_is_found_before_anything_is_touched(filled, postgres, store):
    back_up(filled)
    lose_everything(filled, postgres, store)
    name = hashlib.sha256(b"names of people").hexdigest()
    (path,) = (filled.directory / "objects").glob(f"??/{name}")
    path.write_bytes(b"names of peoplf")
    with pytest.raises(BackupError, match=r"Überblick \(ä\) 100%\.txt .* is missing or damaged"):
        restore(filled)
    assert checksums(store) == {}


def test_an_object_that_changed_on_disk_comes_anew(filled):
    back_up(filled)
    name = hashlib.sha256(b"names of people").hexdigest()
    (path,) = (filled.directory / "objects").glob(f"??/{name}")
    path.write_bytes(b"names of peoplf")
    back_up_later(replace(filled, verify_days=0))
    assert path.read_bytes() == b"names of people"


def back_up_later(settings):
    """Make a second backup; two of the same second would have the same name."""
    repository = Repository(settings.directory)
    (name,) = repository.names()
    folder = repository.folder(name)
    folder.rename(folder.with_name(name[:-2] + "0Z" if name[-2] != "0" else name[:-2] + "1Z"))
    return back_up(settings)


def test_a_wrong_password_leaves_no_backup_and_says_so(filled, password_file):
    password_file.write_text(password_file.read_text().replace("a\\:b", "wrong"))
    with pytest.raises(BackupError, match=r"pg_dump: .*password authentication failed"):
        back_up(filled)
    assert Repository(filled.directory).names() == []
    attempt = status.read(filled.directory)["last_attempt"]
    assert not attempt["ok"]
    assert "password authentication failed" in attempt["error"]


def test_a_bucket_that_is_not_there_leaves_no_backup(filled):
    gone = replace(filled, bucket=replace(filled.bucket, name="nothing-here"))
    with pytest.raises(BackupError, match=r"bucket nothing-here .*NoSuchBucket"):
        back_up(gone)
    assert Repository(filled.directory).names() == []


def test_a_failure_does_not_hide_when_the_last_success_was(filled):
    content = back_up(filled)
    with pytest.raises(BackupError):
        back_up_later(replace(filled, bucket=replace(filled.bucket, secret_key="wrong")))
    known = status.read(filled.directory)
    assert not known["last_attempt"]["ok"]
    assert known["last_success"]["backup"] == content.name
    assert known["last_success"]["objects"] == 35
    assert json.loads((filled.directory / "status.json").read_text()) == known


def test_no_password_reaches_arguments_or_the_backup(filled, postgres):
    back_up(filled)
    for path in filled.directory.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert postgres.password.encode() not in data
            assert filled.bucket.secret_key.encode() not in data


@needs_rsync
def test_copies_come_back_where_the_host_lost_its_backups(filled, postgres, store, tmp_path):
    away = replace(filled, target=Target(str(tmp_path / "share" / "ms01")))
    before = checksums(store)
    content = back_up(away)
    lose_everything(filled, postgres, store)
    (tmp_path / "new host").mkdir()
    rebuilt = replace(away, directory=tmp_path / "new host")
    repository = Repository(rebuilt.directory)
    repository.prepare()
    assert Copies(rebuilt.target).fetch(repository) == content.name
    assert restore(rebuilt).objects == 35
    assert checksums(store) == before


@needs_rsync
def test_a_host_that_lost_its_backups_takes_no_copies_with_it(filled, tmp_path):
    away = replace(filled, target=Target(str(tmp_path / "share")))
    content = back_up(away)
    rebuilt = replace(away, directory=tmp_path / "new host")
    rebuilt.directory.mkdir()
    Repository(rebuilt.directory).prepare()
    Copies(rebuilt.target).send(Repository(rebuilt.directory))
    assert Copies(rebuilt.target).names() == [content.name]


@needs_rsync
def test_a_target_that_is_away_fails_the_run_and_keeps_the_backup(filled):
    away = replace(filled, target=Target("/proc/nothing/here"))
    with pytest.raises(BackupError, match="copy to /proc/nothing/here"):
        back_up(away)
    assert len(Repository(filled.directory).names()) == 1
    assert not status.read(filled.directory)["last_attempt"]["ok"]
