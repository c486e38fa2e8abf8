"""``vttbench models`` on the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vttbench.cli import app
from vttbench.models.inventory import Mode, load_inventory
from vttbench.models.listing import FileEntry, Listing
from vttbench.models.presets import PRESETS
from vttbench.models.selection import select

EXAMPLE = Path(__file__).parents[3] / "examples" / "models.yml"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MODEL_CONFIG_MODE", raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["models", *map(str, words)])


def test_synth_writes_the_named_file_once(run, tmp_path: Path) -> None:
    first = run("synth", "--like", "tiny", "--quant", "q8_0", "--output", tmp_path / "new")
    assert first.exit_code == 0, first.output
    assert (tmp_path / "new" / "synthetic-tiny-Q8_0.gguf").is_file()
    assert "MB/s" in first.output
    again = run("synth", "--like", "tiny", "--quant", "q8_0", "--output", tmp_path / "new")
    assert "is there already" in again.output


def test_synth_says_as_json_which_file_is_the_first(run, tmp_path: Path) -> None:
    done = run("synth", "--like", "tiny", "--split", 2, "--output", tmp_path, "--json")
    said = json.loads(done.stdout)
    assert [os.path.basename(file) for file in said["files"]] == [  # noqa: PTH119
        "synthetic-tiny-Q4_0-00001-of-00002.gguf",
        "synthetic-tiny-Q4_0-00002-of-00002.gguf",
    ]
    assert said["written"] is True
    assert said["size_bytes"] == sum(Path(file).stat().st_size for file in said["files"])


def test_a_wrong_request_ends_in_one_line_that_says_what_is_possible(run, tmp_path: Path) -> None:
    done = run("synth", "--like", "huge", "--output", tmp_path)
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: there is no preset 'huge': choose one of tiny")
    assert len(done.stderr.splitlines()) == 1


def test_presets_are_listed_with_their_sizes(run) -> None:
    listed = {preset["name"]: preset for preset in json.loads(run("presets", "--json").stdout)}
    assert listed.keys() == PRESETS.keys()
    assert listed["llama-3.2-1b"]["size_gb"]["Q4_0"] == pytest.approx(0.695, abs=0.001)
    table = run("presets").output
    assert all(name in table for name in PRESETS)


def test_list_without_an_inventory_shows_all_that_is_there(run, tmp_path: Path) -> None:
    run("synth", "--like", "tiny", "--output", tmp_path)
    (tmp_path / "torn-00001-of-00002.gguf").write_bytes(b"x")
    models = json.loads(run("list", "--dir", tmp_path, "--json").stdout)
    assert [(model["name"], model["status"]) for model in models] == [
        ("synthetic-tiny-Q4_0", "ok"),
        ("torn", "missing"),
    ]
    assert models[0]["file"] == str(tmp_path / "synthetic-tiny-Q4_0.gguf")
    table = run("list", "--dir", tmp_path).output
    assert "synthetic-tiny-Q4_0.gguf" in table
    assert "part 2 is missing" in table


def test_list_takes_mode_from_the_environment_and_files_from_elsewhere(
    run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "far.gguf").write_bytes(b"x")
    (tmp_path / "models").mkdir()
    inventory = tmp_path / "models.yml"
    inventory.write_text(
        f"models: [{{name: far, path: {tmp_path}/far.gguf, modes: [light]}}, "
        "{name: near, path: near.gguf, modes: [default]}]"
    )
    monkeypatch.setenv("MODEL_CONFIG_MODE", "light")
    words = ("list", "--dir", tmp_path / "models", "--inventory", inventory, "--json")
    assert [model["name"] for model in json.loads(run(*words).stdout)] == ["far"]
    done = run(*words, "--mode", "default")
    assert done.exit_code == 1
    assert f"none of the 1 models of model_config_mode=default is below {tmp_path}" in done.stderr


@pytest.mark.parametrize("command", [(), ("synth",), ("list",), ("presets",)])
def test_help_shows_what_to_type(run, command: tuple[str, ...]) -> None:
    done = run(*command, "--help")
    assert done.exit_code == 0
    if command != ("presets",):
        assert "vttbench models" in done.output.partition("Usage:")[2].partition("\n")[2]


def test_the_example_inventory_is_valid_and_fits_its_own_files() -> None:
    inventory = load_inventory(EXAMPLE)
    by_name = {model.name: model for model in inventory.models}
    assert [model.name for model in inventory.of_mode(Mode.LIGHT)] == [
        "llama-3.2-3b",
        "gpt-oss-20b",
    ]
    assert by_name["gpt-oss-120b"].parts == 3
    files = [
        FileEntry(model.path.replace("00001-of", f"{part:05d}-of"), int(size))
        for model in inventory.models
        for part in range(1, model.parts + 1)
        if (size := (model.size_gb or 1) * 1e9 / model.parts)
    ]
    chosen = select(inventory, "all", Listing("/srv/models", tuple(files)))
    assert {model.name: (model.status, model.warnings) for model in chosen} == dict.fromkeys(
        by_name, ("ok", ())
    )
