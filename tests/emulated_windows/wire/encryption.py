"""NTLM message encryption over plain HTTP: each body is sealed (MS-WSMV 2.2.9.1)."""

from __future__ import annotations

import spnego

from .envelope import CONTENT_TYPE

PROTOCOL = "application/HTTP-SPNEGO-session-encrypted"
_BOUNDARY = b"--Encrypted Boundary"
ENCRYPTED_TYPE = f'multipart/encrypted;protocol="{PROTOCOL}";boundary="Encrypted Boundary"'


def unseal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """Return the clear text of a sealed body.

    Raises:
        ValueError: it is not shaped like one.
    """
    _, found, payload = body.partition(b"Content-Type: application/octet-stream\r\n")
    end = payload.rfind(_BOUNDARY + b"--")
    if not found or end < 0:
        raise ValueError("an encrypted message without its parts")
    sealed = payload[:end]
    length = int.from_bytes(sealed[:4], "little")
    return context.unwrap_winrm(sealed[4 : 4 + length], sealed[4 + length :])


def seal(context: spnego.ContextProxy, body: bytes) -> bytes:
    """Return a body sealed for the other side."""
    sealed = context.wrap_winrm(body)
    original = f"{CONTENT_TYPE};Length={len(body) + sealed.padding_length}".encode()
    return (
        _BOUNDARY + b"\r\n\tContent-Type: " + PROTOCOL.encode()
        + b"\r\n\tOriginalContent: type=" + original + b"\r\n" + _BOUNDARY
        + b"\r\n\tContent-Type: application/octet-stream\r\n"
        + len(sealed.header).to_bytes(4, "little") + sealed.header + sealed.data
        + _BOUNDARY + b"--\r\n"
    )  # fmt: skip
