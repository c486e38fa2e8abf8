"""By which names MLflow may be called, and from which web pages."""

from __future__ import annotations

from collections.abc import Sequence

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  # what others listen on
_SCHEMES = ("http", "https")


def own_host(listen_address: str) -> str:
    """Return the address at which a server on this host is reached, as it stands in a URL."""
    address = _WILDCARDS.get(listen_address, listen_address)
    return f"[{address}]" if ":" in address else address


def allowed_hosts(configured: Sequence[str], listen_address: str, port: int) -> list[str]:
    """Return what may stand in the ``Host`` header.

    A client sends ``name:port``, a proxy or a client on port 80 just ``name``; MLflow compares
    letter by letter.

    Args:
        configured: ``name`` or ``name:port``.
        listen_address: of the server; who is on the host itself is always let in.
        port: of the server.
    """
    loopback = ("localhost", "127.0.0.1", own_host(listen_address))
    both = [host for name in loopback for host in (name, f"{name}:{port}")]
    return list(dict.fromkeys([*configured, *both]))


def allowed_origins(hosts: Sequence[str], further: Sequence[str] = ()) -> list[str]:
    """Return the origins whose pages may change something: those of the server's own pages first.

    A browser says with each change which page asks for it, and MLflow refuses what it was not told.
    Its own web interface even searches by POST, so it would show nothing without this.

    Args:
        hosts: from :func:`allowed_hosts`.
        further: other origins, e.g. ``https://portal.example``.
    """
    own = [f"{scheme}://{host}" for host in hosts for scheme in _SCHEMES]
    return list(dict.fromkeys([*own, *further]))
