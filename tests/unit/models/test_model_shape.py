"""What a model is, read from the header of its file."""

from __future__ import annotations

import hashlib
from pathlib import Path

import gguf
import numpy as np
import pytest

from vttbench.models.errors import ModelError
from vttbench.models.header import HeaderReader
from vttbench.models.presets import PRESETS
from vttbench.models.shape import describe
from vttbench.models.synthetic import write_synthetic


@pytest.mark.parametrize("quant", ["Q4_0", "Q8_0", "F16"])
def test_a_model_is_described_from_its_header(tmp_path: Path, quant: str) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "moe-tiny", quant, 1).files
    shape = describe(path)
    assert shape.architecture == "qwen3moe"
    assert shape.parameters == PRESETS["moe-tiny"].parameters
    assert shape.quant == quant
    assert shape.size_bytes == path.stat().st_size
    assert shape.tensor_bytes < shape.size_bytes
    assert (shape.blocks, shape.embedding, shape.experts) == (2, 256, 8)
    assert shape.synthetic
    assert shape.sha256 == ()


def test_parts_are_described_as_one_model_that_compares_with_the_single_file(
    tmp_path: Path,
) -> None:
    [whole] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1).files
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=3).files
    shape = describe(parts[0], checksum=True)
    assert shape.parts == 3
    assert shape.size_bytes == sum(part.stat().st_size for part in parts)
    assert shape.comparable == describe(whole).comparable
    assert shape.sha256 == tuple(hashlib.sha256(part.read_bytes()).hexdigest() for part in parts)


def test_another_seed_compares_and_another_quantisation_does_not(tmp_path: Path) -> None:
    one, seed, quant = (
        describe(write_synthetic(tmp_path / f"{name}.gguf", "tiny", kind, number).files[0])
        for name, kind, number in (("a", "Q4_0", 1), ("b", "Q4_0", 2), ("c", "Q8_0", 1))
    )
    assert one.comparable == seed.comparable
    differing = {key for key, value in one.comparable.items() if quant.comparable[key] != value}
    assert differing == {"model_quant", "model_tensor_bytes"}


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=3).files
    parts[1].unlink()
    with pytest.raises(ModelError, match=r"x-00002-of-00003\.gguf"):
        describe(parts[0])


def test_a_later_part_is_refused(tmp_path: Path) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=2).files
    with pytest.raises(ModelError, match="first part"):
        describe(parts[1])


def test_a_renamed_part_is_refused(tmp_path: Path) -> None:
    parts = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1, split=2).files
    parts[0].rename(tmp_path / "y.gguf")
    with pytest.raises(ModelError, match="one of 2 parts"):
        describe(tmp_path / "y.gguf")


@pytest.mark.parametrize("keep", [0, 3, 10, 40, 300, 900, 3000, -1])
def test_a_torn_file_is_an_error_that_names_it(tmp_path: Path, keep: int) -> None:
    [path] = write_synthetic(tmp_path / "x.gguf", "tiny", "Q4_0", 1).files
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] if keep < 0 else data[:keep])
    with pytest.raises(ModelError, match=r"x\.gguf: not a GGUF file, or not all of one"):
        describe(path)


def test_garbage_and_absence_are_errors_that_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"GGUF" + bytes(range(1, 200)))
    with pytest.raises(ModelError, match=r"x\.gguf: not a GGUF"):
        describe(tmp_path / "x.gguf")
    with pytest.raises(ModelError, match=r"y\.gguf: can't be read: No such file"):
        describe(tmp_path / "y.gguf")


def test_a_file_without_a_type_is_called_by_what_most_of_it_is(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tensor("small", np.ones(32, dtype=np.float32))
    writer.add_tensor("large", np.ones((64, 32), dtype=np.float16))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    shape = describe(path)
    assert shape.quant == "F16"
    assert not shape.synthetic
    assert shape.blocks is None


def test_a_vocabulary_of_any_kind_is_skipped_over(tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_array("tokenizer.ggml.tokens", ["", "a", "é", "long " * 50])
    writer.add_array("tokenizer.ggml.scores", [0.5, 1.5, 2.5])
    writer.add_array("tokenizer.ggml.token_type", [1, 2, 3, 4, 5])
    writer.add_array("llama.some_flags", [True, False, True])
    writer.add_array("llama.attention.head_count", [4, 8])
    writer.add_block_count(7)
    writer.add_tensor("weight", np.arange(64, dtype=np.float32).reshape(2, 32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    shape = describe(path)
    assert (shape.blocks, shape.parameters, shape.quant) == (7, 64, "F32")
    ours, theirs = HeaderReader(path), gguf.GGUFReader(path)
    assert ours.fields.keys() == theirs.fields.keys()
    assert ours.tensors[0].data.tolist() == theirs.tensors[0].data.tolist()
    for keep in range(40, path.stat().st_size, 97):
        torn = tmp_path / "torn.gguf"
        torn.write_bytes(path.read_bytes()[:keep])
        with pytest.raises(ModelError, match=r"torn\.gguf: not a GGUF"):
            describe(torn)
