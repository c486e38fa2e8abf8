"""Filters of the role ``mlflow``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from vttbench.mlflow_server import database, environment_file, names


def mlflow_database_uri(
    name: str, *, user: str, password: str, host: str, port: int, ca: str = ""
) -> str:
    """URI of a database by its name."""
    return database.database_uri(
        user=user, password=password, host=host, port=int(port), name=name, ca=ca
    )


def mlflow_hosts(configured: Sequence[str], listen_address: str, port: int) -> list[str]:
    """What may stand in the Host header."""
    return names.allowed_hosts(configured, listen_address, int(port))


def mlflow_origins(hosts: Sequence[str], further: Sequence[str] = ()) -> list[str]:
    """Origins whose pages may change something."""
    return names.allowed_origins(hosts, further)


def systemd_assignment(value: Any, name: str) -> str:
    """One line of an environment file."""
    try:
        return environment_file.assignment(name, str(value))
    except ValueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "mlflow_database_uri": mlflow_database_uri,
            "mlflow_hosts": mlflow_hosts,
            "mlflow_origins": mlflow_origins,
            "systemd_assignment": systemd_assignment,
        }
