"""A client with two addresses: one that the rules let in, and one that they don't."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable

ALLOWED, FORBIDDEN = "10.77.0.1", "10.77.0.254"


def connects(address: str, port: int, source: str = ALLOWED) -> bool:
    """Whether a TCP connection from that source comes about.

    Raises:
        OSError: if this machine does not have the source's address: that is no refusal.
    """
    kind = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(kind, socket.SOCK_STREAM) as connection:
        connection.bind((source, 0))
        connection.settimeout(3)
        try:
            connection.connect((address, port))
        except OSError:
            return False
    return True


def speaks_ssh(address: str) -> bool:
    """Whether the host's sshd says who it is."""
    try:
        with socket.create_connection((address, 22), timeout=2) as connection:
            connection.settimeout(2)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


def wait_until(true: Callable[[], bool], seconds: float) -> None:
    """Return when something holds; a host that is away meanwhile is no failure."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with contextlib.suppress(Exception):
            if true():
                return
        time.sleep(0.2)
    raise AssertionError(f"not so after {seconds} s")
