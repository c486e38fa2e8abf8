"""benchmark.yml from end to end, with real tools on this machine."""

import json

import pytest

from vttbench.result import Status
from vttbench.store import ResultStore

pytestmark = pytest.mark.slow

# Whatever else this machine does while tests run must not decide what they see.
CALM = (
    "-e",
    json.dumps(
        {
            "measure_contamination_thresholds": {
                "foreign_cpu_cores": None,
                "steal_percent": None,
                "psi_memory_percent": None,
            }
        }
    ),
)
SHORT = ("-e", '{"measure_limits": {"warmup": 0, "min_repeats": 2, "max_repeats": 2}}')


def test_installing_twice_changes_nothing_the_second_time(play, results):
    first = play("--tags", "install", "-e", "profile=quick")
    assert first.returncode == 0, first.output
    second = play("--tags", "install", "-e", "profile=quick")
    assert second.counts()["changed"] == 0, second.output
    assert not results.exists()


def test_one_benchmark_by_tag_leaves_one_result_and_a_table(play, results):
    done = play("--tags", "sevenzip", "-e", "profile=quick", *SHORT, *CALM)
    assert done.returncode == 0, done.output
    (stored,) = ResultStore(results).results()
    result = stored.result
    assert result.benchmark.name == "sevenzip"
    assert result.status in (Status.OK, Status.UNSTABLE)
    assert result.provenance.profile == "quick"
    assert result.host.cpu
    assert {"compression", "decompression"} <= {
        metric.name.split("_")[0] for metric in result.metrics
    }
    assert "sevenzip" in done.output.split("PLAY [Bring the results together]")[1]


def test_a_tool_that_is_missing_is_skipped_and_the_rest_is_measured(play, results):
    done = play(
        *("--tags", "run,sevenzip,stream", "-e", "profile=quick", *SHORT, *CALM),
        "-e",
        '{"benchmark_sevenzip_names": ["there-is-no-such-zip"], "benchmark_sevenzip_packages": []}',
    )
    assert done.returncode == 0, done.output
    found = {
        stored.result.benchmark.name: stored.result for stored in ResultStore(results).results()
    }
    assert found["sevenzip"].status is Status.SKIPPED
    assert "there-is-no-such-zip" in found["sevenzip"].error.message
    assert found["stream"].status in (Status.OK, Status.UNSTABLE)


def test_a_benchmark_that_fails_stops_no_other_and_shows_in_the_exit_status(play, results):
    done = play(
        *("--tags", "run,sevenzip,stream", "-e", "profile=quick", *SHORT, *CALM),
        "-e",
        '{"benchmark_stream_threads": 100000}',
    )
    assert done.returncode == 2, done.output
    found = {
        stored.result.benchmark.name: stored.result for stored in ResultStore(results).results()
    }
    assert found["stream"].status is Status.FAILED
    assert found["sevenzip"].status in (Status.OK, Status.UNSTABLE)
    assert "stream is failed" in done.output


def test_models_that_are_all_missing_end_the_run_before_anything_is_measured(
    play, results, tmp_path
):
    (tmp_path / "models").mkdir()
    done = play(
        *("--tags", "llama,sevenzip", "-e", "profile=quick"),
        *("-e", f"benchmark_llama_model_dir={tmp_path / 'models'}"),
    )
    assert done.returncode == 2
    assert str(tmp_path / "models") in done.output
    assert not results.exists()


def test_a_session_that_was_cut_short_is_gone_on_with(play, results):
    first = play("--tags", "sevenzip", "-e", "profile=quick", *SHORT, *CALM)
    assert first.returncode == 0, first.output
    again = play(
        *("--tags", "sevenzip,stream", "-e", "profile=quick", "-e", "resume=true", *SHORT, *CALM)
    )
    assert again.returncode == 0, again.output
    found = [stored.result for stored in ResultStore(results).results()]
    assert sorted(result.benchmark.name for result in found) == ["sevenzip", "stream"]
    assert len({result.suite_id for result in found}) == 1
    assert len({result.session_id for result in found}) == 1
