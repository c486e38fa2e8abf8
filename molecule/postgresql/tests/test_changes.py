"""What a later run of the role does to a server that is in use, on one of the hosts."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
import yaml

SCENARIO = Path(__file__).parents[1]
HOST = "postgresql-13"
TLS = {
    "postgresql_tls_certificate": "/etc/ssl/certs/molecule.crt",
    "postgresql_tls_key": "/etc/ssl/private/molecule.key",
}
Converge = Callable[..., str]


@pytest.fixture
def converge(host, tmp_path) -> Converge:
    """Run the role again with other settings."""
    if host.backend.get_hostname() != HOST:
        pytest.skip(f"once is enough: on {HOST}")

    def run(expected: int = 0, check: bool = False, **settings: object) -> str:
        (play,) = yaml.safe_load((SCENARIO / "converge.yml").read_text())
        (role,) = play["roles"]
        role.update(settings)
        path = tmp_path / "converge.yml"
        path.write_text(yaml.safe_dump([play]))
        done = subprocess.run(
            [
                "ansible-playbook",
                "-i",
                str(Path(os.environ["MOLECULE_INVENTORY_FILE"]).parent),
                "--limit",
                HOST,
                *["--check"] * check,
                path,
            ],
            cwd=SCENARIO.parents[1],
            env={**os.environ, "ANSIBLE_NOCOLOR": "true"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == expected, done.stdout[-6000:]
        return done.stdout

    return run


def administrator(host, query: str) -> str:
    with host.sudo():
        return host.check_output("psql -X -At -U postgres -d postgres -c %s", query)


def started(host) -> str:
    return administrator(host, "SELECT pg_postmaster_start_time()")


def connect(host, **more: str) -> psycopg.Connection:
    address = host.ansible.get_variables()["ansible_host"]
    given = {"user": "mlflow", "password": "mlflow's password", "dbname": "mlflow", **more}
    return psycopg.connect(host=address, connect_timeout=20, **given)


def test_a_new_password_replaces_the_old_one(host, converge):
    roles = [
        {"name": "mlflow", "password": "another one", "connection_limit": 150},
        {"name": "reader", "password": "reader-password"},
    ]
    assert "another one" not in converge(postgresql_roles=roles)
    try:
        connect(host, password="another one").close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            connect(host)
    finally:
        converge()
    connect(host).close()


def test_only_settings_that_need_it_restart_the_server(host, converge):
    before = started(host)
    converge(postgresql_settings={"log_min_duration_statement": "5s"})
    assert administrator(host, "SHOW log_min_duration_statement") == "5s"
    assert started(host) == before
    converge(postgresql_settings={"max_worker_processes": 12})
    assert administrator(host, "SHOW max_worker_processes") == "12"
    assert administrator(host, "SHOW log_min_duration_statement") == "-1"
    assert started(host) != before
    converge()


def test_a_run_that_was_cut_off_before_it_loaded_anything_is_made_good(host, converge):
    with host.sudo():
        folder = host.check_output("ls -d /etc/postgresql/*/main/conf.d")
        # The file as the role writes it, later than the server has read it.
        host.check_output("sleep 2; touch %s/vttbench.conf", folder)
    before = administrator(host, "SELECT pg_conf_load_time()")
    assert "changed=1 " in converge()
    assert administrator(host, "SELECT pg_conf_load_time()") > before
    assert "changed=0 " in converge()


def test_a_setting_that_the_server_refuses_is_named(host, converge):
    said = converge(expected=2, postgresql_settings={"work_mem": "plenty"})
    assert "does not accept its configuration" in said
    assert "work_mem" in said
    connect(host).close()
    converge()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(host, converge):
    before = administrator(host, "SELECT pg_conf_load_time()")
    assert "changed=0 " not in converge(postgresql_settings={"jit": False}, check=True)
    assert administrator(host, "SELECT pg_conf_load_time()") == before
    assert administrator(host, "SHOW jit") == "on"


def test_data_of_another_version_is_never_left_behind(converge):
    said = converge(expected=2, postgresql_version="16")
    assert "pg_upgradecluster 17 main -v 16" in said


def test_with_a_certificate_the_network_must_use_tls(host, converge):
    with host.sudo():
        host.check_output(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=molecule"
            " -addext subjectAltName=IP:10.77.0.113"
            " -keyout /etc/ssl/private/molecule.key -out /etc/ssl/certs/molecule.crt"
        )
        host.check_output("chmod 600 /etc/ssl/private/molecule.key")
    converge(**TLS)
    try:
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            connect(host, sslmode="disable")
        with connect(host, sslmode="require") as connection:
            assert connection.pgconn.ssl_in_use
        with host.sudo():
            copy = host.file("/etc/vttbench/postgresql/server.key")
            assert (copy.user, copy.group, copy.mode) == ("root", "postgres", 0o640)
            served = host.check_output(
                "openssl s_client -starttls postgres -connect 127.0.0.1:5432 </dev/null 2>/dev/null"
                " | openssl x509 -noout -subject"
            )
        assert "molecule" in served
        assert "changed=0 " in converge(**TLS)
    finally:
        converge()
    connect(host, sslmode="disable").close()
    with host.sudo():
        assert not host.file("/etc/vttbench/postgresql/server.key").exists
