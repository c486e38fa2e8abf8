"""The demo fleet: what is planted is what analysis finds, through the command line."""

import json
from datetime import UTC, datetime

import polars as pl
import pytest
from typer.testing import CliRunner

from vttbench.analysis.columns import SCHEMA
from vttbench.cli import app
from vttbench.demo.bulk import bulk_chunks, bulk_table
from vttbench.demo.fleet import results, truths
from vttbench.result import dumps
from vttbench.store import ResultStore

UNTIL = datetime(2026, 11, 25, 18, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "results"
    done = run("demo-data", "--results-dir", folder, "--until", UNTIL.isoformat(), "--json")
    return folder, json.loads(done.output)


def run(*words, status=0):
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == status, f"{done.output}\n{done.exception!r}"
    return done


def report(folder, *words, status=0):
    return run("report", "--results-dir", folder, *words, status=status).output


def test_every_document_is_valid_and_says_that_nobody_measured_it(demo):
    folder, said = demo
    stored = list(ResultStore(folder).results())
    assert len(stored) == said["results"] == 6 * 24 * 9
    assert all("nobody measured this" in each.result.notes[0] for each in stored)
    assert json.loads((folder / "demo-data.json").read_text())["planted"] == said["planted"]


def test_the_same_seed_gives_the_same_documents():
    first, again = ([dumps(r) for r in results(5, 2, 7, UNTIL)] for _ in range(2))
    assert first == again
    assert first != [dumps(r) for r in results(5, 2, 8, UNTIL)]


def test_the_planted_best_machine_wins_the_lottery(demo):
    folder, said = demo
    (best,) = [truth for truth in said["planted"] if truth["kind"] == "best"]
    (fleet,) = json.loads(report(folder, "--lottery", "--json"))["lottery"]
    assert fleet["winner"] == best["host"]
    assert any(refusal["reason"] == "power_source: mains / battery" for refusal in fleet["refused"])


def test_the_planted_regression_is_found_with_its_driver_and_nothing_else(demo):
    folder, said = demo
    (planted,) = [truth for truth in said["planted"] if truth["kind"] == "regression"]
    found = json.loads(report(folder, "--regressions", "--json"))["regressions"]
    assert {(r["host"], r["metric"]) for r in found} == {(planted["host"], planted["metric"])}
    assert len(found) == 4
    for each in found:
        assert each["interval"][0] < planted["percent"] < each["interval"][1]
        assert each["at"][:10] == planted["since"][:10]
        assert [change["what"] for change in each["changes"]] == ["driver"]


def test_the_planted_improvement_is_one_and_the_planted_nothing_is_nothing(demo):
    folder, said = demo
    found = json.loads(report(folder, "--regressions", "--json"))["improvements"]
    (better,) = [truth for truth in said["planted"] if truth["kind"] == "improvement"]
    assert {(i["host"], i["benchmark"]) for i in found} == {(better["host"], "stream")}


def test_the_planted_throttling_laptop_is_found(demo):
    folder, said = demo
    (hot,) = [truth for truth in said["planted"] if truth["kind"] == "throttling"]
    assert json.loads(report(folder, "--throttling", "--json"))["hosts"] == [hot["host"]]


def test_a_scheduled_job_fails_where_something_got_worse(demo):
    folder, _ = demo
    report(folder, "--regressions", "--fail-on", "regression", status=3)
    report(folder, "--regressions", "--fail-on", "regression", "--host", "ms01")
    report(folder, "--throttling", "--fail-on", "throttling", status=3)
    since = ["--since", "2026-11-20"]
    report(folder, "--regressions", "--fail-on", "regression", *since)


@pytest.mark.parametrize(
    "words",
    [
        ["--lottery", "--weight", "ai=2"],
        ["--compare", "zbooks"],
        ["--regressions"],
        ["--throttling"],
        ["--assign", "examples/team.yml"],
    ],
)
def test_every_report_has_words_markdown_and_json(demo, words):
    folder, _ = demo
    key = {"--compare": "comparison", "--assign": "assignment"}.get(words[0], words[0][2:])
    assert key in json.loads(report(folder, *words, "--json"))
    assert report(folder, *words, "--markdown").startswith("# ")
    assert "demo data: nobody measured them" in " ".join(report(folder, *words).split())


def test_directories_may_be_named_either_way(demo):
    folder, _ = demo
    words = ("--regressions", "--json")
    assert run("report", folder, *words).output == report(folder, *words)
    assert "zbook-03" in report(folder)


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--lottery", "--regressions"], 2),
        (["--lottery", "--fail-on", "regression"], 2),
        (["--fail-on", "regression"], 2),
        (["--lottery", "--csv"], 2),
        (["--lottery", "--weight", "ai"], 2),
        (["--lottery", "--weight", "nothing=2"], 2),
        (["--compare", "nobody"], 1),
        (["--assign", "no-such-file.yml"], 1),
        (["--lottery", "--host", "ms01"], 1),
    ],
)
def test_wrong_words_end_in_a_sentence(demo, words, status):
    from vttbench.cli.errors import UserError

    done = CliRunner().invoke(app, ["report", "--results-dir", str(demo[0]), *words])
    assert isinstance(done.exception, UserError)
    assert done.exception.status == status


def test_demo_data_is_not_written_among_results(demo):
    done = CliRunner().invoke(app, ["demo-data", "--results-dir", str(demo[0])])
    assert "holds results already" in str(done.exception)


def test_a_table_of_many_has_the_same_columns():
    frame = bulk_table(3_000, 40, seed=2)
    assert dict(frame.schema) == SCHEMA
    assert len(frame) == 3_000
    assert frame["started_at"].is_sorted()
    assert frame["result_id"].n_unique() == 3_000
    assert frame.filter(pl.col("status") == "failed")["metric"].null_count() > 0
    assert frame["tags"].str.contains("demo").all()
    assert sum(len(chunk) for chunk in bulk_chunks(2_500, 40, chunk=1_000)) == 2_500


def test_more_hosts_are_more_fleets():
    kinds = {truth.kind for truth in truths(30, 10, 1, UNTIL)}
    assert kinds == {"best", "throttling", "regression", "improvement", "nothing"}
    hosts = {result.host.name for result in results(30, 1, 1, UNTIL)}
    assert len(hosts) == 30
