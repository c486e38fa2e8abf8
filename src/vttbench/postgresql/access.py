"""Who may connect from where: the lines of ``pg_hba.conf``.

The first line that matches a connection decides and whoever matches none is refused, so the file
names what is allowed and nothing else.
https://www.postgresql.org/docs/current/auth-pg-hba-conf.html
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

IDENTITY_MAP = "vttbench"
_METHOD = "scram-sha-256"
_HOST_NAME = re.compile(r"\.?[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def pairs(
    databases: Iterable[Mapping[str, Any]],
    readers: Iterable[Mapping[str, Any]],
) -> list[tuple[str, str]]:
    """Return each database with each role that has business there, in the order they are named.

    Args:
        databases: each with ``name`` and ``owner``.
        readers: each with ``database`` and ``role``.
    """
    owners = [(str(item["name"]), str(item["owner"])) for item in databases]
    reading = [(str(item["database"]), str(item["role"])) for item in readers]
    return list(dict.fromkeys(owners + reading))


def host_based_rules(
    allowed: Sequence[tuple[str, str]], networks: Iterable[str], *, tls: bool
) -> list[str]:
    """Return the lines of ``pg_hba.conf``.

    Args:
        allowed: pairs of database and role.
        networks: networks (``10.0.0.0/8``), addresses or host names of clients.
        tls: whether clients of these networks must use TLS. Loopback never must.

    Raises:
        ValueError: a network is neither of these.
    """
    remote = "hostssl" if tls else "host"
    addresses = list(dict.fromkeys(_address(network) for network in networks))
    rules = [
        # The system's own maintenance, and root, who could become postgres anyway.
        f"local all postgres peer map={IDENTITY_MAP}",
        f"local all all {_METHOD}",
        f"host all all 127.0.0.1/32 {_METHOD}",
        f"host all all ::1/128 {_METHOD}",
    ]
    rules += [
        f"{remote} {_quoted(database)} {_quoted(role)} {address} {_METHOD}"
        for database, role in allowed
        for address in addresses
    ]
    return rules


def identity_rules() -> list[str]:
    """Return the lines of ``pg_ident.conf``: which users of the system may be ``postgres``."""
    return [f"{IDENTITY_MAP} {user} postgres" for user in ("postgres", "root")]


def _address(network: str) -> str:
    text = network.strip()
    try:
        return str(ipaddress.ip_network(text))
    except ValueError as error:
        looks_numeric = "/" in text or ":" in text or text.replace(".", "").isdigit()
        if looks_numeric or not _HOST_NAME.fullmatch(text):
            raise ValueError(
                f"client network {network!r}: expected a network such as 192.168.7.0/24,"
                f" an address or a host name ({error})"
            ) from error
        return text


def _quoted(name: str) -> str:
    # Quotes keep a database named "all" or "replication" from meaning more than itself.
    if '"' in name or "\n" in name:
        raise ValueError(f"{name!r} can't be named in pg_hba.conf")
    return f'"{name}"'
