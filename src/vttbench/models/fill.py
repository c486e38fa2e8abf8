"""Random weights in the formats of ggml: valid, finite, and written at the speed of the disk.

A block of random data is made once and repeated through all tensors, each from another offset.
Nothing is zero: GPUs that are limited by power run zeros faster than weights.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vttbench.models.errors import ModelError

Bytes = npt.NDArray[np.uint8]

# Weights of trained models of a few billion parameters have about this standard deviation.
_SIGMA = 0.02
_TILE_BYTES = 16 * 2**20


@dataclass(frozen=True)
class Quant:
    """A type of weights that synthetic models come in.

    Attributes:
        name: as in file names, and as gguf's ``GGMLQuantizationType`` calls it.
        block: weights that share a scale.
        block_bytes: bytes of such a block, its scale included.
    """

    name: str
    block: int
    block_bytes: int

    def size(self, elements: int) -> int:
        """Return the bytes that so many weights take."""
        return elements // self.block * self.block_bytes


# ggml-common.h: block_q4_0 is a half-precision scale and 32 nibbles, block_q8_0 one and 32 int8.
QUANTS = {
    quant.name: quant
    for quant in (Quant("Q4_0", 32, 18), Quant("Q8_0", 32, 34), Quant("F16", 1, 2))
}
F32 = Quant("F32", 1, 4)


def quant_of(name: str) -> Quant:
    """Return a type of weights by its name, in any case.

    Raises:
        ModelError: not one that can be made; names those that can.
    """
    try:
        return QUANTS[name.upper()]
    except KeyError:
        raise ModelError(
            f"synthetic models can't be made in {name!r}: choose one of {', '.join(QUANTS)}"
        ) from None


class RandomWeights:
    """An endless supply of weights, the same for the same key.

    Only the raw stream of PCG64 is used, which numpy promises never to change (NEP 19); so the
    bytes are the same with every version and on every machine.
    """

    def __init__(self, key: str, quant: Quant) -> None:
        digest = hashlib.sha256(key.encode()).digest()
        self._source = np.random.PCG64(int.from_bytes(digest[:16], "little"))
        self._quant = quant
        self._tile = self._make_tile().data
        self._tile_blocks = len(self._tile) // quant.block_bytes

    def matrix(self, elements: int) -> Iterator[memoryview]:
        """Yield the bytes of a matrix in pieces."""
        left = self._quant.size(elements)
        start = int(self._raw(8).view("<u8")[0]) % self._tile_blocks * self._quant.block_bytes
        while left:
            piece = self._tile[start : start + left]
            yield piece
            left -= len(piece)
            start = 0

    def around(self, middle: float, spread: float, elements: int) -> npt.NDArray[np.float32]:
        """Return F32 weights, uniform within spread around a middle."""
        return (middle + spread * self._uniform(elements)).astype("<f4")

    def _raw(self, count: int) -> Bytes:
        words: npt.NDArray[Any] = self._source.random_raw(-(-count // 8))
        return words.astype("<u8").view(np.uint8)[:count]

    def _uniform(self, count: int) -> npt.NDArray[np.float32]:
        """Uniform in (-1, 1), never 0: an odd number of 16 bits over 2^16."""
        whole = self._raw(2 * count).view("<u2").astype(np.float32)
        return (2 * whole + 1) / np.float32(2**16) - 1

    def _make_tile(self) -> Bytes:
        blocks = _TILE_BYTES // self._quant.block_bytes
        if self._quant.name == "F16":
            spread = np.float32(_SIGMA * 3**0.5)
            return (spread * self._uniform(blocks)).astype("<f2").view(np.uint8)
        tile = self._raw(blocks * self._quant.block_bytes).reshape(blocks, -1).copy()
        tile[:, :2] = self._scales(blocks).view(np.uint8).reshape(blocks, 2)
        if self._quant.name == "Q8_0":
            # -128 is not written by any quantiser; kernels may rely on that.
            tile[:, 2:][tile[:, 2:] == 0x80] = 0x81
        return tile.reshape(-1)

    def _scales(self, blocks: int) -> npt.NDArray[Any]:
        """Half-precision scales of either sign, so that weights have mean 0 and about sigma."""
        # Root mean square of what a scale multiplies: nibbles -8..7, int8 -127..127.
        rms = {"Q4_0": 4.64, "Q8_0": 73.3}[self._quant.name]
        uniform = self._uniform(blocks)
        size = 1 + 0.5 * np.abs(self._uniform(blocks))
        return (np.sign(uniform) * np.float32(_SIGMA / 1.27 / rms) * size).astype("<f2")
