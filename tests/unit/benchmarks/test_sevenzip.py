from __future__ import annotations

import dataclasses

import pytest

from vttbench.benchmarks.output import OutputError, RawOutput
from vttbench.benchmarks.sevenzip import parse

TOTAL_26 = b"Tot:              97   5915   5785"


def values(parsed):
    return {reading.name: reading.value for reading in parsed.readings}


@pytest.mark.parametrize(
    ("run", "version", "compression", "decompression", "total"),
    [
        ("15.05-wine", "15.05 beta", 1221, 1162, 1191),
        ("18.01-wine", "18.01", 2832, 1265, 2048),
        ("16.02-linux-npm", "16.02", 4682, 4175, 4429),
        ("16.02-linux-debian11", "16.02", 4862, 3513, 4188),
        ("21.07-wine", "21.07", 3879, 4317, 4098),
        ("25.01-wine", "25.01", 5835, 5723, 5779),
        ("25.01-linux", "25.01", 5593, 5201, 5397),
        ("26.02-linux", "26.02", 7148, 4423, 5785),
        ("26.02-linux-two-passes", "26.02", 3380, 2880, 3130),
        ("26.05-linux-one-thread", "26.05", 3087, 4476, 3782),
    ],
)
def test_every_dialect_gives_the_three_ratings_of_its_table(
    recorded, run, version, compression, decompression, total
):
    parsed = parse(recorded("sevenzip", run))
    found = values(parsed)
    assert found["compression_mips"] == compression
    assert found["decompression_mips"] == decompression
    assert found["total_mips"] == total
    assert parsed.tool_version == version
    assert parsed.comparable["tool_version"] == version


def test_averages_without_a_bar_as_p7zip_9_prints_them_are_read(recorded):
    raw = recorded("sevenzip", "16.02-linux-npm")
    head, averages = raw.stdout.split(b"Avr:")
    old = head.replace(b"] 16.02 : Copyright", b"] 9.20  Copyright").replace(b"Dict ", b"     ")
    parsed = parse(dataclasses.replace(raw, stdout=old + b"Avr:" + averages.replace(b"|", b" ")))
    assert parsed.tool_version == "9.20"
    assert values(parsed) == values(parse(raw))


def test_ratings_decide_and_usage_and_clock_only_explain(recorded):
    parsed = parse(recorded("sevenzip", "26.02-linux"))
    units = {r.name: (r.unit, r.primary) for r in parsed.readings}
    assert units == {
        "compression_mips": ("MIPS", True),
        "decompression_mips": ("MIPS", True),
        "total_mips": ("MIPS", True),
        "compression_usage": ("%", False),
        "decompression_usage": ("%", False),
        "total_usage": ("%", False),
        "single_thread_clock": ("MHz", False),
    }
    assert values(parsed)["compression_usage"] == 100
    assert values(parsed)["total_usage"] == 97


def test_builds_that_must_not_be_compared_differ_in_their_facts(recorded):
    plain = parse(recorded("sevenzip", "26.02-linux")).comparable
    assembler = parse(recorded("sevenzip", "25.01-linux")).comparable
    windows = parse(recorded("sevenzip", "25.01-wine")).comparable
    assert plain["assembler"] is False
    assert assembler["assembler"] is True
    assert windows["assembler"] is None
    assert assembler["compiler"] != windows["compiler"]
    assert plain["dictionaries"] == "22"
    assert windows["dictionaries"] == "22 23 24 25"


def test_a_clock_that_7zip_could_not_measure_is_left_out(recorded):
    parsed = parse(recorded("sevenzip", "16.02-linux-debian11"))
    assert "single_thread_clock" not in values(parsed)


def test_line_ends_of_windows_change_nothing(recorded):
    raw = recorded("sevenzip", "26.02-linux")
    windows = dataclasses.replace(raw, stdout=raw.stdout.replace(b"\n", b"\r\n"))
    assert values(parse(windows)) == values(parse(raw))


def test_output_that_powershell_made_utf16_is_read(recorded):
    raw = recorded("sevenzip", "21.07-wine")
    utf16 = dataclasses.replace(raw, stdout=raw.stdout.decode().encode("utf-16"))
    assert values(parse(utf16)) == values(parse(raw))


def test_a_rating_that_is_nan_is_absent_with_its_reason_and_the_others_stay(recorded):
    raw = recorded("sevenzip", "26.02-linux")
    assert TOTAL_26 in raw.stdout
    broken = raw.stdout.replace(TOTAL_26, b"Tot:              97   5915   -nan")
    parsed = parse(dataclasses.replace(raw, stdout=broken))
    assert "total_mips" not in values(parsed)
    assert values(parsed)["compression_mips"] == 7148
    assert [(metric.name, metric.reason) for metric in parsed.absent] == [
        ("total_mips", "7-Zip printed nan")
    ]


@pytest.mark.parametrize("cut", range(1, 5))
def test_a_total_that_is_cut_off_inside_its_number_is_refused(recorded, cut):
    raw = recorded("sevenzip", "26.02-linux")
    short = dataclasses.replace(raw, stdout=raw.stdout.rstrip()[:-cut])
    with pytest.raises(OutputError, match=r"Tot: says|cut off"):
        parse(short)


def test_a_table_without_its_total_says_that_it_is_cut_off(recorded):
    raw = recorded("sevenzip", "26.02-linux")
    head, _, _ = raw.stdout.partition(b"Tot:")
    with pytest.raises(OutputError, match=r"expected its line Tot:.*stdout ends in"):
        parse(dataclasses.replace(raw, stdout=head))


def test_two_tables_are_refused_because_nobody_can_tell_which_counts(recorded):
    raw = recorded("sevenzip", "26.02-linux")
    with pytest.raises(OutputError, match=r"expected one table, saw 2.*-mmtN"):
        parse(dataclasses.replace(raw, stdout=raw.stdout * 2))


@pytest.mark.parametrize(
    ("run", "message"),
    [
        ("26.02-linux-bad-switch", "exit status 7.*--nonsense"),
        ("26.02-linux-out-of-memory", "exit status 8.*Can't allocate required memory"),
        ("26.02-linux-crc32-ended-after-60-s", "exit status 124"),
    ],
)
def test_a_run_that_failed_is_an_error_that_holds_what_7zip_said(recorded, run, message):
    with pytest.raises(OutputError, match=message):
        parse(recorded("sevenzip", run))


def test_the_table_of_another_method_is_not_mistaken_for_the_rating(recorded):
    raw = recorded("sevenzip", "26.02-linux-crc32-ended-after-60-s")
    with pytest.raises(OutputError, match="expected the table of the LZMA benchmark"):
        parse(dataclasses.replace(raw, returncode=0))


@pytest.mark.parametrize(
    "stdout", [b"", b"\x00\xff\xfe garbage", b"Avr: 1 2 3 | 4 5 6\nTot: 1 2 3"]
)
def test_what_is_not_from_7zip_is_an_error(stdout):
    with pytest.raises(OutputError, match="expected 7-Zip's first line"):
        parse(RawOutput(stdout=stdout))
