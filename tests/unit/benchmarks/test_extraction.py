from __future__ import annotations

import pytest

from vttbench.benchmarks.extraction import ParserSpecError, make_parser
from vttbench.benchmarks.output import OutputError, RawOutput


def metric(name="speed", **place):
    return {"name": name, "unit": "MB/s", "higher_is_better": True, **place}


def value(spec, stdout: bytes, **raw):
    return make_parser(spec)(RawOutput(stdout=stdout, **raw)).readings[0].value


def test_a_regular_expression_is_looked_for_in_all_lines():
    spec = {"metrics": [metric(pattern=r"^speed=(?P<value>\d+)$")]}
    assert value(spec, b"noise\r\nspeed=7\r\nmore") == 7


def test_the_example_of_the_measure_action_works():
    spec = {"regex": r"events per second:\s+(?P<value>[\d.]+)", "metrics": [metric()]}
    assert value(spec, b"    events per second:  4035.10\n") == 4035.10


def test_a_json_path_finds_by_condition_and_c_writes_nan_elsewhere():
    spec = {"metrics": [metric(path='$.jobs[?@.name == "b"].bw')]}
    text = b'{"jobs": [{"name": "a", "bw": nan}, {"name": "b", "bw": 4}]}'
    assert value(spec, text) == 4


def test_lines_around_a_json_object_are_noise_and_objects_a_line_are_a_list():
    spec = {"metrics": [metric(path="$.v")]}
    assert value(spec, b'Device 0: GPU\n{"v": 3}\ndone') == 3
    spec = {"metrics": [metric(path="$[*].v", row="mean")]}
    assert value(spec, b'{"v": 3}\n{"v": 5}\n') == 4


def test_json_of_an_artifact_and_text_of_stderr_are_found_where_they_are():
    spec = {"source": "r.json", "metrics": [metric(path="$.v")]}
    assert value(spec, b"", files={"r.json": b'{"v": "1.5"}'}) == 1.5
    spec = {"source": "stderr", "metrics": [metric(pattern="(?P<value>1)")]}
    assert value(spec, b"", stderr=b"1") == 1


@pytest.mark.parametrize(("row", "expected"), [("first", 1), ("last", 4), ("mean", 2.5)])
def test_a_row_is_chosen_in_csv_matches_and_nodes_alike(row, expected):
    assert value({"metrics": [metric(column="v", row=row)]}, b"n, v\na, 1\nb, 4\n") == expected
    assert value({"metrics": [metric(pattern=r"v(?P<value>\d)", row=row)]}, b"v1 v4") == expected
    assert value({"metrics": [metric(path="$.*", row=row)]}, b'{"a": 1, "b": 4}') == expected


def test_several_values_are_never_chosen_from_silently():
    with pytest.raises(OutputError, match=r"finds 2 values; make it one, or say row"):
        value({"metrics": [metric(column="v")]}, b"v\n1\n4\n")


@pytest.mark.parametrize(
    ("word", "decimal", "expected"),
    [
        ("1234.5", "auto", 1234.5),
        ("1234,5", "auto", 1234.5),
        ("1.234,5", "auto", 1234.5),
        ("1,234.5", "auto", 1234.5),
        ("1,234,567", "auto", 1234567),
        ("0,123", "auto", 0.123),
        ("1\u202f234,5", "auto", 1234.5),
        ("1'234.5", "auto", 1234.5),
        ("-1.5e3", "auto", -1500),
        ("1,234", "comma", 1.234),
        ("1,234", "point", 1234),
        ("1.234", "comma", 1234),
    ],
)
def test_numbers_are_read_as_any_language_of_windows_writes_them(word, decimal, expected):
    spec = {"decimal": decimal, "delimiter": ";", "metrics": [metric(column="v")]}
    assert value(spec, f"v;x\n{word};1\n".encode()) == pytest.approx(expected)


def test_a_number_that_can_be_read_in_two_ways_is_not_guessed():
    with pytest.raises(OutputError, match="may mean thousands or decimals"):
        value({"delimiter": ";", "metrics": [metric(column="v")]}, b"v\n1,234\n")


@pytest.mark.parametrize("word", ["nan", "-nan", "inf", "1.#IND", "N/A", "", "true", "1.2.3"])
def test_what_is_no_number_makes_one_metric_absent_and_leaves_the_other(word):
    spec = {"metrics": [metric("bad", path="$.bad"), metric("good", path="$.good")]}
    quoted = f'"{word}"' if word not in ("true",) else word
    parsed = make_parser(spec)(RawOutput(stdout=f'{{"bad": {quoted}, "good": 2}}'.encode()))
    assert [reading.name for reading in parsed.readings] == ["good"]
    assert [m.name for m in parsed.absent] == ["bad"]
    assert parsed.absent[0].reason


def test_a_value_is_scaled_to_its_unit():
    assert value({"metrics": [metric(pattern=r"(?P<value>\d+)", scale=0.001)]}, b"2500") == 2.5


def test_direction_and_primary_come_from_the_description():
    spec = {"metrics": [{**metric(path="$.v"), "higher_is_better": False, "primary": False}]}
    reading = make_parser(spec)(RawOutput(stdout=b'{"v": 1}')).readings[0]
    assert (reading.higher_is_better, reading.primary) == (False, False)


@pytest.mark.parametrize(
    ("spec", "raw", "message"),
    [
        ({"metrics": [metric(path="$.v")]}, RawOutput(returncode=3, stderr=b"no GPU"), "3.*no GPU"),
        ({"metrics": [metric(path="$.v")]}, RawOutput(stdout=b"oops"), "expected JSON, saw 'oops'"),
        ({"metrics": [metric(path="$.v")]}, RawOutput(stdout=b"{}"), "'\\$.v' finds nothing"),
        (
            {"metrics": [metric(column="v")]},
            RawOutput(stdout=b"a,b\n1,2"),
            "'v', saw 'a, b'",
        ),
        ({"metrics": [metric(column="v")]}, RawOutput(), "column 'v', saw ''"),
        (
            {"metrics": [metric(pattern="(?P<value>x)")]},
            RawOutput(stdout=b"x"),
            "number, saw 'x'",
        ),
        (
            {"source": "r.csv", "metrics": [metric(column="v")]},
            RawOutput(files={"log": b""}),
            "expected the artifact r.csv, there is log",
        ),
    ],
)
def test_output_without_any_metric_says_what_was_looked_for(spec, raw, message):
    with pytest.raises(OutputError, match=message):
        make_parser(spec)(raw)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "metrics: Field required"),
        ({"metrics": []}, "metrics"),
        ({"metrics": [metric()]}, "metric speed needs one of pattern, path or column"),
        ({"metrics": [metric(path="$.a", column="a")]}, "metric speed stands in 2 places"),
        ({"metrics": [metric(path="$.a"), metric(path="$.b")]}, "two metrics have the same name"),
        ({"metrics": [metric(pattern="(")]}, r"metrics\.0\.pattern.*no regular expression"),
        ({"metrics": [metric(pattern="x")]}, r"metrics\.0\.pattern.*\(\?P<value>"),
        ({"metrics": [metric(path="a[")]}, r"metrics\.0\.path.*no JSON path"),
        ({"metrics": [metric("Bad Name", path="$.a")]}, r"metrics\.0\.name"),
        ({"metrics": [metric(path="$.a", row="median")]}, r"metrics\.0\.row"),
        ({"metrics": [metric(path="$.a", scale=0)]}, r"metrics\.0\.scale"),
        ({"metrics": [metric(path="$.a")], "colour": 1}, "colour"),
        ({"metrics": [{"name": "a", "path": "$.a"}]}, r"metrics\.0\.unit.*metrics\.0\.higher"),
    ],
)
def test_a_description_that_is_wrong_names_its_field(spec, message):
    with pytest.raises(ParserSpecError, match=message):
        make_parser(spec)
