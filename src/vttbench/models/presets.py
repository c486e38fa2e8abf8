"""Shapes of models that synthetic ones are made in, and the tensors such a shape consists of.

Speed depends on the shape and the type of the weights, not on their values: so a model of the same
shape, filled with random weights, is measured like the real one, without a download.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from vttbench.models.errors import ModelError


@dataclass(frozen=True)
class Preset:
    """A model's shape, in the terms of GGUF's metadata.

    Attributes:
        name: as users type it.
        like: the model whose published ``config.json`` these numbers are, or what it is for.
        architecture: ``llama``, ``qwen3`` or ``qwen3moe``, as llama.cpp calls them.
        blocks: number of layers.
        embedding: width of the residual stream.
        feed_forward: width inside the dense feed-forward network.
        heads: attention heads of queries.
        kv_heads: attention heads of keys and values.
        head_size: width of one head.
        vocabulary: number of tokens.
        context: longest context the model was made for, in tokens.
        tied: whether the output layer is the input embedding.
        rope_base: base frequency of the rotary embedding.
        norm_epsilon: of the RMS norm.
        experts: number of experts a layer; 0 for a dense model.
        experts_used: how many of them work on one token.
        expert_feed_forward: width inside one expert.
    """

    name: str
    like: str
    architecture: str
    blocks: int
    embedding: int
    feed_forward: int
    heads: int
    kv_heads: int
    head_size: int
    vocabulary: int
    context: int
    tied: bool
    rope_base: float
    norm_epsilon: float
    experts: int = 0
    experts_used: int = 0
    expert_feed_forward: int = 0

    @property
    def parameters(self) -> int:
        """Number of weights, all experts counted."""
        return sum(tensor.elements for tensor in tensors_of(self))


@dataclass(frozen=True)
class TensorShape:
    """One tensor.

    Attributes:
        name: as llama.cpp looks it up.
        shape: rows first, as numpy has it (GGUF stores the reverse).
        role: ``matrix`` takes the model's quantisation; ``norm`` and ``router`` stay F32, as
            llama-quantize leaves them.
    """

    name: str
    shape: tuple[int, ...]
    role: str = "matrix"

    @property
    def elements(self) -> int:
        """Number of weights."""
        return prod(self.shape)


def tensors_of(preset: Preset) -> Iterator[TensorShape]:
    """Yield the tensors of a model of that shape, in the order of the file."""
    width = preset.embedding
    queries, keys = preset.heads * preset.head_size, preset.kv_heads * preset.head_size
    yield TensorShape("token_embd.weight", (preset.vocabulary, width))
    for block in range(preset.blocks):
        at = f"blk.{block}."
        yield TensorShape(f"{at}attn_norm.weight", (width,), "norm")
        yield TensorShape(f"{at}attn_q.weight", (queries, width))
        yield TensorShape(f"{at}attn_k.weight", (keys, width))
        yield TensorShape(f"{at}attn_v.weight", (keys, width))
        yield TensorShape(f"{at}attn_output.weight", (width, queries))
        if preset.architecture.startswith("qwen3"):
            yield TensorShape(f"{at}attn_q_norm.weight", (preset.head_size,), "norm")
            yield TensorShape(f"{at}attn_k_norm.weight", (preset.head_size,), "norm")
        yield TensorShape(f"{at}ffn_norm.weight", (width,), "norm")
        if preset.experts:
            wide = preset.expert_feed_forward
            yield TensorShape(f"{at}ffn_gate_inp.weight", (preset.experts, width), "router")
            yield TensorShape(f"{at}ffn_gate_exps.weight", (preset.experts, wide, width))
            yield TensorShape(f"{at}ffn_up_exps.weight", (preset.experts, wide, width))
            yield TensorShape(f"{at}ffn_down_exps.weight", (preset.experts, width, wide))
        else:
            yield TensorShape(f"{at}ffn_gate.weight", (preset.feed_forward, width))
            yield TensorShape(f"{at}ffn_up.weight", (preset.feed_forward, width))
            yield TensorShape(f"{at}ffn_down.weight", (width, preset.feed_forward))
    yield TensorShape("output_norm.weight", (width,), "norm")
    if not preset.tied:
        yield TensorShape("output.weight", (preset.vocabulary, width))


# fmt: off
_ALL = (
    Preset("tiny", "(for tests)", "llama",
           2, 256, 768, 4, 2, 64, 2048, 4096, True, 10_000.0, 1e-5),
    Preset("moe-tiny", "(for tests, 8 experts)", "qwen3moe",
           2, 256, 768, 4, 2, 64, 2048, 4096, True, 1_000_000.0, 1e-6, 8, 2, 128),
    Preset("smollm-135m", "SmolLM 135M", "llama",
           30, 576, 1536, 9, 3, 64, 49_152, 8192, True, 10_000.0, 1e-5),
    Preset("qwen3-0.6b", "Qwen3 0.6B", "qwen3",
           28, 1024, 3072, 16, 8, 128, 151_936, 40_960, True, 1_000_000.0, 1e-6),
    Preset("moe-small", "(small, 32 experts)", "qwen3moe",
           12, 1024, 3072, 16, 4, 64, 32_000, 40_960, False, 1_000_000.0, 1e-6, 32, 4, 512),
    Preset("llama-3.2-1b", "Llama 3.2 1B", "llama",
           16, 2048, 8192, 32, 8, 64, 128_256, 131_072, True, 500_000.0, 1e-5),
    Preset("llama-3.2-3b", "Llama 3.2 3B", "llama",
           28, 3072, 8192, 24, 8, 128, 128_256, 131_072, True, 500_000.0, 1e-5),
    Preset("llama-3.1-8b", "Llama 3.1 8B", "llama",
           32, 4096, 14_336, 32, 8, 128, 128_256, 131_072, False, 500_000.0, 1e-5),
    Preset("qwen3-30b-a3b", "Qwen3 30B-A3B", "qwen3moe",
           48, 2048, 6144, 32, 4, 128, 151_936, 40_960, False, 1_000_000.0, 1e-6, 128, 8, 768),
)
# fmt: on
PRESETS = {preset.name: preset for preset in _ALL}


def preset_of(name: str) -> Preset:
    """Return a preset by its name.

    Raises:
        ModelError: unknown; names the known ones.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise ModelError(
            f"there is no preset {name!r}: choose one of {', '.join(PRESETS)}"
        ) from None
