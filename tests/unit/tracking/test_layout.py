"""Names, parameters, tags and metrics of a run; what MLflow does with them: integration tests."""

from __future__ import annotations

import math
import re

import factories
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.result import Benchmark, Provenance
from vttbench.tracking import layout
from vttbench.tracking.backend import Point
from vttbench.tracking.limits import batches

# What MLflow's server checks names against, and that a name is a relative, normal path.
ALLOWED = re.compile(r"[A-Za-z0-9_\-./ ]+")


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("prompt_tps",), "prompt_tps"),
        (("telemetry", "Tctl°C_mean"), "telemetry/Tctl_C_mean"),
        (("a:b*c",), "a_b_c"),
        (("/etc/../x",), "etc/x"),
        (("gpu0 / edge",), "gpu0/edge"),
    ],
)
def test_names_are_made_fit_for_mlflow(parts, name):
    assert layout.metric_name(*parts) == name


@given(st.lists(st.text(), min_size=1))
def test_whatever_a_name_is_made_of_mlflow_takes_it(parts):
    try:
        name = layout.metric_name(*parts)
    except ValueError:
        return
    assert ALLOWED.fullmatch(name)
    assert len(name) <= 250
    assert not name.startswith("/")
    assert not any(step.strip(" ") in ("", ".", "..") for step in name.split("/"))
    assert layout.metric_name(name) == name


def test_everything_that_is_logged_has_a_name_that_mlflow_takes():
    result = factories.llama_result(telemetry=factories.telemetry())
    content = layout.of_result(result)
    for name in [*content.params, *(point.key for point in content.metrics)]:
        assert ALLOWED.fullmatch(name), name


def test_runs_are_named_by_model_or_benchmark():
    assert layout.run_name(factories.llama_result()) == "zbook-01-synthetic-llama-3.2-1b-Q4_0"
    fio = Benchmark(name="fio", version="1", tool="fio", variant="randread")
    assert layout.run_name(factories.result(benchmark=fio)) == "zbook-01-fio-randread"
    assert layout.run_name(factories.result()) == "zbook-01-sevenzip"


def test_a_parameter_of_the_benchmark_does_not_hide_one_of_ours():
    benchmark = Benchmark(name="b", version="1", tool="t", parameters={"cpu": "pinned to 3"})
    params = layout.of_result(factories.result(benchmark=benchmark)).params
    assert params["cpu"] == "AMD Ryzen AI Max+ 395"
    assert params["parameter/cpu"] == "pinned to 3"


def test_what_is_not_known_is_absent_and_not_none():
    host = factories.host(gpu=None, memory_gb=None, fleet=None)
    content = layout.of_result(factories.result(host=host))
    assert "memory_gb" not in content.params
    assert "fleet" not in content.tags
    assert "None" not in [*content.params.values(), *content.tags.values()]


def test_a_value_that_slipped_through_as_nan_is_not_logged():
    metric = factories.metric().model_copy(update={"value": math.nan, "cv": math.inf})
    result = factories.result().model_copy(update={"metrics": [metric]})
    points = layout.of_result(result).metrics
    assert points
    assert all(math.isfinite(point.value) for point in points)


def test_the_same_document_always_gives_the_same_run():
    result = factories.result(
        provenance=Provenance(vttbench_version="0", play_id="p"), telemetry=factories.telemetry()
    )
    assert layout.of_result(result) == layout.of_result(result)


def test_of_many_repeats_only_some_become_steps_and_keep_their_number():
    samples = tuple(float(n) for n in range(500))
    points = layout.of_result(factories.result(metrics=[factories.metric("m", samples)])).metrics
    history = [point for point in points if point.key == "m"]
    assert len(history) <= 49
    assert all(point.value == point.step for point in history[:-1])
    assert history[-1].step == 500
    assert history[-1].value == 249.5


@given(st.integers(0, 2500), st.integers(0, 250), st.integers(0, 250))
def test_batches_hold_everything_once_and_fit(metrics, params, tags):
    points = [Point(f"m{n}", 1.0, 0, 0) for n in range(metrics)]
    pairs = {f"p{n}": "" for n in range(params)}
    marks = {f"t{n}": "" for n in range(tags)}
    cut = list(batches(points, pairs, marks))
    assert [point for some, _, _ in cut for point in some] == points
    assert {key: value for _, some, _ in cut for key, value in some.items()} == pairs
    assert {key: value for _, _, some in cut for key, value in some.items()} == marks
    for some_points, some_pairs, some_marks in cut:
        assert len(some_pairs) <= 100
        assert len(some_marks) <= 100
        assert 0 < len(some_points) + len(some_pairs) + len(some_marks) <= 1000
    first_tags = next((n for n, batch in enumerate(cut) if batch[2]), len(cut))
    assert not any(batch[0] or batch[1] for batch in cut[first_tags + 1 :])


def test_a_single_repeat_is_a_single_point():
    result = factories.result(metrics=[factories.metric("m", (5.0,))])
    points = [point for point in layout.of_result(result).metrics if point.key == "m"]
    assert [(point.value, point.step) for point in points] == [(5.0, 0)]


def test_every_tag_of_ours_is_known_as_ours():
    for one in (factories.result(), factories.llama_result(), factories.failed_result()):
        names = {name for name in layout.of_result(one).tags if not name.startswith("mlflow.")}
        assert names <= layout.RESULT_TAGS
