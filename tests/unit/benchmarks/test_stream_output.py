import json
from pathlib import Path

import pytest

from vttbench.benchmarks.output import OutputError, RawOutput
from vttbench.benchmarks.stream import array_bytes, parse

RECORDED = Path(__file__).parents[2] / "recorded" / "stream"
NAMES = ("copy_bandwidth", "scale_bandwidth", "add_bandwidth", "triad_bandwidth")


def recorded(name, returncode=0):
    path = RECORDED / f"{name}.json"
    error = RECORDED / f"{name}.stderr"
    return RawOutput(
        path.read_bytes() if path.exists() else b"",
        error.read_bytes() if error.exists() else b"",
        returncode,
    )


@pytest.fixture
def data():
    return json.loads(recorded("nt-2-threads").stdout)


def parsed(data):
    return parse(RawOutput(json.dumps(data).encode()))


def values(result):
    return {reading.name: reading.value for reading in result.readings}


def test_the_four_kernels_are_read_in_gb_per_second(data):
    result = parse(recorded("nt-2-threads"))
    assert tuple(values(result)) == NAMES
    assert {(r.unit, r.higher_is_better, r.primary) for r in result.readings} == {
        ("GB/s", True, True)
    }
    for name in NAMES:
        printed = data["kernels"][name.removesuffix("_bandwidth")]["best_gb_s"]
        assert values(result)[name] == pytest.approx(printed, rel=1e-4)


def test_the_first_pass_does_not_count_and_the_best_of_the_others_does(data):
    times = data["kernels"]["triad"]["times_s"]
    times[0] = 1e-4
    times[7] = 0.008
    assert values(parsed(data))["triad_bandwidth"] == pytest.approx(805306368 / 0.008 / 1e9)


def test_output_of_windows_is_read_by_the_same_code():
    raw = recorded("windows-2-threads")
    assert b"\r\n" in raw.stdout
    assert tuple(values(parse(raw))) == NAMES
    assert "not pinned" in parse(raw).notes[0]


def test_what_must_be_equal_is_recorded():
    result = parse(recorded("plain-1-thread"))
    assert result.tool_version == "1.0"
    assert dict(result.comparable) == {
        "stores": "plain",
        "vector_bytes": 16,
        "threads": 1,
        "proc_bind": "close",
        "array_bytes": 268435456,
        "compiler": "gcc 12.2.0",
        "compiler_flags": "-std=c11 -O3 -fopenmp -ffp-contract=off "
        "-fno-tree-loop-distribute-patterns",
        "program_version": "1.0",
    }
    assert result.notes == ()


def test_arrays_that_fit_into_a_cache_and_threads_that_wander_are_noted():
    notes = parse(recorded("small-unpinned")).notes
    assert "four times the last-level cache" in notes[0]
    assert "not pinned" in notes[1]


def test_a_wrong_result_counts_for_nothing():
    with pytest.raises(OutputError, match="wrong result"):
        parse(recorded("wrong-result", returncode=1))
    with pytest.raises(OutputError, match="wrong values"):
        parse(recorded("wrong-result", returncode=0))


def test_a_refusal_says_why():
    with pytest.raises(OutputError, match=r"status 2: .*smaller than four times"):
        parse(recorded("too-small", returncode=2))


@pytest.mark.parametrize("stdout", [b"", b"[]", b"null", b"Segmentation fault\n", b"\xff\xfe"])
def test_output_that_is_no_object_is_refused(stdout):
    with pytest.raises(OutputError, match="one JSON object"):
        parse(RawOutput(stdout))


def test_output_that_breaks_off_is_refused_wherever_it_does():
    stdout = recorded("nt-2-threads").stdout.rstrip()
    for end in range(0, len(stdout), 7):
        with pytest.raises(OutputError):
            parse(RawOutput(stdout[:end]))


@pytest.mark.parametrize("field", ["kernels", "clock_resolution_s", "stores", "version"])
def test_a_missing_field_is_named(data, field):
    del data[field]
    with pytest.raises(OutputError, match=field):
        parsed(data)


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), 0.0, -0.01, 1e-7])
def test_a_time_that_no_pass_can_take_is_refused(data, seconds):
    data["kernels"]["add"]["times_s"][3] = seconds
    with pytest.raises(OutputError, match="add"):
        parsed(data)


def test_fewer_than_ten_counted_passes_are_refused(data):
    data["kernels"]["copy"]["times_s"] = data["kernels"]["copy"]["times_s"][:10]
    with pytest.raises(OutputError, match="fewer than ten"):
        parsed(data)


def test_a_clock_of_one_millisecond_is_too_coarse(data):
    data["clock_resolution_s"] = 0.001
    with pytest.raises(OutputError, match="too short for a clock"):
        parsed(data)


@pytest.mark.parametrize(
    ("cache_mib", "array_mib"),
    [(0, 256), (32, 256), (64, 256), (65, 512), (96, 512), (1152, 8192)],
)
def test_arrays_are_at_least_four_times_the_cache_and_equal_where_they_can_be(cache_mib, array_mib):
    assert array_bytes(cache_mib << 20) == array_mib << 20
