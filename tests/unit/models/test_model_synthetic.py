"""Synthetic models: valid GGUF files, the same for the same seed."""

from __future__ import annotations

import hashlib
from collections import namedtuple
from pathlib import Path

import gguf
import numpy as np
import pytest

from vttbench.models import synthetic
from vttbench.models.discovery import discover
from vttbench.models.errors import ModelError
from vttbench.models.listing import Listing
from vttbench.models.presets import PRESETS, preset_of, tensors_of
from vttbench.models.synthetic import file_name, write_synthetic

QUANTS = ["Q4_0", "Q8_0", "F16"]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def weights(tensor: gguf.ReaderTensor) -> np.ndarray:
    return gguf.dequantize(tensor.data, tensor.tensor_type)


@pytest.mark.parametrize("quant", QUANTS)
@pytest.mark.parametrize("preset", ["tiny", "moe-tiny"])
def test_the_file_holds_every_tensor_of_the_shape(tmp_path: Path, preset: str, quant: str) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", preset, quant, 1).files
    found = {
        tensor.name: (tuple(reversed(tensor.shape.tolist())), tensor.tensor_type.name)
        for tensor in gguf.GGUFReader(path).tensors
    }
    assert found == {
        tensor.name: (tensor.shape, quant if tensor.role == "matrix" else "F32")
        for tensor in tensors_of(preset_of(preset))
    }


@pytest.mark.parametrize("quant", QUANTS)
@pytest.mark.parametrize("preset", ["tiny", "moe-tiny"])
def test_all_weights_are_finite_and_like_those_of_a_trained_model(
    tmp_path: Path, preset: str, quant: str
) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", preset, quant, 1).files
    for tensor in gguf.GGUFReader(path).tensors:
        values = weights(tensor)
        assert np.isfinite(values).all(), tensor.name
        if tensor.name.endswith("norm.weight"):
            assert np.abs(values - 1).max() <= 0.05, tensor.name
        elif "ffn_gate_inp" not in tensor.name:
            assert abs(values.mean()) < 0.001, tensor.name
            assert 0.015 < values.std() < 0.025, tensor.name
            # Nibbles are 0 in one of 16 cases; nothing else is.
            assert (values == 0).mean() < 0.08, tensor.name


def test_no_two_matrices_are_alike(tmp_path: Path) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "F16", 1).files
    beginnings = [tensor.data.tobytes()[:256] for tensor in gguf.GGUFReader(path).tensors]
    assert len(set(beginnings)) == len(beginnings)


def test_the_same_seed_gives_the_same_bytes_as_ever(tmp_path: Path) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1).files
    # Raise synthetic._GENERATOR when this has to change: results name the model by its seed.
    assert sha256(path) == "4cc37de411fa651730911ae9c2320e3d3efe0c5b2d9174880dbbbdea1cf546d2"


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    one, other = (
        gguf.GGUFReader(write_synthetic(tmp_path / f"{seed}.gguf", "tiny", "Q4_0", seed).files[0])
        for seed in (1, 2)
    )
    for mine, yours in zip(one.tensors, other.tensors, strict=True):
        assert mine.data.tobytes() != yours.data.tobytes(), mine.name


def test_metadata_says_that_it_is_synthetic_and_how_it_was_made(tmp_path: Path) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q8_0", 7).files
    fields = gguf.GGUFReader(path).fields
    assert fields["general.name"].contents() == "Synthetic tiny Q8_0 seed 7"
    assert fields["vttbench.synthetic.seed"].contents() == 7
    assert fields["tokenizer.ggml.model"].contents() == "no_vocab"
    assert fields["general.file_type"].contents() == gguf.LlamaFileType.MOSTLY_Q8_0
    assert fields["llama.vocab_size"].contents() == PRESETS["tiny"].vocabulary


def test_the_name_says_synthetic() -> None:
    assert file_name("llama-3.2-1b", "q4_0") == "synthetic-llama-3.2-1b-Q4_0.gguf"


@pytest.mark.parametrize("preset", ["tiny", "moe-tiny"])
def test_parts_hold_together_what_one_file_holds(tmp_path: Path, preset: str) -> None:
    [whole] = write_synthetic(tmp_path / "x.gguf", preset, "Q4_0", 3).files
    parts = write_synthetic(tmp_path / "x.gguf", preset, "Q4_0", 3, split=3).files
    assert [part.name for part in parts] == [f"x-0000{no}-of-00003.gguf" for no in (1, 2, 3)]
    readers = [gguf.GGUFReader(part) for part in parts]
    joined = [tensor for reader in readers for tensor in reader.tensors]
    single = gguf.GGUFReader(whole).tensors
    assert [tensor.name for tensor in joined] == [tensor.name for tensor in single]
    for mine, yours in zip(joined, single, strict=True):
        assert mine.data.tobytes() == yours.data.tobytes(), mine.name
    for number, reader in enumerate(readers):
        assert reader.fields["split.no"].contents() == number
        assert reader.fields["split.count"].contents() == 3
        assert reader.fields["split.tensors.count"].contents() == len(single)


@pytest.mark.parametrize("split", [1, 2, 5, 20])
def test_as_many_parts_are_written_as_asked_for_and_none_is_empty(
    tmp_path: Path, split: int
) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=split).files
    assert len(parts) == split
    assert all(gguf.GGUFReader(part).tensors for part in parts)


def test_parts_are_of_about_the_same_size(tmp_path: Path) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "F16", 1, split=3).files
    sizes = [part.stat().st_size for part in parts]
    assert max(sizes) < 2 * min(sizes)


def test_discovery_finds_a_written_model_and_no_drafts(tmp_path: Path) -> None:
    write_synthetic(tmp_path / file_name("tiny", "Q4_0"), "tiny", "Q4_0", 1, split=2)
    assert len(list(tmp_path.iterdir())) == 2
    [model] = discover(Listing.of_directory(tmp_path).files)
    assert (model.name, model.complete) == ("synthetic-tiny-Q4_0", True)


def test_a_model_that_is_there_already_is_not_written_again(tmp_path: Path) -> None:
    first = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=2)
    again = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=2)
    assert (first.written, again.written) == (True, False)
    assert (again.files, again.size_bytes) == (first.files, first.size_bytes)


@pytest.mark.parametrize("keep", [0, 10, 500, 5000, 1_000_000])
def test_a_torn_file_is_replaced(tmp_path: Path, keep: int) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1).files
    whole = path.read_bytes()
    path.write_bytes(whole[:keep])
    assert write_synthetic(path, "tiny", "Q4_0", 1).written
    assert path.read_bytes() == whole


def test_a_model_of_another_seed_is_replaced(tmp_path: Path) -> None:
    write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1)
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 2).files
    assert gguf.GGUFReader(path).fields["vttbench.synthetic.seed"].contents() == 2


def test_a_failed_write_leaves_nothing_and_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1).files
    before = sha256(path)

    def broken(_: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("os.fsync", broken)
    with pytest.raises(OSError, match="Input/output error"):
        write_synthetic(path, "tiny", "Q4_0", 2)
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.gguf"]
    assert sha256(path) == before


def test_a_disk_that_is_too_small_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(synthetic.shutil, "disk_usage", lambda _: usage(2**30, 2**30, 10**8))
    with pytest.raises(ModelError, match=r"needs 0\.70 GB .*has 0\.10 GB free") as error:
        write_synthetic(tmp_path / "x.gguf", "llama-3.2-1b", "Q4_0", 1)
    assert str(tmp_path) in str(error.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "preset", "quant", "seed", "split", "words"),
    [
        ("x.gguf", "huge", "Q4_0", 1, None, "no preset 'huge': choose one of tiny"),
        ("x.gguf", "tiny", "Q4_K_M", 1, None, "'Q4_K_M': choose one of Q4_0, Q8_0, F16"),
        ("x.gguf", "tiny", "Q4_0", -1, None, "seed is -1"),
        ("x.gguf", "tiny", "Q4_0", 1, 0, "0 parts: choose 1 to 20"),
        ("x.gguf", "tiny", "Q4_0", 1, 21, "21 parts: choose 1 to 20"),
        ("x.bin", "tiny", "Q4_0", 1, None, "ends in .gguf"),
        ("x-00001-of-00002.gguf", "tiny", "Q4_0", 1, None, "without a part's number"),
    ],
)
def test_what_can_not_be_made_is_refused_with_what_can(
    tmp_path: Path, name: str, preset: str, quant: str, seed: int, split: int | None, words: str
) -> None:
    with pytest.raises(ModelError) as error:
        write_synthetic(tmp_path / name, preset, quant, seed, split)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("preset", "billions"),
    [
        ("smollm-135m", 0.1345), ("qwen3-0.6b", 0.596), ("llama-3.2-1b", 1.236),
        ("llama-3.2-3b", 3.213), ("llama-3.1-8b", 8.030), ("qwen3-30b-a3b", 30.532),
    ],
)  # fmt: skip
def test_presets_have_as_many_parameters_as_the_models_they_are_like(
    preset: str, billions: float
) -> None:
    assert preset_of(preset).parameters / 1e9 == pytest.approx(billions, rel=0.001)
