"""GGUF files of synthetic models: their metadata, their tensors, in one file or in parts."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vttbench.models.fill import F32, Quant, RandomWeights
from vttbench.models.presets import Preset, TensorShape

if TYPE_CHECKING:
    import gguf

# Says in the file's metadata what it was made from.
_PREFIX = "vttbench.synthetic"


def stored_as(tensor: TensorShape, quant: Quant) -> Quant:
    """Return the type that a tensor has in a model of that quantisation."""
    return quant if tensor.role == "matrix" else F32


def write_gguf(
    path: Path,
    shape: Preset,
    quant: Quant,
    identity: Mapping[str, Any],
    parts: list[list[TensorShape]],
) -> list[Path]:
    """Write a model with random weights.

    Args:
        path: file; where there is more than one part, gguf adds ``-00001-of-0000N`` to its name.
        shape: of the model.
        quant: of its matrices.
        identity: what the weights are drawn from; also goes into the metadata.
        parts: tensors of each part.

    Returns:
        The files, all of them on the disk.
    """
    import gguf
    import numpy as np

    writer = gguf.GGUFWriter(path, shape.architecture)
    _add_metadata(writer, shape, quant, identity)
    for number, part in enumerate(parts):
        if number:
            writer.tensors.append({})
        for tensor in part:
            kind = stored_as(tensor, quant)
            writer.add_tensor_info(
                tensor.name,
                tensor.shape,
                np.dtype(np.float32),  # only used where raw_dtype is not given
                kind.size(tensor.elements),
                raw_dtype=gguf.GGMLQuantizationType[kind.name],
            )
    names: list[Path] = writer.format_shard_names(path)
    weights = RandomWeights("/".join(str(value) for value in identity.values()), quant)
    try:
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for out, part in zip(writer.fout, parts, strict=True):
            writer.write_padding(out, out.tell())
            for tensor in part:
                for piece in _weights(tensor, weights):
                    out.write(piece)
                writer.write_padding(out, stored_as(tensor, quant).size(tensor.elements))
            out.flush()
            os.fsync(out.fileno())
    finally:
        writer.close()
    return names


def _weights(tensor: TensorShape, weights: RandomWeights) -> Iterator[Any]:
    if tensor.role == "norm":
        yield weights.around(1.0, 0.05, tensor.elements).data
    elif tensor.role == "router":
        yield weights.around(0.0, 0.05, tensor.elements).data
    else:
        yield from weights.matrix(tensor.elements)


def _add_metadata(
    writer: gguf.GGUFWriter,
    shape: Preset,
    quant: Quant,
    identity: Mapping[str, Any],
) -> None:
    import gguf

    writer.add_type("model")
    writer.add_name(f"Synthetic {shape.name} {quant.name} seed {identity['seed']}")
    writer.add_description("Random weights in the shape of a model, for measuring speed only")
    writer.add_file_type(int(gguf.LlamaFileType[f"MOSTLY_{quant.name}"]))
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.embedding)
    writer.add_block_count(shape.blocks)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_vocab_size(shape.vocabulary)
    if shape.experts:
        writer.add_expert_count(shape.experts)
        writer.add_expert_used_count(shape.experts_used)
        writer.add_expert_feed_forward_length(shape.expert_feed_forward)
    writer.add_tokenizer_model("no_vocab")
    writer.add_string(f"{_PREFIX}.preset", identity["preset"])
    writer.add_string(f"{_PREFIX}.quant", identity["quant"])
    writer.add_uint64(f"{_PREFIX}.seed", identity["seed"])
    writer.add_uint32(f"{_PREFIX}.generator", identity["generator"])


def holds(files: tuple[Path, ...], identity: Mapping[str, Any], size: int) -> bool:
    """Tell whether these files are that very model, with all of its bytes.

    Args:
        files: all parts.
        identity: as given to :func:`write_gguf`.
        size: bytes of all tensors.
    """
    import gguf

    if not all(file.is_file() for file in files):
        return False
    try:
        readers = [gguf.GGUFReader(file) for file in files]
    except (ValueError, IndexError, KeyError):  # another file, or torn
        return False
    fields = {
        key: field.contents() if (field := readers[0].get_field(f"{_PREFIX}.{key}")) else None
        for key in identity
    }
    there = sum(tensor.n_bytes for reader in readers for tensor in reader.tensors)
    return fields == dict(identity) and int(there) == size
