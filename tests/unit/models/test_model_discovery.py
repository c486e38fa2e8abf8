"""Which models are found among the files of a host."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vttbench.models.discovery import discover, part_paths
from vttbench.models.listing import FileEntry, Listing


def entries(*paths: str, size: int = 1000) -> list[FileEntry]:
    return [FileEntry(path, size) for path in paths]


def names(*paths: str) -> list[str]:
    return [model.name for model in discover(entries(*paths))]


def test_a_single_file_is_a_model_named_after_its_file() -> None:
    [model] = discover(entries("meta/Llama-3.2-3B-Instruct-Q4_K_M.gguf"))
    assert model.name == "Llama-3.2-3B-Instruct-Q4_K_M"
    assert model.complete
    assert model.expected_parts == 1


def test_parts_are_one_model_that_begins_with_part_one() -> None:
    [model] = discover(
        entries(
            "big/x-00003-of-00003.gguf", "big/x-00001-of-00003.gguf", "big/x-00002-of-00003.gguf"
        )
    )
    assert model.name == "x"
    assert model.first.path == "big/x-00001-of-00003.gguf"
    assert model.size_bytes == 3000
    assert model.complete


def test_a_set_that_lacks_a_part_says_which() -> None:
    [model] = discover(entries("x-00001-of-00003.gguf", "x-00003-of-00003.gguf"))
    assert model.reason == "incomplete: 2 of 3 parts are there, part 2 is missing"


def test_a_set_that_lacks_many_parts_says_so_in_one_line() -> None:
    [model] = discover(entries("x-00001-of-99999.gguf"))
    assert model.reason is not None
    assert model.reason.endswith("part 2, 3, 4, 5, 6 and 99993 more is missing")


def test_an_empty_part_is_a_missing_part() -> None:
    [model] = discover(
        [FileEntry("x-00001-of-00002.gguf", 5), FileEntry("x-00002-of-00002.gguf", 0)]
    )
    assert model.reason == "incomplete: 1 of 2 parts are there, part 2 is missing"


def test_a_part_number_beyond_the_count_makes_the_set_unusable() -> None:
    [model] = discover(entries("x-00001-of-00001.gguf", "x-00002-of-00001.gguf"))
    assert model.reason == "there is a part 2 of 1"


def test_a_set_of_no_parts_and_a_single_file_of_that_name_are_two_models() -> None:
    models = discover(entries("x.gguf", "x-00001-of-00000.gguf"))
    assert {model.first.path: model.complete for model in models} == {
        "x.gguf": True,
        "x-00001-of-00000.gguf": False,
    }


def test_parts_of_the_same_name_in_two_folders_are_two_models() -> None:
    models = discover(
        entries(
            "a/x-00001-of-00002.gguf", "b/x-00001-of-00002.gguf",
            "a/x-00002-of-00002.gguf", "b/x-00002-of-00002.gguf",
        )
    )  # fmt: skip
    assert [model.name for model in models] == ["a-x", "b-x"]
    assert all(model.complete for model in models)


def test_trash_hidden_and_system_folders_are_left_out() -> None:
    assert (
        names(
            ".Trash/x.gguf",
            ".Trash-1000/files/x.gguf",
            "deep/.Trashes/501/x.gguf",
            ".cache/x.gguf",
            "$RECYCLE.BIN/S-1-5/x.gguf",
            "deep/._x.gguf",
        )
        == []
    )


def test_unfinished_downloads_are_left_out() -> None:
    assert (
        names(
            "x.gguf.part", "x.gguf.incomplete", "x.part.gguf", "y.incomplete.gguf",
            "z.gguf.crdownload", "z.gguf.tmp",
        ) == []
    )  # fmt: skip


def test_a_file_that_aria2_still_loads_is_not_complete() -> None:
    [model] = discover(entries("x.gguf", "x.gguf.aria2"))
    assert model.reason is not None
    assert "still being downloaded" in model.reason


def test_empty_files_are_left_out() -> None:
    assert discover([FileEntry("x.gguf", 0)]) == []


def test_gguf_files_without_a_language_model_are_left_out() -> None:
    assert (
        names(
            "mmproj-F16.gguf", "gemma-3-4b-mmproj-F16.gguf", "x.mmproj-q8_0.gguf",
            "imatrix.gguf", "x.imatrix.gguf", "ggml-vocab-llama-bpe.gguf",
        ) == []
    )  # fmt: skip


def test_the_extension_is_read_in_any_case() -> None:
    assert names("X.GGUF", "y-00001-of-00001.GgUf", "z.gguf.txt", ".gguf") == ["X", "y"]


def test_windows_paths_are_read_like_others() -> None:
    listing = Listing.of_find(
        "D:\\Models",
        [
            {"path": "d:\\models\\big\\x-00001-of-00002.gguf", "size": 7, "isdir": False},
            {"path": "D:\\Models\\big\\x-00002-of-00002.gguf", "size": 8, "isdir": False},
            {"path": "D:\\Models\\.Trash\\y.gguf", "size": 8},
            {"path": "D:\\Models\\folder.gguf", "size": 0, "isdir": True},
        ],
    )
    [model] = discover(listing.files)
    assert model.name == "x"
    assert model.size_bytes == 15
    assert listing.absolute(model.first.path) == "D:\\Models\\big\\x-00001-of-00002.gguf"


def test_a_windows_folder_may_be_written_with_slashes() -> None:
    listing = Listing.of_find("C:/models", [{"path": "C:\\models\\a\\x.gguf", "size": 7}])
    assert listing.files == (FileEntry("a/x.gguf", 7),)
    assert listing.absolute("a/x.gguf") == "C:\\models\\a\\x.gguf"


def test_a_bare_windows_listing_needs_no_conversion() -> None:
    assert names("a\\x.gguf", "b\\x.gguf") == ["a-x", "b-x"]


def test_same_names_that_only_case_tells_apart_get_numbers() -> None:
    assert names("x.gguf", "X.gguf") == ["X", "x-2"]


def test_a_name_made_from_folders_never_takes_another_models_name() -> None:
    found = names("a/b.gguf", "c/b.gguf", "a-b.gguf")
    assert len(found) == len(set(found)) == 3
    assert "a-b" in found


def test_all_parts_follow_from_one() -> None:
    assert part_paths("d/x-00002-of-00003.gguf", 1) == [
        "d/x-00001-of-00003.gguf",
        "d/x-00002-of-00003.gguf",
        "d/x-00003-of-00003.gguf",
    ]
    assert part_paths("d/x.gguf", 1) == ["d/x.gguf"]


folders = st.lists(st.sampled_from(["a", "b", "a-b", "Models"]), max_size=3).map("/".join)
stems = st.sampled_from(["x", "X", "b", "a-b", "llama-3.2", "x-2", "x-00001-of-2"])


@given(
    sets=st.dictionaries(
        st.tuples(folders, stems, st.integers(1, 6)),
        st.sets(st.integers(1, 6), min_size=1),
        max_size=6,
    ),
    windows=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_every_set_is_found_once_whatever_the_order(
    sets: dict[tuple[str, str, int], set[int]], windows: bool, order
) -> None:
    wanted: dict[tuple[str, str, int], set[int]] = {}
    listing = []
    for (folder, stem, count), numbers in sets.items():
        kept = {number for number in numbers if number <= count}
        if not kept:
            continue
        wanted[folder, stem, count] = kept
        listing += [
            f"{folder}/{stem}-{number:05d}-of-{count:05d}.gguf".lstrip("/") for number in kept
        ]
    if windows:
        listing = [path.replace("/", "\\") for path in listing]
    reference = discover(entries(*listing))
    order.shuffle(listing)
    models = discover(entries(*listing))
    assert models == reference
    assert sorted(part.path for model in models for part in model.parts) == sorted(
        path.replace("\\", "/") for path in listing
    )
    assert len(models) == len(wanted)
    assert sum(model.complete for model in models) == sum(
        kept == set(range(1, count + 1)) for (_, _, count), kept in wanted.items()
    )
    assert len({model.name.casefold() for model in models}) == len(models)


@given(st.lists(st.text(max_size=30)))
def test_any_listing_is_understood_without_an_error(paths: list[str]) -> None:
    models = discover(entries(*paths, *(f"{path}.gguf" for path in paths)))
    assert len({model.name.casefold() for model in models}) == len(models)
