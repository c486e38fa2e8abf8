"""What a run measures: the models that were asked for, held against what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from vttbench.models.errors import ModelError, NoModelsError
from vttbench.models.inventory import Mode, parse_inventory
from vttbench.models.listing import FileEntry, Listing
from vttbench.models.selection import paths_outside, select

INVENTORY = parse_inventory(
    """
    models:
      - {name: small, path: s/small-Q4.gguf, size_gb: 2.0, quant: Q4_0, modes: [light, default]}
      - {name: big, path: big-00001-of-00002.gguf, parts: 2, modes: [default]}
      - {name: rare, path: rare.gguf}
    light: [rare]
    """
)


def listing(*paths: str, root: str = "/srv/models", size: int = 2_000_000_000) -> Listing:
    return Listing(root, tuple(FileEntry(path, size) for path in paths))


def test_modes_and_lists_both_say_what_is_measured() -> None:
    assert [model.name for model in INVENTORY.of_mode(Mode.LIGHT)] == ["small", "rare"]
    assert [model.name for model in INVENTORY.of_mode(Mode.DEFAULT)] == ["small", "big"]
    assert [model.name for model in INVENTORY.of_mode(Mode.ALL)] == ["small", "big", "rare"]


def test_a_model_in_parts_is_given_by_its_first_file() -> None:
    there = listing("s/small-Q4.gguf", "big-00002-of-00002.gguf", "big-00001-of-00002.gguf")
    small, big = select(INVENTORY, "default", there)
    assert small.file == "/srv/models/s/small-Q4.gguf"
    assert (big.name, big.status) == ("big", "ok")
    assert big.file == "/srv/models/big-00001-of-00002.gguf"
    assert big.size_bytes == 4_000_000_000
    assert big.as_facts()["parts"][1]["path"] == "/srv/models/big-00002-of-00002.gguf"


def test_a_configured_model_that_is_missing_says_where_it_was_looked_for() -> None:
    _, big = select(INVENTORY, "default", listing("s/small-Q4.gguf"))
    assert big.status == "missing"
    assert big.reason == "/srv/models/big-00001-of-00002.gguf is not there"
    assert big.file == "/srv/models/big-00001-of-00002.gguf"


def test_a_configured_model_that_lacks_a_part_is_missing() -> None:
    _, big = select(INVENTORY, "default", listing("s/small-Q4.gguf", "big-00002-of-00002.gguf"))
    assert big.status == "missing"
    assert big.reason == "incomplete: 1 of 2 parts are there, part 1 is missing"


def test_an_unfinished_download_is_named_as_the_reason() -> None:
    small, _ = select(INVENTORY, "light", listing("s/small-Q4.gguf.incomplete", "rare.gguf"))
    assert small.reason == (
        "only an unfinished download is there: /srv/models/s/small-Q4.gguf.incomplete"
    )


def test_a_model_in_another_folder_is_pointed_at() -> None:
    small, _ = select(INVENTORY, "light", listing("other/Small-q4.gguf", "rare.gguf"))
    assert small.status == "missing"
    assert small.reason is not None
    assert "/srv/models/other/Small-q4.gguf is: correct its path" in small.reason


def test_an_empty_file_is_missing() -> None:
    there = Listing("/m", (FileEntry("s/small-Q4.gguf", 0), FileEntry("rare.gguf", 1)))
    assert select(INVENTORY, "light", there)[0].reason == "/m/s/small-Q4.gguf is empty"


def test_all_missing_is_an_error_that_names_folder_and_files() -> None:
    with pytest.raises(NoModelsError) as error:
        select(INVENTORY, "light", listing("other.gguf"))
    for words in ("/srv/models", "light", "small", "s/small-Q4.gguf", "rare", "other"):
        assert words in str(error.value)


def test_an_inventory_without_the_mode_is_an_error_that_points_to_all() -> None:
    with pytest.raises(NoModelsError, match=r"lists none for model_config_mode=light.*all.*other"):
        select(parse_inventory(""), "light", listing("other.gguf"))


def test_all_without_any_model_is_an_error_that_names_the_folder() -> None:
    with pytest.raises(NoModelsError, match="no model below /srv/models"):
        select(parse_inventory(""), "all", listing("readme.txt"))


def test_all_takes_named_and_unnamed_models_each_once() -> None:
    there = listing("s/small-Q4.gguf", "extra.gguf", "torn-00001-of-00002.gguf", ".Trash/y.gguf")
    chosen = {model.name: model.status for model in select(INVENTORY, Mode.ALL, there)}
    assert chosen == {
        "small": "ok", "big": "missing", "rare": "missing", "extra": "ok", "torn": "missing",
    }  # fmt: skip


def test_a_found_model_never_takes_a_configured_name() -> None:
    chosen = select(INVENTORY, "all", listing("s/small-Q4.gguf", "x/small.gguf"))
    assert [model.name for model in chosen] == ["small", "big", "rare", "small-2"]


def test_another_size_or_count_than_configured_is_warned_of() -> None:
    there = Listing(
        "/m",
        (
            FileEntry("s/small-Q4.gguf", 1_000_000_000),
            *(FileEntry(f"big-0000{no}-of-00003.gguf", 1) for no in (1, 2, 3)),
        ),
    )
    inventory = parse_inventory(
        """
        models:
          - {name: small, path: s/small-Q4.gguf, size_gb: 2.0, modes: [light]}
          - {name: big, path: big-00001-of-00003.gguf, parts: 2, modes: [light]}
        """
    )
    small, big = select(inventory, "light", there)
    assert "1.00 GB, the inventory says 2 GB" in small.warnings[0]
    assert "3 parts, the inventory says 2" in big.warnings[0]


def test_gib_written_as_gb_is_no_reason_for_a_warning() -> None:
    small, *_ = select(INVENTORY, "light", listing("s/small-Q4.gguf", size=2 * 2**30))
    assert small.warnings == ()


def test_a_model_outside_the_folder_is_looked_at_and_used() -> None:
    inventory = parse_inventory(
        """
        models:
          - {name: far, path: /mnt/.nas/far-00001-of-00002.gguf, parts: 2, modes: [light]}
          - {name: near, path: /srv/models/near.gguf, modes: [light]}
        """
    )
    outside = paths_outside(inventory, "light", "/srv/models")
    assert outside == ["/mnt/.nas/far-00001-of-00002.gguf", "/mnt/.nas/far-00002-of-00002.gguf"]
    far, near = select(inventory, "light", listing(*outside, "near.gguf"))
    assert (far.status, far.file) == ("ok", outside[0])
    assert (near.status, near.file) == ("ok", "/srv/models/near.gguf")
    half, _ = select(inventory, "light", listing(outside[0], "near.gguf"))
    assert half.reason == "incomplete: 1 of 2 parts are there"


def test_windows_finds_a_path_written_in_another_case_and_with_slashes() -> None:
    there = listing("S/Small-q4.gguf", root="D:\\models")
    chosen = select(INVENTORY, "light", there)[0]
    assert chosen.file == "D:\\models\\S\\Small-q4.gguf"


def test_linux_tells_two_cases_apart() -> None:
    with pytest.raises(NoModelsError):
        select(INVENTORY, "light", listing("S/Small-q4.gguf"))


def test_an_unknown_mode_names_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"'heavy'.*light, default, all"):
        select(INVENTORY, "heavy", listing())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models: [{name: a}]", "models.0.path"),
        ("models: [{name: a, path: x}, {name: a, path: y}]", "same name: a"),
        ("models: [{name: a, path: x}]\nlight: [b]", "list 'light' names b"),
        ("models: [{name: a/b, path: x}]", "models.0.name"),
        ("models: [{name: a, path: x, modes: [heavy]}]", "models.0.modes.0"),
        ("modells: []", "modells"),
        ("- a", "not an inventory"),
        ("a: [", "not YAML"),
    ],
)
def test_a_wrong_inventory_names_file_and_fault(text: str, words: str) -> None:
    with pytest.raises(ModelError) as error:
        parse_inventory(text, source="here/models.yml")
    assert str(error.value).startswith("here/models.yml: ")
    assert words in str(error.value)


def test_this_machines_folder_is_listed_with_sizes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.gguf").write_bytes(b"12345")
    (tmp_path / "dangling.gguf").symlink_to(tmp_path / "gone")
    assert Listing.of_directory(tmp_path) == Listing(str(tmp_path), (FileEntry("a/x.gguf", 5),))


def test_links_to_folders_are_followed_and_circles_end(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "x.gguf").write_bytes(b"12345")
    root = tmp_path / "models"
    root.mkdir()
    (root / "linked").symlink_to(tmp_path / "store")
    (tmp_path / "store" / "circle").symlink_to(root)
    assert Listing.of_directory(root).files == (FileEntry("linked/x.gguf", 5),)
