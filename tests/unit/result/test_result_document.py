"""What the result document promises to everybody who passes it on."""

import copy
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from vttbench.result import (
    SCHEMA_VERSION,
    Comparability,
    Metric,
    ResultError,
    UnknownSchemaVersionError,
    comparability_of,
    dumps,
    json_schema,
    load,
    loads,
    parse_time,
)

DOCS = Path(__file__).parents[3] / "docs" / "schema"
many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@many
@given(st.data())
def test_every_document_reads_back_as_it_was_written(any_result, data):
    result = data.draw(any_result)
    text = dumps(result)
    again = loads(text)
    assert again == result
    assert dumps(again) == text
    assert text.encode()  # what is written is UTF-8


@many
@given(st.data())
def test_every_document_validates_against_the_published_schema(any_result, data):
    result = data.draw(any_result)
    published = json.loads((DOCS / f"result-{SCHEMA_VERSION}.schema.json").read_text())
    Draft202012Validator(published).validate(json.loads(dumps(result)))


def test_published_schema_is_the_one_of_the_code():
    published = json.loads((DOCS / f"result-{SCHEMA_VERSION}.schema.json").read_text())
    assert published == json_schema(), "run: make schema"
    Draft202012Validator.check_schema(published)


@pytest.mark.parametrize("field", ["suite_id", "host", "status", "metrics.0.samples"])
def test_published_schema_refuses_a_document_without(plain_result, field):
    *parents, last = field.split(".")
    place = plain_result
    for parent in parents:
        place = place[int(parent) if parent.isdigit() else parent]
    del place[last]
    with pytest.raises(ValidationError, match="is a required property"):
        Draft202012Validator(json_schema()).validate(plain_result)


@many
@given(st.data())
def test_comparability_key_can_be_computed_again_from_the_stored_fields(any_scalars, data):
    stored = comparability_of(data.draw(any_scalars))
    read = Comparability.model_validate_json(stored.model_dump_json(exclude_none=True))
    assert comparability_of(read.fields) == stored


def test_unknown_field_value_counts_in_the_comparability_key():
    assert comparability_of({"driver": None}).key != comparability_of({}).key
    assert comparability_of({"driver": None}).key != comparability_of({"driver": "x"}).key
    assert comparability_of({"a": 1, "b": 2}) == comparability_of({"b": 2, "a": 1})


def test_later_minor_version_is_read_and_its_fields_are_kept(plain_result):
    plain_result["schema_version"] = "1.9"
    plain_result["later"] = {"deep": [1, None, "x"]}
    plain_result["host"]["colour"] = "grey"
    plain_result["metrics"][0]["quantiles"] = [1, 2]
    data = json.loads(dumps(loads(json.dumps(plain_result))))
    assert data["schema_version"] == "1.9"
    assert data["later"] == {"deep": [1, None, "x"]}
    assert data["host"]["colour"] == "grey"
    assert data["metrics"][0]["quantiles"] == [1, 2]


@pytest.mark.parametrize("version", ["2.0", "3", 2, "10.1"])
def test_later_major_version_is_refused_with_what_to_do(plain_result, version):
    plain_result["schema_version"] = version
    with pytest.raises(UnknownSchemaVersionError, match=r"a\.json.*newer.*update vttbench"):
        loads(json.dumps(plain_result), source="a.json")


@pytest.mark.parametrize("version", [None, "", "one", "0.9", "-1.0", True, [1]])
def test_version_that_never_was_is_refused(plain_result, version):
    plain_result["schema_version"] = version
    with pytest.raises(ResultError, match=r"a\.json: schema_version"):
        loads(json.dumps(plain_result), source="a.json")


def test_document_without_version_is_refused(plain_result):
    del plain_result["schema_version"]
    with pytest.raises(ResultError, match="schema_version"):
        loads(json.dumps(plain_result))


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
@pytest.mark.parametrize(
    "place", [("metrics", 0, "value"), ("metrics", 0, "samples", 0), ("host", "details", "x")]
)
def test_what_is_not_a_number_is_refused_on_reading(plain_result, constant, place):
    plain_result["host"]["details"] = {"x": 0}
    target = plain_result
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = "HERE"
    text = json.dumps(plain_result).replace('"HERE"', constant)
    with pytest.raises(ResultError, match=r"a\.json"):
        loads(text, source="a.json")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_is_not_a_number_is_refused_on_writing(plain_result, value):
    result = loads(json.dumps(plain_result))
    result.metrics[0].value = value  # assignment is not validated, writing is
    with pytest.raises(ValueError, match="JSON"):
        dumps(result)
    hidden = loads(json.dumps(plain_result))
    hidden.host.details["deep"] = [{"x": value}]
    with pytest.raises(ValueError, match="JSON"):
        dumps(hidden)


@given(text=st.text() | st.binary())
def test_whatever_a_file_holds_only_a_result_error_comes_out(text):
    try:
        loads(text, source="file")
    except ResultError as error:
        assert "file" in str(error)  # noqa: PT017


@pytest.mark.parametrize("number", ["1" + 400 * "0", "-1" + 5000 * "0"])
def test_number_too_large_for_a_float_is_an_error(plain_result, number):
    text = json.dumps(plain_result).replace("1.5", number)
    with pytest.raises(ResultError):
        loads(text)


def test_endless_nesting_is_an_error():
    with pytest.raises(ResultError, match="not a JSON document"):
        loads("[" * 200_000)


@many
@given(st.data())
def test_truncated_document_is_an_error(any_result, data):
    text = dumps(data.draw(any_result)).rstrip()
    cut = data.draw(st.integers(0, len(text) - 1))
    with pytest.raises(ResultError):
        loads(text[:cut])


def test_error_names_file_and_field(plain_result, tmp_path):
    plain_result["host"]["os_family"] = "beos"
    path = tmp_path / "broken.json"
    path.write_text(json.dumps(plain_result))
    with pytest.raises(ResultError, match=r"broken\.json: not a valid result: host\.os_family"):
        load(path)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"metrics": []}, "without any metric can't be ok"),
        ({"status": "failed"}, "needs an error that says why"),
        ({"status": "unstable"}, "needs an error that says why"),
        ({"started_at": "2026-11-25T07:45:12"}, "started_at"),
    ],
)
def test_contradicting_document_is_refused(plain_result, change, fault):
    with pytest.raises(ResultError, match=fault):
        loads(json.dumps({**plain_result, **change}))


def test_metric_that_stands_twice_is_refused(plain_result):
    plain_result["metrics"].append(copy.deepcopy(plain_result["metrics"][0]))
    with pytest.raises(ResultError, match="twice"):
        loads(json.dumps(plain_result))


def test_metric_without_samples_or_with_a_turned_interval_is_refused():
    good = {"name": "m", "unit": "s", "higher_is_better": False, "samples": [1], "value": 1}
    assert Metric.model_validate(good)
    for change, fault in (({"samples": []}, "no sample"), ({"ci95": (2, 1)}, "not ordered")):
        with pytest.raises(ValueError, match=fault):
            Metric.model_validate({**good, **change})


def test_metric_is_found_by_name(plain_result):
    result = loads(json.dumps(plain_result))
    assert result.metric("triad") is result.metrics[0]
    assert result.metric("copy") is None


def test_time_without_offset_is_refused():
    assert parse_time("2026-11-25T07:45:12Z").utcoffset() is not None
    with pytest.raises(ValueError, match="no UTC offset"):
        parse_time("2026-11-25T07:45:12")
