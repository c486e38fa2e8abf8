"""docs/add-a-benchmark.md does what it says: its blocks are run, and it names every field."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

import pytest

from vttbench.benchmarks.custom import (
    Definition,
    Install,
    Limits,
    load_definitions,
    to_measure_arguments,
)
from vttbench.benchmarks.extraction import MetricSpec, ParserSpec
from vttbench.benchmarks.output import OutputError, RawOutput
from vttbench.benchmarks.registry import parser_for

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/add-a-benchmark.md").read_text()
EXAMPLES = ROOT / "examples/benchmarks.d"


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found


OUTPUTS = dict(
    re.findall(r"<!-- output: (\w+) -->\n```\w+\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
)


@pytest.fixture
def installed_package(tmp_path, monkeypatch):
    """The page's package, as pip would leave it: module, and metadata with its entry point."""
    project = tomllib.loads(blocks("toml")[0])["project"]
    (tmp_path / "team_parsers.py").write_text(blocks("python")[0])
    metadata = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {project['name']}\nVersion: {project['version']}\n")
    lines = ["[vttbench.parsers]"]
    lines += [f"{k} = {v}" for k, v in project["entry-points"]["vttbench.parsers"].items()]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(tmp_path)
    yield
    sys.modules.pop("team_parsers", None)


@pytest.fixture
def definitions(installed_package, tmp_path):
    folder = tmp_path / "benchmarks.d"
    folder.mkdir()
    for number, block in enumerate(blocks("yaml")):
        (folder / f"{number}.yml").write_text(block)
    return {definition.name: definition for definition in load_definitions([folder])}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("openssl_speed", {"aes_256_gcm_16k": 2407.563264, "aes_256_gcm_1k": 1281.47456}),
        ("frame_rate", {"fps": 60.0}),
        ("ray_trace", {"rays_rate": 12.25}),
        ("lap_simulator", {"fastest_lap": 92.871, "laps": 3.0}),
    ],
)
def test_each_definition_of_the_page_reads_the_output_that_stands_beside_it(
    definitions, name, expected
):
    definition = definitions[name]
    output = OUTPUTS[name].encode()
    arguments = to_measure_arguments(definition)
    raw = RawOutput(stdout=output, files=dict.fromkeys(definition.artifacts, output))
    parsed = parser_for(arguments["parser"])(raw)
    assert {r.name: pytest.approx(r.value) for r in parsed.readings} == expected


def test_no_definition_and_no_output_of_the_page_is_left_untried(definitions):
    assert set(definitions) == set(OUTPUTS)


def test_the_page_shows_the_example_file_as_it_is():
    assert (EXAMPLES / "openssl-speed.yml").read_text() in blocks("yaml")


def test_the_page_names_every_field():
    models = (Definition, MetricSpec, Install, Limits)
    fields = {name for model in models for name in model.model_fields}
    # json, regex and csv beside metrics are a shorthand for a single metric.
    fields |= set(ParserSpec.model_fields) - {"regex", "json_path", "csv_column"}
    missing = sorted(field for field in fields if f"`{field}`" not in PAGE)
    assert missing == []


@pytest.mark.parametrize("version", ["1.1.1w", "3.0.19", "3.5.9", "3.6.5"])
def test_the_example_reads_openssl_of_every_version(recorded, version):
    (definition,) = load_definitions([EXAMPLES / "openssl-speed.yml"])
    parsed = parser_for(to_measure_arguments(definition)["parser"])(recorded("openssl", version))
    raw = recorded("openssl", version).stdout.decode()
    last = float(raw.strip().rpartition(":")[2])
    found = {r.name: r.value for r in parsed.readings}
    assert found["aes_256_gcm_16k"] == pytest.approx(last / 1e6)
    assert set(found) == {"aes_256_gcm_16k", "aes_256_gcm_1k"}


def test_the_example_refuses_a_run_of_openssl_that_failed(recorded):
    (definition,) = load_definitions([EXAMPLES / "openssl-speed.yml"])
    with pytest.raises(OutputError, match=r"exit status 1.*no-such-cipher"):
        parser_for(to_measure_arguments(definition)["parser"])(
            recorded("openssl", "3.0.19-unknown-cipher")
        )


def test_the_second_example_reads_sysbench(recorded):
    (definition,) = load_definitions([EXAMPLES / "sysbench-cpu.yml"])
    raw = recorded("sysbench", "1.0.20-cpu")
    parsed = parser_for(to_measure_arguments(definition)["parser"])(raw)
    found = {r.name: (r.value, r.unit, r.higher_is_better) for r in parsed.readings}
    rate = re.search(rb"events per second:\s+([\d.]+)", raw.stdout)
    assert rate
    assert found["events_rate"] == (float(rate[1]), "1/s", True)
    assert found["latency_p95"][1:] == ("ms", False)
