"""The nightly backup as systemd runs it, and the way back."""

from __future__ import annotations

import json

from conftest import BUCKET, DIRECTORY, Server


def test_it_runs_each_night_and_makes_good_what_was_missed(host):
    timer = host.service("vttbench-backup.timer")
    assert timer.is_running
    assert timer.is_enabled
    properties = host.check_output("systemctl show vttbench-backup.timer")
    assert "Persistent=yes" in properties
    assert "OnCalendar=*-*-* 02:30:00" in properties


def test_it_is_kept_from_what_it_does_not_need(host):
    with host.sudo():
        line = host.check_output("systemd-analyze security vttbench-backup.service").splitlines()[
            -1
        ]
    assert float(line.split(":")[1].split()[0]) <= 3.0, line


def test_everything_comes_back(filled: Server):
    assert filled.nightly() == 0
    status = filled.status()
    assert status["last_attempt"]["ok"]
    assert status["last_success"]["objects"] == 20
    assert status["last_success"]["databases"]["mlflow"] == 100
    filled.sql("DROP TABLE runs")
    for item in filled.s3.list_objects(BUCKET, recursive=True):
        filled.s3.remove_object(BUCKET, item.object_name)
    restored = json.loads(filled.backup("restore"))
    assert (restored["objects"], restored["written"]) == (20, 20)
    assert filled.sql("SELECT count(*) FROM runs") == [(100,)]
    with filled.s3.get_object(BUCKET, "1/run-7/log.txt") as response:
        assert response.read() == b"artifact 7"


def test_a_file_that_a_service_has_open_is_in_the_backup(filled: Server):
    """The service's log is open; the backup may read both and write neither."""
    script = (
        "import os, sqlite3, sys, time; os.umask(0o027);"
        "d = sqlite3.connect('/srv/notes/notes.sqlite', isolation_level=None);"
        "d.execute('PRAGMA journal_mode=WAL'); d.execute('DROP TABLE IF EXISTS annotation');"
        "d.execute('CREATE TABLE annotation (text)');"
        "d.execute('INSERT INTO annotation VALUES (1), (2)'); time.sleep(600)"
    )
    with filled.host.sudo():
        filled.host.check_output(
            f'systemd-run -q --unit=notes --uid=notes --gid=notes python3 -c "{script}"'
        )
    try:
        with filled.host.sudo():
            filled.host.check_output(
                "timeout 20 sh -c 'until [ -s /srv/notes/notes.sqlite-wal ]; do sleep 0.2; done'"
            )
        assert filled.nightly() == 0
        files = filled.status()["last_success"]["files"]
        assert files == {"/srv/notes/notes.sqlite": 2}
        (copy,) = json.loads(filled.backup("verify"))["files"]
        assert copy["rows"] == {"annotation": 2}
        work = json.loads(filled.backup("work"))
        assert work["/srv/notes/notes.sqlite"] == {"annotation": 2}
        with filled.host.sudo("vttbench-backup"):
            assert filled.host.run("touch /srv/notes/notes.sqlite").rc != 0
    finally:
        with filled.host.sudo():
            filled.host.check_output("systemctl stop notes; rm -f /srv/notes/*")


def test_work_is_not_overwritten_unasked(filled: Server):
    assert filled.nightly() == 0
    filled.sql("INSERT INTO runs VALUES ('new', 'active')")
    said = filled.backup("restore", expected=1)
    assert "in use (101 rows in public.runs)" in said
    filled.backup("restore", "--overwrite")
    assert filled.sql("SELECT count(*) FROM runs") == [(100,)]


def test_copies_lie_on_another_host_and_come_back_from_there(filled: Server):
    assert filled.nightly() == 0
    status = filled.status()
    newest = status["last_success"]["backup"]
    assert status["last_copy"]["backup"] == newest
    with filled.host.sudo():
        filled.host.check_output(f"rm -rf {DIRECTORY}/backups {DIRECTORY}/objects")
    assert json.loads(filled.backup("fetch")) == {"backup": newest}
    assert json.loads(filled.backup("verify"))["bucket"]["objects"] == 20


def test_two_at_once_do_not_disturb_each_other(server: Server):
    with server.host.sudo("vttbench-backup"):
        holder = f"flock {DIRECTORY}/lock sleep 30 >/dev/null 2>&1 & echo $!"
        process = server.host.check_output(f"cd /; {holder}")
    try:
        said = server.backup("run", expected=75)
        assert "another backup or restore is at work" in said
        assert server.nightly() != 0
    finally:
        with server.host.sudo():
            server.host.run(f"pkill -P {process}; kill {process}")
            server.host.run("systemctl reset-failed vttbench-backup.service")


def test_a_backup_that_fails_is_seen_to_have_failed(filled: Server):
    assert filled.nightly() == 0
    before = filled.status()["last_success"]
    with filled.host.sudo():
        filled.host.check_output("systemctl stop minio")
    try:
        assert filled.nightly() != 0
        with filled.host.sudo():
            state = filled.host.run("systemctl is-failed vttbench-backup.service")
            journal = filled.host.check_output("journalctl -u vttbench-backup -n 20 -o cat")
        assert state.stdout.strip() == "failed"
        assert "can't list" in journal
        status = filled.status()
        assert not status["last_attempt"]["ok"]
        assert status["last_success"] == before
    finally:
        with filled.host.sudo():
            filled.host.check_output("systemctl start minio")
            filled.host.run("systemctl reset-failed vttbench-backup.service")


def test_nobody_else_reads_secrets_or_backups(server: Server, secrets):
    host = server.host
    assert host.run("cat /etc/vttbench/backup/backup.toml").rc != 0 or host.user().name == "root"
    for path in ("/etc/vttbench/backup/pgpass", "/etc/vttbench/backup/ssh_key"):
        with host.sudo():
            file = host.file(path)
            assert (file.user, file.mode) == ("vttbench-backup", 0o600)
    with host.sudo():
        assert host.file("/etc/vttbench/backup/backup.toml").mode == 0o640
        assert host.file(f"{DIRECTORY}/backups").mode == 0o700
        for name in ("secret_key", "database_password"):
            secret = secrets[name].replace("\\", "\\\\")
            pattern = f"[{secret[0]}]{secret[1:]}"
            found = host.run(
                "grep -rlE -- %s /var/log /run/log /etc/systemd /opt/vttbench", pattern
            )
            assert found.stdout == ""
