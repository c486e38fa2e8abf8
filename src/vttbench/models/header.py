"""GGUF headers, read without what is large in them.

gguf's reader makes several Python objects of each token of a vocabulary: 8 s for the 128,000 tokens
of a Llama 3. Nothing here looks at arrays, so they are skipped.
"""

from __future__ import annotations

import struct
from typing import Any

import gguf

_LENGTH = struct.Struct("<Q")
_ITEM_TYPE_AND_COUNT = struct.Struct("<IQ")


class HeaderReader(gguf.GGUFReader):  # type: ignore[misc]  # gguf is not typed
    """Reads fields and tensors of a file as gguf does, but leaves the content of arrays out."""

    def _get_field_parts(self, orig_offs: int, raw_type: int) -> tuple[int, Any, Any, Any]:
        if raw_type != gguf.GGUFValueType.ARRAY or self.byte_order != "I":
            parts: tuple[int, Any, Any, Any] = super()._get_field_parts(orig_offs, raw_type)
            return parts
        item_type, count = _ITEM_TYPE_AND_COUNT.unpack_from(self.data, orig_offs)
        size = _ITEM_TYPE_AND_COUNT.size + self._items_size(
            orig_offs + _ITEM_TYPE_AND_COUNT.size, gguf.GGUFValueType(item_type), count
        )
        return size, [], [], [gguf.GGUFValueType.ARRAY]

    def _items_size(self, start: int, item_type: gguf.GGUFValueType, count: int) -> int:
        scalar = self.gguf_scalar_to_np.get(item_type)
        if scalar is not None:
            return count * int(scalar().itemsize)
        if item_type != gguf.GGUFValueType.STRING:
            raise ValueError(f"an array of {item_type.name} can't be read")
        data, end = memoryview(self.data), start
        for _ in range(count):
            end += _LENGTH.size + _LENGTH.unpack_from(data, end)[0]
        return end - start
