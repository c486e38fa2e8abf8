"""Whatever a tool's output lost on its way: finite values or an OutputError, nothing else."""

from __future__ import annotations

import dataclasses
import functools
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vttbench.benchmarks import fio, sevenzip
from vttbench.benchmarks.extraction import make_parser
from vttbench.benchmarks.output import OutputError, Parsed, RawOutput

METRIC = {"name": "value", "unit": "1/s", "higher_is_better": True}
PARSERS = {
    "sevenzip": sevenzip.parse,
    "fio": fio.parse,
    "regex": make_parser({"regex": r"(?P<value>\S+)\s*$", "metrics": [{**METRIC, "row": "last"}]}),
    "json": make_parser({"json": "$..iops", "metrics": [{**METRIC, "row": "mean"}]}),
    "csv": make_parser({"csv": "iops", "metrics": [{**METRIC, "row": "mean"}]}),
}
FOLDER = Path(__file__).parents[2] / "recorded"


@functools.cache
def whole(tool: str) -> tuple[RawOutput, ...]:
    """Return all that was recorded of a tool, the report of fio as stdout or as a file."""
    found = []
    for stdout in sorted((FOLDER / tool).glob("*/stdout")):
        report = stdout.with_name("fio.json")
        files = {"fio.json": report.read_bytes()} if report.exists() else {}
        found.append(RawOutput(stdout=stdout.read_bytes(), files=files))
        if files:
            found.append(RawOutput(stdout=files["fio.json"]))
    assert found
    return tuple(found)


def check(parser, raw: RawOutput) -> None:
    try:
        parsed = PARSERS[parser](raw)
    except OutputError:
        return
    assert isinstance(parsed, Parsed)
    assert parsed.readings
    assert all(math.isfinite(reading.value) for reading in parsed.readings)
    names = [metric.name for metric in (*parsed.readings, *parsed.absent)]
    assert len(names) == len(set(names))


def cut(raw: RawOutput, share: float) -> RawOutput:
    return dataclasses.replace(
        raw,
        stdout=raw.stdout[: int(len(raw.stdout) * share)],
        files={name: data[: int(len(data) * share)] for name, data in raw.files.items()},
    )


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data(), share=st.floats(0, 1))
def test_output_that_is_cut_off_anywhere(parser, data, share):
    tool = "sevenzip" if parser == "sevenzip" else "fio"
    check(parser, cut(data.draw(st.sampled_from(whole(tool))), share))


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_output_in_which_a_piece_was_replaced(parser, data):
    tool = "sevenzip" if parser == "sevenzip" else "fio"
    raw = data.draw(st.sampled_from(whole(tool)))
    name = next(iter(raw.files), None)
    text = raw.files[name] if name else raw.stdout
    start = data.draw(st.integers(0, len(text)))
    end = start + data.draw(st.integers(0, 40))
    piece = data.draw(
        st.sampled_from(
            [b"", b"nan", b"-inf", b"1e999", b"9" * 400, b"null", b"[]", b"{", b'"', b"|"]
        )
        | st.binary(max_size=20)
    )
    text = text[:start] + piece + text[end:]
    check(parser, RawOutput(files={name: text}) if name else RawOutput(stdout=text))


@pytest.mark.parametrize("parser", PARSERS)
@settings(max_examples=200, deadline=None)
@given(stdout=st.binary(max_size=400), returncode=st.integers(-255, 255))
def test_bytes_that_no_tool_wrote(parser, stdout, returncode):
    check(parser, RawOutput(stdout=stdout, returncode=returncode))


@pytest.mark.parametrize(
    "text", [b"[" * 100_000, b'{"a":' * 100_000, b'{"fio version":' + b"[" * 99_999]
)
def test_json_without_bottom(text):
    for parser in ("fio", "json"):
        check(parser, RawOutput(stdout=text))
