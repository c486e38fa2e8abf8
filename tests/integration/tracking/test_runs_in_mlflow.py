"""What a result looks like when MLflow's own client reads it back."""

from __future__ import annotations

import json
import math
from datetime import timedelta

import factories
import pytest

from vttbench.result import Benchmark, Provenance, Status, loads
from vttbench.tracking.layout import milliseconds
from vttbench.tracking.shipping import Shipping
from vttbench.tracking.spool import Entry, Play, utc_now


@pytest.fixture
def ship(uri, experiment, spool, checkout):
    """Write results to disk, note them in the spool, ship them."""

    def one(*results, raw=None):
        for result in results:
            stored = factories.stored(checkout / "results", result, raw)
            spool.intend(result.result_id, stored.path, uri, experiment)
        shipping = Shipping(spool, uri)
        shipping.ship(spool.pending(uri))
        shipping.close()
        return shipping.tally

    return one


def test_an_ai_run_has_the_names_that_the_team_filters_by(ship, reader):
    result = factories.llama_result()
    tally = ship(result)
    assert (tally.problem, tally.refused, tally.left) == (None, {}, 0)
    (run,) = reader.results()
    assert run.info.run_name == "zbook-01-synthetic-llama-3.2-1b-Q4_0"
    assert (
        run.data.params
        | {
            "model": "synthetic-llama-3.2-1b-Q4_0",
            "size_gb": "0.703",
            "hostname": "zbook-01",
            "cpu": "AMD Ryzen AI Max+ 395",
            "memory_gb": "125.4",
        }
        == run.data.params
    )
    assert run.data.metrics["prompt_tps"] == result.metric("prompt_tps").value
    assert run.data.metrics["generation_tps"] == result.metric("generation_tps").value


def test_tags_status_and_times_come_from_the_document(ship, reader):
    result = factories.result()
    ship(result)
    (run,) = reader.results()
    expected = {
        "result_id": result.result_id,
        "suite_id": result.suite_id,
        "session_id": result.session_id,
        "host": "zbook-01",
        "fleet": "zbooks",
        "os": "linux",
        "benchmark": "sevenzip",
        "status": "ok",
        "git_commit": result.provenance.git_commit,
        "comparability_key": result.comparability.key,
    }
    assert run.data.tags | expected == run.data.tags
    assert run.info.status == "FINISHED"
    assert run.info.start_time == milliseconds(result.started_at)
    assert run.info.end_time == milliseconds(result.finished_at)


def test_repeats_are_steps_and_the_value_is_the_last_one(ship, reader):
    result = factories.result()
    ship(result)
    (run,) = reader.results()
    metric = result.metrics[0]
    history = sorted(
        reader.client.get_metric_history(run.info.run_id, metric.name), key=lambda m: m.step
    )
    assert [point.value for point in history[:-1]] == metric.samples
    assert history[-1].value == run.data.metrics[metric.name] == metric.value
    assert history[0].timestamp == milliseconds(result.started_at + timedelta(seconds=9))
    assert run.data.metrics["total_rating_ci_low"] == metric.ci95[0]
    assert run.data.metrics["total_rating_ci_high"] == metric.ci95[1]
    assert run.data.metrics["total_rating_cv"] == metric.cv


def test_document_raw_output_and_telemetry_are_artifacts(ship, reader, checkout):
    result = factories.result(telemetry=factories.telemetry())
    raw = {"stdout 1.txt": b"raw\xff\x00output", "deep/er/ü#%.csv": b"a,b"}
    ship(result, raw=raw)
    (run,) = reader.results()
    (document,) = (checkout / "results").glob("*/*/*.json")
    run_id = run.info.run_id
    assert reader.text(run_id, "result.json") == document.read_bytes()
    files = loads(document.read_bytes()).files
    assert len(files) == 2
    for file in files:
        name = file.path.partition("/")[2]
        assert reader.text(run_id, f"raw/{name}") == (document.parent / file.path).read_bytes()
    assert json.loads(reader.text(run_id, "telemetry.json"))["series"]["clock_mhz"]["unit"] == "MHz"
    assert reader.text(run_id, "telemetry.png").startswith(b"\x89PNG")
    assert run.data.metrics["telemetry/temperature_c_mean"] == 57.25
    assert "missing_files" not in run.data.tags


def test_a_raw_file_that_is_gone_costs_only_itself(ship, reader, checkout, uri, experiment, spool):
    stored = factories.stored(checkout / "results", factories.result(), {"a.txt": b"1"})
    (checkout / "results" / "linux" / "zbook-01" / stored.result.files[0].path).unlink()
    spool.intend(stored.result.result_id, stored.path, uri, experiment)
    assert ship().problem is None
    (run,) = reader.results()
    assert run.data.tags["missing_files"] == stored.result.files[0].path


@pytest.mark.parametrize(
    ("status", "shown"),
    [(Status.UNSTABLE, "FINISHED"), (Status.FAILED, "FAILED"), (Status.PARTIAL, "KILLED")],
)
def test_a_result_that_is_not_ok_says_so(ship, reader, status, shown):
    ship(factories.failed_result(status=status))
    (run,) = reader.results()
    assert run.info.status == shown
    assert run.data.tags["status"] == status.value
    assert run.data.tags["error_kind"] == "crashed"
    assert "exit status 139" in run.data.tags["mlflow.note.content"]


def test_nothing_that_is_no_number_is_ever_sent(ship, reader):
    ship(factories.result(telemetry=factories.telemetry()), factories.llama_result())
    values = [value for run in reader.results() for value in run.data.metrics.values()]
    assert values
    assert all(math.isfinite(value) for value in values)


def test_long_values_and_many_of_them_fit(ship, reader):
    many = {f"parameter {index}": f"value {index}" for index in range(230)}
    metrics = [factories.metric(f"metric_{n}", tuple(range(1, 300))) for n in range(40)]
    benchmark = Benchmark(
        name="custom", version="1", tool="x", parameters=many | {"long": "é" * 20000}
    )
    tally = ship(factories.result(benchmark=benchmark, metrics=metrics))
    assert (tally.refused, tally.problem) == ({}, None)
    (run,) = reader.results()
    assert run.data.params | many == run.data.params
    assert len(run.data.params["long"]) == 6000
    assert run.data.metrics["metric_39"] == 150.0
    assert len(reader.client.get_metric_history(run.info.run_id, "metric_39")) < 60


def test_a_play_is_the_parent_of_its_results(ship, reader, spool, uri, experiment):
    play = Play(
        "019d3c5a-1111-7000-8000-000000000001",
        uri,
        "2026-11-25T07:40:00.000Z",
        experiment,
        playbook="benchmark.yml",
        user="bench",
        controller="ms01",
        hosts=["zbook-01", "zbook-02"],
        tags=["sevenzip"],
        profile="standard",
        sessions="2",
        awx={"job_id": "42", "user_name": "ann"},
    )
    spool.save_play(play)
    provenance = Provenance(vttbench_version="0.1.0", play_id=play.play_id)
    ship(*factories.many(2, provenance=provenance))
    (parent,) = reader.parents()
    assert parent.info.status == "RUNNING"
    assert {run.data.tags["mlflow.parentRunId"] for run in reader.results()} == {parent.info.run_id}
    play.finished_at, play.status = utc_now(), "FAILED"
    spool.save_play(play)
    shipping = Shipping(spool, uri)
    shipping.finish_plays()
    (parent,) = reader.parents()
    assert parent.info.status == "FAILED"
    assert parent.data.params["hosts"] == "zbook-01, zbook-02"
    assert parent.data.params["profile"] == "standard"
    assert parent.data.tags["asked_by"] == "bench@ms01"
    assert parent.data.tags["awx_job_id"] == "42"
    assert json.loads(reader.text(parent.info.run_id, "play.json"))["hosts"] == play.hosts
    assert spool.plays() == []


def test_results_of_a_play_that_nobody_recorded_get_a_parent_all_the_same(ship, reader, uri, spool):
    provenance = Provenance(
        vttbench_version="0.1.0", play_id="019d3c5a-1111-7000-8000-00000000000a", user="bench"
    )
    ship(*factories.many(2, provenance=provenance))
    (parent,) = reader.parents()
    assert parent.data.tags["mlflow.user"] == "bench"
    assert len({run.data.tags["mlflow.parentRunId"] for run in reader.results()}) == 1


def test_a_document_that_can_not_be_read_is_named_and_stays_in_the_spool(
    ship, reader, spool, uri, experiment, checkout
):
    broken = checkout / "results" / "broken.json"
    broken.write_text('{"schema_version": "1.0"')
    spool.intend("broken-1", broken, uri, experiment)
    tally = ship(factories.result())
    assert len(reader.results()) == 1
    assert "broken.json: not a JSON document" in tally.refused["broken-1"]
    assert tally.left == 1
    assert [entry.result_id for entry in spool.pending()] == ["broken-1"]


def test_the_same_result_in_two_places_is_one_run(uri, experiment, spool, checkout, reader):
    result = factories.result()
    first = factories.stored(checkout / "results", result).path
    second = factories.stored(checkout / "copy", result).path
    shipping = Shipping(spool, uri)
    entries = [Entry(str(p), p, uri, experiment, spooled=False) for p in (first, second)]
    shipping.ship(entries)
    assert len(reader.results()) == 1
    assert (shipping.tally.left, len(shipping.tally.shipped)) == (0, 1)
