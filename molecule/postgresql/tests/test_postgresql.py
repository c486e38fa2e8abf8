"""Who gets in, what they may do there, and how the server stands on its host."""

from __future__ import annotations

import socket
import struct

import psycopg
import pytest

PASSWORDS = {"mlflow": "mlflow's password", "reader": "reader-password"}


@pytest.fixture
def address(host) -> str:
    return host.ansible.get_variables()["ansible_host"]


def connected(address: str, role: str, database: str = "mlflow", **more) -> psycopg.Connection:
    """A connection as any program of the network makes one."""
    return psycopg.connect(
        host=address,
        user=role,
        dbname=database,
        autocommit=True,
        connect_timeout=20,
        **{"password": PASSWORDS[role], **more},
    )


def as_administrator(host, query: str, database: str = "postgres") -> str:
    with host.sudo():
        return host.check_output("psql -X -At -U postgres -d %s -c %s", database, query)


@pytest.fixture
def table(address):
    """A table that the owner made after the role had set everything up, as migrations do."""
    with connected(address, "mlflow") as owner:
        owner.execute("CREATE TABLE IF NOT EXISTS made_later (n int)")
        owner.execute("INSERT INTO made_later VALUES (1)")
        yield "made_later"
        owner.execute("DROP TABLE made_later")


def test_the_owner_works_in_its_databases_from_the_network(address, table):
    with connected(address, "mlflow") as owner:
        assert owner.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
    with connected(address, "mlflow", "mlflow_auth") as owner:
        assert owner.execute("SELECT current_database()").fetchone() == ("mlflow_auth",)


def test_a_wrong_password_is_refused(address):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connected(address, "mlflow", password="wrong")


def test_passwords_are_proven_by_scram_and_stored_so(host, address):
    with pytest.raises(psycopg.OperationalError, match="SASL"):
        connected(address, "mlflow", require_auth="md5")
    stored = as_administrator(host, "SELECT left(rolpassword, 14) FROM pg_authid WHERE rolcanlogin")
    assert set(stored.split()) == {"SCRAM-SHA-256$"}
    assert as_administrator(host, "SHOW password_encryption") == "scram-sha-256"


def test_nobody_is_let_in_from_an_address_that_was_not_named(address):
    # PostgreSQL's first words, from this machine's other address on the lab's bridge.
    words = struct.pack("!i", 196608) + b"user\0mlflow\0database\0mlflow\0\0"
    with socket.create_connection((address, 5432), 20, ("10.77.0.254", 0)) as stranger:
        stranger.sendall(struct.pack("!i", len(words) + 4) + words)
        assert b"no pg_hba.conf entry" in stranger.recv(4096)


def test_the_reader_reads_tables_that_were_made_later(address, table):
    with connected(address, "reader") as reader:
        assert reader.execute(f"SELECT n FROM {table}").fetchall() == [(1,)]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO made_later VALUES (2)",
        "UPDATE made_later SET n = 2",
        "DELETE FROM made_later",
        "TRUNCATE made_later",
        "DROP TABLE made_later",
        "CREATE TABLE mine (n int)",
        "CREATE TEMPORARY TABLE mine (n int)",
        "CREATE ROLE mine",
    ],
)
def test_the_reader_writes_nothing(address, table, statement):
    with (
        connected(address, "reader") as reader,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        reader.execute(statement)


def test_the_reader_sees_no_accounts(address):
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        connected(address, "reader", "mlflow_auth")


def test_even_on_the_host_itself_the_reader_sees_no_accounts(host):
    done = host.run(
        "PGPASSWORD=%s psql -X -h 127.0.0.1 -U reader -d mlflow_auth -c 'SELECT 1'",
        PASSWORDS["reader"],
    )
    assert "permission denied for database" in done.stderr


def test_roles_have_no_more_rights_than_their_databases_need(host):
    roles = as_administrator(
        host,
        "SELECT rolname FROM pg_roles WHERE rolname IN ('mlflow', 'reader') AND (rolsuper"
        " OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls)",
    )
    assert roles == ""
    assert (
        as_administrator(host, "SELECT rolconnlimit FROM pg_roles WHERE rolname = 'mlflow'")
        == "150"
    )


def test_memory_follows_from_the_host(host):
    total = int(host.check_output("awk '/^MemTotal/ {print $2}' /proc/meminfo")) // 1024
    buffers = int(
        as_administrator(
            host, "SELECT setting::int * 8 / 1024 FROM pg_settings WHERE name = 'shared_buffers'"
        )
    )
    assert total / 10 < buffers <= total / 8


def test_nothing_waits_for_a_restart(host):
    assert as_administrator(host, "SELECT name FROM pg_settings WHERE pending_restart") == ""


def test_databases_speak_unicode_and_sort_alike_everywhere(host):
    found = as_administrator(
        host,
        "SELECT DISTINCT pg_encoding_to_char(encoding), datcollate FROM pg_database"
        " WHERE datname LIKE 'mlflow%'",
    )
    assert found == "UTF8|C.UTF-8"


def test_the_server_starts_at_boot_and_is_kept_from_what_it_does_not_need(host):
    assert host.service("postgresql").is_enabled
    with host.sudo():
        unit = host.check_output("systemctl list-units 'postgresql@*' --plain --no-legend").split()[
            0
        ]
        line = host.check_output("systemd-analyze security %s", unit).splitlines()[-1]
    assert float(line.split(":")[1].split()[0]) <= 3.0, line


def test_no_password_is_readable_or_logged(host):
    with host.sudo():
        for password in PASSWORDS.values():
            # In brackets: sudo logs this very command.
            pattern = f"[{password[0]}]{password[1:]}"
            places = "/etc /var/log /var/lib/postgresql /opt /root /tmp"
            assert host.run(f"grep -rlE -- %s {places}", pattern).stdout == ""
