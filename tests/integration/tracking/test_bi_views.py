"""The views that BI tools read, over a real MLflow's tables in a real PostgreSQL."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import factories
import psycopg
import pytest
import sqlalchemy
from psycopg.rows import dict_row
from tests.integration.tracking.conftest import Server

from vttbench.mlflow_server.database import database_uri
from vttbench.tracking.shipping import Shipping

ROOT = Path(__file__).parents[3]
SQL = ROOT / "roles/mlflow/files/bi_views.sql"
READER = "reads-only"  # a name that has to be quoted
DATABASE = "mlflow_bi"


@pytest.fixture(scope="module")
def uri(postgres):
    postgres.make_database(DATABASE)
    return database_uri(
        user="mlflow", password=postgres.password, host="127.0.0.1", port=postgres.port,
        name=DATABASE, ca="",
    )  # fmt: skip


@pytest.fixture(scope="module")
def server(uri, tmp_path_factory):
    one = Server(tmp_path_factory.mktemp("bi"), "--backend-store-uri", uri)
    try:
        one.start()
        yield one
    finally:
        one.kill()


@pytest.fixture(scope="module")
def views(uri, server, postgres):
    """Make the views with the module, as the role does."""
    postgres.sql(f"CREATE ROLE \"{READER}\" LOGIN PASSWORD 'read'")

    def make(sql: Path = SQL, readers=(READER,), *, check: bool = True) -> dict:
        arguments = {"database_uri": uri, "sql": str(sql), "readers": list(readers)}
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("ansible")), "localhost", "-m", "bi_views"),
                *("-e", f"ansible_python_interpreter={sys.executable}"),
                *("-a", json.dumps(arguments)),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "ANSIBLE_INVENTORY": "inventory/local",
                "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_NOCOLOR": "true",
                "VTTBENCH_MLFLOW_ENABLED": "false",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or not check, done.stdout + done.stderr
        answer: dict = json.loads(done.stdout.rpartition(" => ")[2])
        return answer

    assert make()["views"] == ["hosts", "latest", "metrics", "results"]
    return make


@pytest.fixture(scope="module")
def shipped(server, views, tmp_path_factory):
    """One usable result, one that failed, and one whose run was deleted."""
    from mlflow import MlflowClient

    from vttbench.tracking import destination
    from vttbench.tracking.spool import Spool

    checkout = tmp_path_factory.mktemp("checkout")
    spool = Spool(destination.spool_dir(checkout))
    good, gone = factories.result(), factories.result()
    bad = factories.failed_result()
    for one in (good, bad, gone):
        stored = factories.stored(checkout / "results", one, None)
        spool.intend(one.result_id, stored.path, server.uri, "vtt-hw-benchmarks")
    shipping = Shipping(spool, server.uri)
    shipping.ship(spool.pending(server.uri))
    shipping.close()
    assert shipping.tally.left == 0
    client = MlflowClient(server.uri)
    experiment = client.get_experiment_by_name("vtt-hw-benchmarks")
    (run,) = client.search_runs([experiment.experiment_id], f"tags.result_id = '{gone.result_id}'")
    client.delete_run(run.info.run_id)
    return good, bad


@pytest.fixture
def ask(postgres, shipped):
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, dbname=DATABASE, user=READER, password="read",
        row_factory=dict_row, autocommit=True,
    ) as connection:  # fmt: skip
        yield lambda query: connection.execute(query).fetchall()


def test_a_second_run_changes_nothing(views):
    assert views()["changed"] is False


def test_each_result_that_is_there_is_one_row_and_says_what_its_document_says(ask, shipped):
    good, bad = shipped
    rows = {row["result_id"]: row for row in ask("SELECT * FROM bi.results")}
    assert set(rows) == {good.result_id, bad.result_id}
    row = rows[good.result_id]
    assert row["usable"] is True
    assert rows[bad.result_id]["usable"] is False
    assert rows[bad.result_id]["error"] == bad.error.message
    assert (row["host"], row["fleet"], row["benchmark"], row["status"]) == (
        good.host.name, good.host.fleet, good.benchmark.name, good.status.value,
    )  # fmt: skip
    assert row["cpu"] == good.host.cpu
    assert row["comparability_key"] == good.comparability.key
    assert abs((row["finished_at"] - good.finished_at).total_seconds()) < 0.002
    assert row["parameters"]["tool_version"] == good.benchmark.tool_version


def test_a_metric_is_one_row_with_its_interval_and_spread_beside_it(ask, shipped):
    good, _ = shipped
    rows = ask(
        "SELECT metric, value, ci_low, ci_high, cv FROM bi.metrics "
        f"WHERE kind = 'measurement' AND result_id = '{good.result_id}'"
    )
    assert {row["metric"]: row["value"] for row in rows} == {
        metric.name: pytest.approx(metric.value) for metric in good.metrics
    }
    expected = next(metric for metric in good.metrics if metric.ci95)
    found = next(row for row in rows if row["metric"] == expected.name)
    assert (found["ci_low"], found["ci_high"]) == pytest.approx(expected.ci95)
    assert found["cv"] == pytest.approx(expected.cv)


def test_what_measuring_cost_is_told_apart_from_what_was_measured(ask):
    kinds = {row["metric"]: row["kind"] for row in ask("SELECT metric, kind FROM bi.metrics")}
    assert kinds["harness/duration_s"] == "harness"


def test_the_latest_value_is_of_the_newest_usable_result(ask, shipped):
    good, _ = shipped
    assert {row["result_id"] for row in ask("SELECT * FROM bi.latest")} == {good.result_id}


def test_a_host_is_one_row(ask, shipped):
    good, _ = shipped
    (row,) = ask("SELECT * FROM bi.hosts")
    assert (row["host"], row["results"], row["results_not_usable"]) == (good.host.name, 2, 1)


@pytest.mark.parametrize("statement", ["DELETE FROM bi.results", "SELECT * FROM public.runs"])
def test_a_reader_of_the_views_can_read_them_and_nothing_else(ask, statement):
    with pytest.raises(psycopg.Error):
        ask(statement)


def test_views_of_peoples_own_are_named_and_never_removed(views, uri, ask, tmp_path):
    engine = sqlalchemy.create_engine(uri)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE VIEW mine AS SELECT host FROM bi.results")
    other = tmp_path / "other.sql"
    other.write_text(SQL.read_text() + "-- a newer version\n")
    try:
        refused = views(other, check=False)
        assert "mine" in refused["msg"]
        assert ask("SELECT count(*) FROM bi.results")[0]["count"] == 2
    finally:
        with engine.begin() as connection:
            connection.exec_driver_sql("DROP VIEW mine")
    assert views(other)["changed"] is True
    assert views()["changed"] is True


def test_somebody_who_reads_for_ever_does_not_hold_it_up_for_ever(views, postgres, tmp_path):
    other = tmp_path / "other.sql"
    other.write_text(SQL.read_text() + "-- a newer version\n")
    with psycopg.connect(
        host="127.0.0.1", port=postgres.port, dbname=DATABASE, user=READER, password="read"
    ) as reader:
        reader.execute("SELECT * FROM bi.results LIMIT 1")
        assert "lock timeout" in views(other, check=False)["msg"]
    assert views()["changed"] is False


def test_they_are_out_of_the_way_of_a_migration_and_made_anew_after_it(views, uri):
    engine = sqlalchemy.create_engine(uri)
    change = "ALTER TABLE tags ALTER COLUMN value TYPE text"
    with pytest.raises(sqlalchemy.exc.SQLAlchemyError, match="view"), engine.begin() as connection:
        connection.exec_driver_sql(change)
    _module("mlflow_schema")._put_views_away(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert views()["views"] == ["hosts", "latest", "metrics", "results"]


def test_without_readers_they_are_gone(views):
    assert views(readers=[])["changed"] is True
    assert views(readers=[])["changed"] is False
    assert views()["changed"] is True


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f"plugins/modules/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
