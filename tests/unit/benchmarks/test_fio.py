from __future__ import annotations

import dataclasses
import json
import re

import pytest

from vttbench.benchmarks.fio import parse
from vttbench.benchmarks.output import OutputError, RawOutput


def values(parsed):
    return {reading.name: reading.value for reading in parsed.readings}


def primary(parsed):
    return [reading.name for reading in parsed.readings if reading.primary]


def edited(raw: RawOutput, edit) -> RawOutput:
    """Return the recording with a change in its report."""
    document = json.loads(raw.files["fio.json"])
    edit(document)
    return dataclasses.replace(raw, files={"fio.json": json.dumps(document, indent=1).encode()})


@pytest.mark.parametrize(
    ("run", "decisive"),
    [
        ("sequential-read", "sequential_read_bandwidth"),
        ("sequential-write", "sequential_write_bandwidth"),
        ("random-read", "random_read_iops"),
        ("random-write", "random_write_iops"),
        ("mixed-70-30", "mixed_70_30_iops"),
    ],
)
def test_each_standard_job_has_one_decisive_metric(recorded, run, decisive):
    parsed = parse(recorded("fio", f"3.33-{run}"))
    assert primary(parsed) == [decisive]
    assert parsed.absent == ()


@pytest.mark.parametrize("version", ["3.25", "3.33", "3.39", "3.41"])
def test_every_version_gives_the_same_metrics_and_says_which_it_is(recorded, version):
    parsed = parse(recorded("fio", f"{version}-random-read"))
    assert set(values(parsed)) == {
        "random_read_bandwidth",
        "random_read_iops",
        "random_read_latency_p50",
        "random_read_latency_p99",
        "random_read_latency_p99_9",
    }
    assert parsed.tool_version == version


def test_values_have_the_units_that_they_claim(recorded):
    raw = recorded("fio", "3.33-random-read")
    read = json.loads(raw.files["fio.json"])["jobs"][0]["read"]
    by_name = {reading.name: reading for reading in parse(raw).readings}
    bandwidth = by_name["random_read_bandwidth"]
    assert (bandwidth.unit, bandwidth.value) == ("MB/s", read["bw_bytes"] / 1e6)
    assert bandwidth.value == pytest.approx(
        by_name["random_read_iops"].value * 4096 / 1e6, rel=0.01
    )
    p99 = by_name["random_read_latency_p99"]
    assert (p99.unit, p99.higher_is_better) == ("us", False)
    assert p99.value == read["clat_ns"]["percentile"]["99.000000"] / 1000


def test_a_mixed_job_counts_both_directions(recorded):
    found = values(parse(recorded("fio", "3.33-mixed-70-30")))
    both = found["mixed_70_30_read_iops"] + found["mixed_70_30_write_iops"]
    assert found["mixed_70_30_iops"] == pytest.approx(both)
    assert found["mixed_70_30_write_iops"] / both == pytest.approx(0.3, abs=0.01)
    assert found["mixed_70_30_write_latency_p99"] > 0


def test_a_write_job_reports_its_writes_and_no_zero_of_its_reads(recorded):
    parsed = parse(recorded("fio", "3.33-sequential-write"))
    assert values(parsed)["sequential_write_bandwidth"] > 100
    assert not any("read" in name for name in values(parsed))


def test_a_direction_without_io_is_absent_and_not_zero(recorded):
    parsed = parse(recorded("fio", "3.33-mixed-without-writes"))
    assert values(parsed)["idle_read_iops"] > 0
    absent = {metric.name: metric.reason for metric in parsed.absent}
    assert absent["idle_write_iops"] == "fio job idle did no write"
    assert "idle_iops" in absent
    assert not any("write" in name for name in values(parsed))


def test_a_job_that_did_nothing_is_an_error(recorded):
    def nothing(document):
        document["jobs"][0]["read"] = {"total_ios": 0, "clat_ns": {"N": 0}}

    with pytest.raises(OutputError, match="measured nothing: fio job random-read did no read"):
        parse(edited(recorded("fio", "3.33-random-read"), nothing))


@pytest.mark.parametrize(
    "run",
    [
        "3.33-depth-not-reached-stdout",
        "3.33-depth-not-reached-file",
        "3.39-depth-not-reached-stdout",
    ],
)
def test_depth_32_on_a_synchronous_engine_is_refused(recorded, run):
    with pytest.raises(OutputError, match=r"asked for depth 32 and ran at depth 1.*use libaio"):
        parse(recorded("fio", run))


def test_a_note_before_the_report_is_kept_and_hurts_nothing(recorded):
    raw = recorded("fio", "3.33-depth-not-reached-stdout")
    one = re.sub(rb'"iodepth" : "32"', b'"iodepth" : "1"', raw.stdout)
    parsed = parse(dataclasses.replace(raw, stdout=one))
    assert any("queue depth will be capped at 1" in note for note in parsed.notes)
    assert "random_read_iops" in values(parsed)


def test_a_report_behind_a_note_on_the_same_line_or_indented_is_found(recorded):
    raw = recorded("fio", "3.33-random-read")
    report = raw.files["fio.json"]
    for stdout in (b"note: " + report, b"\n".join(b"  " + line for line in report.splitlines())):
        assert values(parse(RawOutput(stdout=stdout))) == values(parse(raw))


def test_a_depth_that_is_reached_too_rarely_is_said_aloud(recorded):
    def shallow(document):
        document["jobs"][0]["iodepth_level"] = {"1": 10.0, "8": 60.0, "32": 30.0}

    parsed = parse(edited(recorded("fio", "3.33-random-read"), shallow))
    assert "32 requests in flight only 30 %" in parsed.notes[0]


def test_libaio_through_the_page_cache_is_said_aloud(recorded):
    def buffered(document):
        document["jobs"][0]["job options"]["direct"] = "0"

    parsed = parse(edited(recorded("fio", "3.33-random-read"), buffered))
    assert "without direct=1" in parsed.notes[0]


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (
            "3.33-error-disk-full",
            r"job sequential-write failed: error 28 \(No space left on device\); fio said.*io_u",
        ),
        ("3.33-error-disk-full-stdout", "error 28.*fio: pid=.*No space left on device"),
        ("3.33-error-no-such-directory", "exit status 1.*/nonexistent is not a directory"),
        ("3.33-error-bad-option", "exit status 1.*no_such_option"),
        ("3.33-text-output", r"expected fio's JSON \(--output-format=json\)"),
    ],
)
def test_a_run_that_failed_names_the_job_and_what_fio_said(recorded, run, message):
    with pytest.raises(OutputError, match=message):
        parse(recorded("fio", run))


def test_an_error_of_a_job_counts_even_when_fio_ends_well(recorded):
    raw = recorded("fio", "3.33-error-disk-full-stdout")
    with pytest.raises(OutputError, match="error 28"):
        parse(dataclasses.replace(raw, returncode=0))


def test_of_several_reports_the_last_one_counts(recorded):
    raw = recorded("fio", "3.33-status-interval")
    last = raw.stdout[raw.stdout.rindex(b"\n{") :]
    assert values(parse(raw)) == values(parse(dataclasses.replace(raw, stdout=last)))
    assert parse(raw).notes == ("fio printed 5 reports, the last one counts",)


def test_a_last_report_that_is_cut_off_is_not_replaced_by_an_earlier_one(recorded):
    raw = recorded("fio", "3.33-status-interval")
    with pytest.raises(OutputError, match="cut off"):
        parse(dataclasses.replace(raw, stdout=raw.stdout[:-300]))


def test_options_of_the_global_section_count_as_the_jobs_own(recorded):
    facts = parse(recorded("fio", "3.33-job-file")).comparable
    assert (facts["ioengine"], facts["direct"], facts["iodepth"]) == ("libaio", "1", "32")


def test_json_plus_and_two_jobs_are_read(recorded):
    assert "random_read_iops" in values(parse(recorded("fio", "3.33-json-plus")))
    two = parse(recorded("fio", "3.33-two-jobs"))
    assert primary(two) == ["random_read_iops", "random_write_iops"]
    assert two.comparable["random-write.rw"] == "randwrite"


def test_processes_of_one_job_are_added_up_and_their_percentiles_are_not(recorded):
    raw = recorded("fio", "3.33-four-processes")
    jobs = json.loads(raw.files["fio.json"])["jobs"]
    assert len(jobs) == 4
    parsed = parse(raw)
    assert values(parsed)["random_read_iops"] == pytest.approx(sum(j["read"]["iops"] for j in jobs))
    assert {metric.name for metric in parsed.absent} == {
        "random_read_latency_p50",
        "random_read_latency_p99",
        "random_read_latency_p99_9",
    }


def test_different_jobs_of_one_name_are_refused(recorded):
    def other(document):
        document["jobs"][1]["job options"]["bs"] = "8k"

    with pytest.raises(OutputError, match="two different jobs named random-read"):
        parse(edited(recorded("fio", "3.33-four-processes"), other))


@pytest.mark.parametrize(
    "word", [b"nan", b"-nan", b"inf", b"-inf", b"NaN", b"1.#IND00", b"-nan(ind)"]
)
def test_a_number_that_is_none_is_absent_and_the_others_stay(recorded, word):
    raw = recorded("fio", "3.33-random-read")
    broken = re.sub(rb'("iops" : )[1-9][\d.]+', rb"\g<1>" + word, raw.files["fio.json"], count=1)
    assert broken != raw.files["fio.json"]
    parsed = parse(dataclasses.replace(raw, files={"fio.json": broken}))
    assert [metric.name for metric in parsed.absent] == ["random_read_iops"]
    assert "random_read_bandwidth" in values(parsed)


def test_jobs_whose_metrics_would_have_the_same_name_are_refused(recorded):
    def renamed(document):
        document["jobs"][0]["jobname"] = "a-read"
        document["jobs"][1]["jobname"] = "a/read"
        document["jobs"][1]["read"] = document["jobs"][0]["read"]
        document["jobs"][1]["write"] = {"total_ios": 0}
        document["jobs"][1]["job options"]["rw"] = "randread"

    with pytest.raises(OutputError, match="names differ in punctuation only"):
        parse(edited(recorded("fio", "3.33-two-jobs"), renamed))


def test_an_error_that_the_system_does_not_know_is_said_all_the_same(recorded):
    def strange(document):
        document["jobs"][0]["error"] = 2**40

    with pytest.raises(OutputError, match=r"error 1099511627776 \(no error that the system knows"):
        parse(edited(recorded("fio", "3.33-random-read"), strange))


def test_a_report_that_does_not_count_requests_is_read(recorded):
    def uncounted(document):
        del document["jobs"][0]["read"]["total_ios"]

    raw = recorded("fio", "3.33-random-read")
    assert values(parse(edited(raw, uncounted))) == values(parse(raw))


def test_nan_inside_of_a_name_stays_a_name(recorded):
    def renamed(document):
        document["jobs"][0]["jobname"] = "nan: nan, inf"

    parsed = parse(edited(recorded("fio", "3.33-random-read"), renamed))
    assert "nan_nan_inf_read_iops" in values(parsed)


def test_a_report_of_fio_2_is_read_in_its_own_units(recorded):
    raw = recorded("fio", "3.33-random-read")

    def old(document):
        read = document["jobs"][0]["read"]
        del read["bw_bytes"]
        nanoseconds = read.pop("clat_ns")["percentile"]
        read["clat"] = {"percentile": {key: v / 1000 for key, v in nanoseconds.items()}}

    new, past = values(parse(raw)), values(parse(edited(raw, old)))
    assert past["random_read_latency_p99"] == new["random_read_latency_p99"]
    assert past["random_read_bandwidth"] == pytest.approx(new["random_read_bandwidth"], rel=1e-4)


@pytest.mark.parametrize(
    ("files", "stdout", "message"),
    [
        ({}, b"", "expected fio's JSON"),
        ({"fio.json": b""}, b"", r"in fio\.json, stdout"),
        ({"other.json": b"{ garbage"}, b"\xff\x00{", "expected fio's JSON"),
        ({"fio.json": b'{"fio version": "fio-3.33", "jobs": null}'}, b"", "fio.json: jobs"),
        ({"fio.json": b'{"fio version": "fio-3.33", "jobs": []}'}, b"", "holds no job"),
        ({"fio.json": b'{"fio version": "fio-3.33", "jobs": [{"jobname": "a"'}, b"", "cut off"),
        (
            {"fio.json": b'{"fio version": "f", "jobs": [{"jobname": "a", "error": 1e99}]}'},
            b"",
            "error",
        ),
    ],
)
def test_what_is_no_report_is_an_error_that_says_where_it_looked(files, stdout, message):
    with pytest.raises(OutputError, match=message):
        parse(RawOutput(stdout=stdout, files=files))
