"""Checksums as S3 servers give them."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vttbench.backup.etag import ETagger, parts_of


def md5(data: bytes) -> bytes:
    return hashlib.md5(data).digest()


@given(st.binary(max_size=200), st.integers(min_value=1, max_value=50), st.data())
def test_an_object_of_parts_is_the_checksum_of_their_checksums(data, part, draw):
    tagger = ETagger(part)
    rest = data
    while rest:
        cut = draw.draw(st.integers(min_value=1, max_value=len(rest)))
        tagger.update(rest[:cut])
        rest = rest[cut:]
    parts = [data[n : n + part] for n in range(0, len(data), part)] or [b""]
    digest = hashlib.md5(b"".join(md5(piece) for piece in parts)).hexdigest()
    assert tagger.etag() == f"{digest}-{len(parts)}"


@given(st.lists(st.binary(max_size=50)))
def test_an_object_in_one_piece_is_its_own_checksum(pieces):
    tagger = ETagger()
    for piece in pieces:
        tagger.update(piece)
    assert tagger.etag() == md5(b"".join(pieces)).hex()


@pytest.mark.parametrize(
    ("etag", "parts"),
    [
        ("d41d8cd98f00b204e9800998ecf8427e", 0),
        ('"d41d8cd98f00b204e9800998ecf8427e"', 0),
        ("d41d8cd98f00b204e9800998ecf8427e-3", 3),
        ("0f343b0931126a20f133d67c2b018a3b0f343b0931126a20f133d67c2b018a3b", None),
        ("", None),
    ],
)
def test_knows_which_etags_are_checksums(etag, parts):
    assert parts_of(etag) == parts
