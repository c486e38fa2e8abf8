"""Filters of the role ``postgresql``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from vttbench.postgresql import access, clusters
from vttbench.postgresql.configuration import configuration_lines
from vttbench.postgresql.memory import memory_settings
from vttbench.postgresql.password_file import password_line


def postgresql_cluster(listing: str, version: str, port: int) -> dict[str, Any]:
    """The cluster to configure, out of ``pg_lsclusters --json``; empty where there is none."""
    try:
        chosen = clusters.choose(listing, version=str(version), port=int(port))
    except clusters.ClusterError as error:
        raise AnsibleFilterError(str(error)) from error
    return chosen.as_facts() if chosen else {}


def postgresql_memory(host_memory_mb: int, share: float, max_connections: int) -> dict[str, str]:
    """Memory settings for a host of that many MB."""
    try:
        return memory_settings(
            int(host_memory_mb), share=float(share), max_connections=int(max_connections)
        )
    except ValueError as error:
        raise AnsibleFilterError(f"postgresql_memory_share: {error}") from error


def postgresql_configuration(settings: Mapping[str, Any]) -> list[str]:
    """Lines of ``postgresql.conf``."""
    try:
        return configuration_lines(settings)
    except ValueError as error:
        raise AnsibleFilterError(f"postgresql_settings: {error}") from error


def postgresql_access(
    databases: Sequence[Mapping[str, Any]],
    readers: Sequence[Mapping[str, Any]],
    networks: Sequence[str],
    tls: bool,
) -> list[str]:
    """Lines of ``pg_hba.conf``."""
    try:
        return access.host_based_rules(access.pairs(databases, readers), networks, tls=bool(tls))
    except ValueError as error:
        raise AnsibleFilterError(f"postgresql_client_networks: {error}") from error


def postgresql_identities(_: Any = None) -> list[str]:
    """Lines of ``pg_ident.conf``."""
    return access.identity_rules()


def postgresql_password_line(password: str, host: str, port: int, user: str) -> str:
    """Line of a password file."""
    try:
        return password_line(host=host, port=int(port), user=user, password=str(password))
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "postgresql_access": postgresql_access,
            "postgresql_cluster": postgresql_cluster,
            "postgresql_configuration": postgresql_configuration,
            "postgresql_identities": postgresql_identities,
            "postgresql_memory": postgresql_memory,
            "postgresql_password_line": postgresql_password_line,
        }
