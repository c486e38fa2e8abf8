from __future__ import annotations

import sys

import pytest

from vttbench.benchmarks import fio, sevenzip
from vttbench.benchmarks.extraction import ParserSpecError
from vttbench.benchmarks.output import RawOutput
from vttbench.benchmarks.registry import UnknownParserError, known_parsers, parser_for

METRIC = {"name": "speed", "unit": "MB/s", "higher_is_better": True, "pattern": "(?P<value>.+)"}


def test_a_name_gives_the_parser_of_that_entry_point():
    assert parser_for("sevenzip") is sevenzip.parse
    assert parser_for({"name": "fio"}) is fio.parse


def test_every_parser_that_the_package_offers_can_be_loaded():
    assert {"sevenzip", "stream", "fio", "llama_bench"} <= set(known_parsers())
    for name in known_parsers():
        assert callable(parser_for(name))


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(UnknownParserError, match=r"no parser '7zip'; known are .*sevenzip"):
        parser_for("7zip")


def test_a_description_gives_a_parser():
    parsed = parser_for({"metrics": [METRIC]})(RawOutput(stdout=b"12.5"))
    assert parsed.readings[0].value == 12.5


def test_a_name_beside_a_description_is_refused():
    with pytest.raises(ParserSpecError, match="brings its own metrics"):
        parser_for({"name": "fio", "metrics": [METRIC]})


@pytest.mark.parametrize("spec", [None, 3, ["fio"]])
def test_what_is_neither_name_nor_description_is_refused(spec):
    with pytest.raises(ParserSpecError, match="must be a name or a dictionary"):
        parser_for(spec)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("team_broken:parse", "can't be loaded: no licence"),
        ("team_broken:VALUE", "is not a function"),
    ],
)
def test_a_package_that_is_broken_is_named(tmp_path, monkeypatch, value, message):
    source = "raise RuntimeError('no licence')" if "licence" in message else "VALUE = 3"
    (tmp_path / "team_broken.py").write_text(source)
    metadata = tmp_path / "team_broken-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: team-broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(f"[vttbench.parsers]\nbroken = {value}\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "team_broken", raising=False)
    with pytest.raises(UnknownParserError, match=f"'broken'.*{message}"):
        parser_for("broken")
