"""The folder of all backups."""

import hashlib

import pytest

from vttbench.backup import manifest
from vttbench.backup.errors import BackupError, BusyError
from vttbench.backup.lock import alone
from vttbench.backup.manifest import Manifest, StoredObject
from vttbench.backup.repository import Repository
from vttbench.backup.retention import Retention

DAYS = ["20261123T023000Z", "20261124T023000Z", "20261125T023000Z"]


@pytest.fixture
def repository(tmp_path):
    made = Repository(tmp_path)
    made.prepare()
    return made


def keep(repository: Repository, data: bytes) -> StoredObject:
    sha256, size = repository.keep([data], lambda _: None)
    return StoredObject(data.decode(), size, "", sha256)


def back_up(repository: Repository, name: str, objects=()) -> None:
    folder = repository.begin(name)
    Manifest(name, "", "", (), None).write(folder)
    manifest.write_index(folder, objects)
    repository.complete(folder)


def test_a_backup_that_is_not_complete_is_none(repository):
    repository.begin(DAYS[0])
    assert repository.names() == []
    with pytest.raises(BackupError, match="there is no backup"):
        repository.folder()


def test_what_an_interrupted_run_left_is_removed(repository):
    (repository.begin(DAYS[0]) / "mlflow.dump").write_bytes(b"half")
    with pytest.raises(RuntimeError):
        repository.keep(broken(), lambda _: None)
    (repository.objects / ".partial-killed").write_bytes(b"half")
    repository.prepare()
    assert list(repository.backups.iterdir()) == []
    assert list(repository.objects.rglob("*")) == []


def broken():
    yield b"begins"
    raise RuntimeError


def test_takes_the_newest_where_none_is_named(repository):
    for name in DAYS:
        back_up(repository, name)
    assert repository.folder().name == DAYS[-1]
    assert repository.folder(DAYS[0]).name == DAYS[0]


@pytest.mark.parametrize("name", ["20200101T000000Z", "../../etc", "."])
def test_a_name_that_is_no_backup_is_refused_with_those_that_are(repository, name):
    back_up(repository, DAYS[0])
    with pytest.raises(BackupError, match=f"there are {DAYS[0]}"):
        repository.folder(name)


def test_old_backups_go_and_with_them_what_only_they_held(repository):
    old, both, new = (keep(repository, data) for data in (b"old", b"both", b"new"))
    back_up(repository, DAYS[0], [old, both])
    back_up(repository, DAYS[1], [both, new])
    assert repository.prune(Retention(1, 0, 0)) == [DAYS[0]]
    assert repository.names() == [DAYS[1]]
    assert not repository.has(old.sha256, old.size)
    assert repository.has(both.sha256, both.size)
    assert repository.has(new.sha256, new.size)


def test_an_index_that_cannot_be_read_removes_no_object(repository):
    item = keep(repository, b"data")
    for name in DAYS[:2]:
        back_up(repository, name, [item])
    (repository.backups / DAYS[1] / manifest.INDEX).write_bytes(b"\x1f\x8bnonsense")
    with pytest.raises(BackupError, match="can't be read"):
        repository.prune(Retention(1, 0, 0))
    assert repository.has(item.sha256, item.size)


def test_objects_are_kept_under_their_checksum(repository):
    item = keep(repository, b"data")
    assert item.sha256 == hashlib.sha256(b"data").hexdigest()
    assert repository.object_path(item.sha256).read_bytes() == b"data"


def test_objects_that_changed_on_disk_are_found_and_discarded(repository):
    good, bad = keep(repository, b"good"), keep(repository, b"bad")
    repository.object_path(bad.sha256).write_bytes(b"baD")
    assert repository.discard_damaged() == {bad.sha256}
    assert repository.has(good.sha256, 4)
    assert not repository.has(bad.sha256, 3)


def test_only_one_works_at_a_time(tmp_path):
    with (
        alone(tmp_path),
        pytest.raises(BusyError, match="another backup or restore"),
        alone(tmp_path),
    ):
        pass
    with alone(tmp_path):
        pass


def test_a_manifest_of_the_future_is_not_guessed_at(repository):
    back_up(repository, DAYS[0])
    path = repository.folder() / manifest.MANIFEST
    path.write_text(path.read_text().replace('"version": 1', '"version": 2'))
    with pytest.raises(BackupError, match="version 2, this program understands 1"):
        manifest.read_manifest(repository.folder())
