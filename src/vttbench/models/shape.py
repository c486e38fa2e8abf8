"""What a model is, read from the header of its GGUF file; part of what must be equal to compare."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vttbench.models.discovery import part_paths
from vttbench.models.errors import ModelError

if TYPE_CHECKING:
    import gguf


@dataclass(frozen=True)
class ModelShape:
    """A model as its file describes it.

    Attributes:
        architecture: as llama.cpp calls it, e.g. ``llama``.
        name: ``general.name``, if the file has one.
        parameters: number of weights in all parts.
        quant: type of the file, e.g. ``Q4_K_M``; where the file doesn't say, the type that most of
            its bytes have.
        parts: number of files.
        size_bytes: of all files.
        tensor_bytes: of all tensors; llama-bench's ``model_size``.
        blocks: number of layers, if the file says.
        embedding: width of the residual stream, if the file says.
        experts: number of experts a layer; 0 for a dense model.
        synthetic: whether it was made by ``vttbench models synth``.
        sha256: of each file, in the order of the parts; empty unless asked for.
    """

    architecture: str
    name: str | None
    parameters: int
    quant: str
    parts: int
    size_bytes: int
    tensor_bytes: int
    blocks: int | None
    embedding: int | None
    experts: int
    synthetic: bool
    sha256: tuple[str, ...] = ()

    @property
    def comparable(self) -> dict[str, str | int | bool | None]:
        """Facts that must be equal before speeds are compared.

        A model in parts is as fast as one in a single file, and weights of other values as these:
        so neither parts nor checksums belong to it.
        """
        return {
            "model_architecture": self.architecture,
            "model_parameters": self.parameters,
            "model_quant": self.quant,
            "model_tensor_bytes": self.tensor_bytes,
            "model_blocks": self.blocks,
            "model_embedding": self.embedding,
            "model_experts": self.experts,
        }


def describe(path: Path, *, checksum: bool = False) -> ModelShape:
    """Describe a model from its headers; no weights are read.

    Args:
        path: the file, or the first part of several.
        checksum: whether to read all of it for its SHA-256.

    Raises:
        ModelError: not a GGUF file, torn, or a set of parts that is not complete.
    """
    first = _open(path)
    count = _number(first, "split.count") or 1
    if count > 1 and _number(first, "split.no"):
        raise ModelError(f"{path}: a model is read from its first part, this is another one")
    files = [Path(part) for part in part_paths(str(path), count)]
    if len(files) != count:
        raise ModelError(f"{path}: says it is one of {count} parts; its name has to say so too")
    readers = [first, *(_open(file) for file in files[1:])]
    architecture = _text(first, "general.architecture")
    if architecture is None:
        raise ModelError(f"{path}: says of no architecture, so it holds no model")
    tensors = [tensor for reader in readers for tensor in reader.tensors]
    return ModelShape(
        architecture=architecture,
        name=_text(first, "general.name"),
        parameters=sum(int(tensor.n_elements) for tensor in tensors),
        quant=_quant(first, tensors),
        parts=count,
        size_bytes=sum(file.stat().st_size for file in files),
        tensor_bytes=sum(int(tensor.n_bytes) for tensor in tensors),
        blocks=_number(first, f"{architecture}.block_count"),
        embedding=_number(first, f"{architecture}.embedding_length"),
        experts=_number(first, f"{architecture}.expert_count") or 0,
        synthetic=first.get_field("vttbench.synthetic.preset") is not None,
        sha256=tuple(_sha256(file) for file in files) if checksum else (),
    )


def _open(path: Path) -> gguf.GGUFReader:
    from vttbench.models.header import HeaderReader

    try:
        return HeaderReader(path)
    except OSError as error:
        raise ModelError(f"{path}: can't be read: {error.strerror or error}") from error
    # What the reader raises depends on where a file ends or goes wrong.
    except (ValueError, IndexError, KeyError, OverflowError, MemoryError, struct.error) as error:
        raise ModelError(f"{path}: not a GGUF file, or not all of one: {error}") from error


def _text(reader: gguf.GGUFReader, key: str) -> str | None:
    field = reader.get_field(key)
    return None if field is None else str(field.contents())


def _number(reader: gguf.GGUFReader, key: str) -> int | None:
    field = reader.get_field(key)
    content = None if field is None else field.contents()
    # Some architectures have a list, one number a layer; lists are left out of a header.
    return int(content) if isinstance(content, int | float) else None


def _quant(reader: gguf.GGUFReader, tensors: list[gguf.ReaderTensor]) -> str:
    import gguf

    file_type = _number(reader, "general.file_type")
    if file_type is not None and file_type in set(gguf.LlamaFileType):
        return str(gguf.LlamaFileType(file_type).name).partition("_")[2]
    bytes_of: Counter[str] = Counter()
    for tensor in tensors:
        bytes_of[tensor.tensor_type.name] += int(tensor.n_bytes)
    return bytes_of.most_common(1)[0][0] if bytes_of else "none"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
