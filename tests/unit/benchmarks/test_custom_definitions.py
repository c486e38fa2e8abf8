from __future__ import annotations

import json

import pytest
import yaml

from vttbench.benchmarks.custom import (
    BUILT_IN,
    DefinitionError,
    load_definitions,
    to_measure_arguments,
)
from vttbench.benchmarks.output import RawOutput
from vttbench.benchmarks.registry import parser_for

METRIC = {"name": "speed", "unit": "MB/s", "higher_is_better": True, "pattern": "(?P<value>.+)"}
GOOD = {"name": "mine", "argv": ["tool", "run"], "metrics": [METRIC]}


def write(folder, content, name="mine.yml"):
    path = folder / name
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_a_definition_becomes_arguments_of_the_measure_action(tmp_path):
    path = write(
        tmp_path,
        {
            **GOOD,
            "argv": ["tool", "--seconds", 3, 1.5],
            "version_argv": ["tool", "--version"],
            "environment": {"THREADS": 4},
            "parameters": {"seconds": 3},
            "artifacts": ["out.txt"],
            "parser": {"source": "out.txt"},
            "limits": {"max_repeats": 7, "target_half_width": 1.5},
        },
    )
    arguments = to_measure_arguments(load_definitions([path])[0])
    assert arguments == {
        "benchmark": "mine",
        "version": "1",
        "argv": ["tool", "--seconds", "3", "1.5"],
        "version_argv": ["tool", "--version"],
        "environment": {"THREADS": "4"},
        "parameters": {"command": "THREADS=4 tool --seconds 3 1.5", "seconds": 3},
        "artifacts": ["out.txt"],
        "parser": {"source": "out.txt", "metrics": [METRIC]},
        "telemetry": True,
        "max_repeats": 7,
        "target_half_width": 1.5,
    }
    json.dumps(arguments)  # the action gets it as data


def test_the_arguments_are_options_that_the_measure_action_has(tmp_path, request):
    full = {
        **GOOD,
        "variant": "a",
        "version": 2,
        "tool": "t",
        "version_argv": ["t"],
        "environment": {"A": "b"},
        "prepare": [["t", "prepare"]],
        "parameters": {"a": 1},
        "artifacts": ["a"],
        "limits": dict.fromkeys(
            (
                "warmup",
                "min_repeats",
                "max_repeats",
                "target_half_width",
                "timeout",
                "default_timeout",
                "budget",
                "cooldown",
            ),
            3,
        ),
    }
    source = (request.config.rootpath / "plugins/modules/measure.py").read_text()
    text = source.split('DOCUMENTATION = r"""')[1].split('"""')[0]
    options = yaml.safe_load(text)["options"]
    arguments = to_measure_arguments(load_definitions([write(tmp_path, full)])[0])
    assert len(arguments) == 20
    assert set(arguments) <= set(options)


def test_the_parser_that_the_action_gets_reads_output(tmp_path):
    arguments = to_measure_arguments(load_definitions([write(tmp_path, GOOD)])[0])
    assert parser_for(arguments["parser"])(RawOutput(stdout=b"12")).readings[0].value == 12


@pytest.mark.parametrize("parser", ["sevenzip", {"name": "sevenzip"}])
def test_a_parser_may_be_called_by_its_name(tmp_path, parser):
    path = write(tmp_path, {"name": "mine", "argv": ["7zz", "b"], "parser": parser})
    assert to_measure_arguments(load_definitions([path])[0])["parser"] == parser


def test_a_folder_gives_all_its_yaml_files_in_order_and_a_file_may_hold_several(tmp_path):
    write(tmp_path, [{**GOOD, "name": "b"}, {**GOOD, "name": "c"}], "2.yaml")
    write(tmp_path, {**GOOD, "name": "a"}, "1.yml")
    write(tmp_path, "not: yaml: at: all", "README.md")
    assert [definition.name for definition in load_definitions([tmp_path])] == ["a", "b", "c"]


def test_an_empty_folder_gives_nothing(tmp_path):
    assert load_definitions([tmp_path]) == []


def test_the_advice_for_a_missing_tool_is_a_command(tmp_path):
    apt = {**GOOD, "install": {"apt": ["sysbench"]}}
    own = {**GOOD, "name": "other", "install": {"command": "winget install X"}}
    write(tmp_path, [apt, own, {**GOOD, "name": "none"}])
    advice = [definition.install.advice for definition in load_definitions([tmp_path])]
    assert advice == ["sudo apt-get install sysbench", "winget install X", None]


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_name_of_a_benchmark_that_is_built_in_is_refused(tmp_path, name):
    path = write(tmp_path, {**GOOD, "name": name})
    with pytest.raises(DefinitionError, match=rf"mine\.yml: {name}: .*name: {name} is taken"):
        load_definitions([path])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "begins with name:, this is empty"),
        ("- a\n- b\n", "begins with name:, this is str"),
        ("name: [", "not YAML"),
        ({**GOOD, "name": "Has Space"}, "name: String should match"),
        ({**GOOD, "argv": []}, "mine: argv"),
        ({**GOOD, "argv": "tool run"}, "mine: argv"),
        ({**GOOD, "argv": ["tool", True]}, r"mine: argv\.1"),
        ({**GOOD, "argw": []}, "mine: argw"),
        ({**GOOD, "metrics": []}, "metrics: what is measured"),
        ({**GOOD, "metrics": [{**METRIC, "unit": ""}]}, r"metrics\.0\.unit"),
        ({**GOOD, "metrics": [{**METRIC, "pattern": "("}]}, r"metrics\.0\.pattern"),
        ({**GOOD, "metrics": [METRIC, METRIC]}, "two metrics have the same name"),
        ({**GOOD, "parser": "fio"}, "a parser by name brings its own metrics"),
        ({**GOOD, "parser": {"metrics": [METRIC]}}, "both beside parser and in it"),
        ({**GOOD, "parser": {"decimal": "dot"}}, "parser: decimal"),
        ({**GOOD, "parser": {"source": "out.txt"}}, "must stand under artifacts"),
        ({"name": "mine", "argv": ["t"], "parser": "nope"}, "no parser 'nope'; known are"),
        ({**GOOD, "platforms": ["macos"]}, r"platforms\.0"),
        ({**GOOD, "limits": {"max_repeats": 0}}, r"limits\.max_repeats"),
    ],
)
def test_a_definition_that_is_wrong_names_file_and_field(tmp_path, content, message):
    path = write(tmp_path, content)
    with pytest.raises(DefinitionError, match=rf"(?s)^{path}: .*{message}"):
        load_definitions([path])


def test_a_file_that_is_not_there_or_is_not_text_is_named(tmp_path):
    with pytest.raises(DefinitionError, match=r"gone\.yml: can't be read"):
        load_definitions([tmp_path / "gone.yml"])
    (tmp_path / "binary.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DefinitionError, match=r"binary\.yml"):
        load_definitions([tmp_path / "binary.yml"])


def test_two_definitions_of_one_name_name_both_files(tmp_path):
    write(tmp_path, GOOD, "1.yml")
    write(tmp_path, GOOD, "2.yml")
    with pytest.raises(DefinitionError, match=r"2\.yml: name: mine is already defined in .*1\.yml"):
        load_definitions([tmp_path])
