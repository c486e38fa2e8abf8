"""ETags that S3 servers give: MD5 of the object, or of the MD5s of its parts.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
"""

from __future__ import annotations

import hashlib
import re

_SINGLE = re.compile(r"[0-9a-f]{32}")
_COMPOSITE = re.compile(r"[0-9a-f]{32}-([0-9]+)")


def parts_of(etag: str) -> int | None:
    """Return how many parts an ETag speaks of: 0 for a plain MD5, None if it is no checksum."""
    text = etag.strip('"')
    if _SINGLE.fullmatch(text):
        return 0
    composite = _COMPOSITE.fullmatch(text)
    return int(composite.group(1)) if composite else None


class ETagger:
    """Computes the ETag of bytes as they pass.

    Args:
        part_size: size of each part but the last, in bytes; 0 for an object that has no parts.
    """

    def __init__(self, part_size: int = 0) -> None:
        self._part_size = part_size
        self._part = _md5()
        self._in_part = 0
        self._digests: list[bytes] = []

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        while data and self._part_size:
            room = self._part_size - self._in_part
            now, data = data[:room], data[room:]
            self._part.update(now)
            self._in_part += len(now)
            if self._in_part == self._part_size:
                self._end_part()
        self._part.update(data)
        self._in_part += len(data)

    def etag(self) -> str:
        """Return the ETag, without quotes."""
        if not self._part_size:
            return self._part.hexdigest()
        if self._in_part or not self._digests:
            self._end_part()
        whole = _md5()
        whole.update(b"".join(self._digests))
        return f"{whole.hexdigest()}-{len(self._digests)}"

    def _end_part(self) -> None:
        self._digests.append(self._part.digest())
        self._part = _md5()
        self._in_part = 0


def _md5() -> hashlib._Hash:
    return hashlib.md5(usedforsecurity=False)
