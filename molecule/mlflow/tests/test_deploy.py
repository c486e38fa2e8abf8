"""What a deploy does when not everything is as it should be. Each leaves the server as it was."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from conftest import Deploy, Server
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from testinfra.host import Host

# Each deploy takes half a minute, and is the same on both.
testinfra_hosts = ["ansible://mlflow-13"]
UNIT = "/etc/systemd/system/mlflow.service"
Login = Callable[..., MlflowClient]


def status(server: Server, name: str, password: str) -> int:
    return httpx.post(
        f"{server.uri}/api/2.0/mlflow/experiments/search",
        json={"max_results": 1},
        auth=(name, password),
    ).status_code


def test_a_port_that_something_else_has_is_named_before_anything_is_changed(
    host: Host, deploy: Deploy
) -> None:
    before = host.file(UNIT).sha256sum
    done = deploy(mlflow_port=5432)
    assert done.returncode != 0
    assert "Port 5432" in done.stdout
    assert "is taken by postgres" in done.stdout
    assert "changed=0" in done.stdout
    assert host.file(UNIT).sha256sum == before


def test_a_wrong_database_password_is_said_clearly_and_hurts_nothing(
    host: Host, server: Server, deploy: Deploy
) -> None:
    done = deploy("-vvv", database_password="not-the-password")
    assert done.returncode != 0
    assert "password authentication failed" in done.stdout
    assert "not-the-password" not in done.stdout.replace("-e database_password=", "")
    assert httpx.get(f"{server.uri}/health").text == "OK"


def test_no_secret_is_in_the_most_talkative_output_of_a_deploy(
    deploy: Deploy, secrets: dict[str, str]
) -> None:
    done = deploy("-vvv")
    assert done.returncode == 0, done.stdout[-3000:]
    for name, secret in secrets.items():
        assert secret not in done.stdout + done.stderr, name


def test_an_interrupted_installation_is_not_taken_for_a_whole_one(
    host: Host, server: Server, deploy: Deploy
) -> None:
    with host.sudo():
        python = host.check_output(f"sed -n 's/^ExecStart=\\([^ ]*\\) .*/\\1/p' {UNIT}")
        environment = python.removesuffix("/bin/python")
        # As it is when the power goes: some of the packages, and no mark.
        host.check_output(f"rm -r {environment}/vttbench-complete.json {environment}/lib/*/*/flask")
    done = deploy()
    assert done.returncode == 0, done.stdout[-3000:]
    assert host.file(f"{environment}/vttbench-complete.json").exists
    with host.sudo():
        host.check_output("systemctl restart mlflow.service")
    server.wait_until_healthy()


def test_a_new_password_and_a_smaller_role_hold_at_once(
    server: Server, deploy: Deploy, login: Login, secrets: dict[str, str]
) -> None:
    old = secrets["viewer_password"]
    assert status(server, "viewer", old) == 200
    made = login("shipper").create_experiment(f"before {id(deploy)}")
    try:
        done = deploy(viewer_password="another-password-2", molecule_shipper_role="viewer")
        assert done.returncode == 0, done.stdout[-3000:]
        # Every worker has forgotten the old one.
        assert [status(server, "viewer", old) for _ in range(10)] == [401] * 10
        assert status(server, "viewer", "another-password-2") == 200
        # Not even into what it made itself.
        with pytest.raises(MlflowException, match="403"):
            login("shipper").create_run(made)
        with pytest.raises(MlflowException, match="403"):
            login("shipper").create_experiment("after")
    finally:
        assert deploy().returncode == 0
        login("admin").delete_experiment(made)
    assert status(server, "viewer", old) == 200


def test_an_account_with_too_short_a_password_is_refused_before_anything_is_changed(
    deploy: Deploy,
) -> None:
    done = deploy(viewer_password="short")
    assert done.returncode != 0
    assert "12 characters" in done.stdout
    assert "changed=0" in done.stdout


def test_an_older_schema_is_backed_up_and_migrated(
    host: Host, server: Server, deploy: Deploy, login: Login
) -> None:
    with host.sudo("postgres"):
        host.check_output("psql -qc 'DROP DATABASE IF EXISTS mlflow_old'")
        host.check_output("psql -qc 'CREATE DATABASE mlflow_old OWNER mlflow'")
    with host.sudo():
        python = host.check_output(f"sed -n 's/^ExecStart=\\([^ ]*\\) .*/\\1/p' {UNIT}")
        host.check_output(f"cat >/root/older.py <<'E'\n{OLDER}\nE\n{python} /root/older.py")
    try:
        done = deploy(mlflow_database_name="mlflow_old")
        assert done.returncode == 0, done.stdout[-3000:]
        assert login("admin").get_experiment_by_name("from before") is not None
        with host.sudo():
            (dump,) = host.check_output("ls /var/lib/mlflow/migrations/mlflow_old-*").splitlines()
            assert host.file(dump).mode == 0o600
            assert "TABLE DATA public experiments" in host.check_output(f"pg_restore -l {dump}")
            assert "changed=0" in deploy("--check", mlflow_database_name="mlflow_old").stdout
    finally:
        assert deploy().returncode == 0
        with host.sudo():
            host.check_output("rm -rf /var/lib/mlflow/migrations /root/older.py")
        with host.sudo("postgres"):
            host.check_output("psql -qc 'DROP DATABASE mlflow_old WITH (FORCE)'")


# Makes the tables as they were one migration ago, with an experiment in them.
OLDER = """
import re, sqlalchemy
from alembic import command
from mlflow.store.db.utils import InitialBase, _get_alembic_config
from alembic.script import ScriptDirectory

uri = re.search('^MLFLOW_BACKEND_STORE_URI="(.*)"$',
                open('/etc/vttbench/mlflow/environment').read(), re.M).group(1)
engine = sqlalchemy.create_engine(sqlalchemy.make_url(uri).set(database='mlflow_old'))
InitialBase.metadata.create_all(engine)
config = _get_alembic_config('')
head = ScriptDirectory.from_config(config).get_revision('head')
with engine.begin() as connection:
    config.attributes['connection'] = connection
    command.upgrade(config, head.down_revision)
    connection.execute(sqlalchemy.text(
        "INSERT INTO experiments (name, artifact_location, lifecycle_stage) "
        "VALUES ('from before', 'mlflow-artifacts:/1', 'active')"))
"""


def test_without_accounts_everybody_may_write(
    server: Server, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    try:
        done = deploy("-e", '{"mlflow_auth": false}')
        assert done.returncode == 0, done.stdout[-3000:]
        made = httpx.post(
            f"{server.uri}/api/2.0/mlflow/experiments/create",
            json={"name": f"of everybody {id(deploy)}"},
        )
        assert made.status_code == 200, made.text
    finally:
        assert deploy().returncode == 0
    assert status(server, "nobody", "nothing") == 401
