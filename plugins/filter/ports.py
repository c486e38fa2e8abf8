"""Filters about ports, for the roles of every service.

Imported as late as possible, for the reason that ``filter/vttbench.py`` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any


def own_url(listen_address: str, port: int) -> str:
    """URL of a service on its own host, by the address that it listens on."""
    from vttbench.mlflow_server import names

    return f"http://{names.own_host(listen_address)}:{int(port)}"


def port_holders(
    listening: Sequence[Mapping[str, Any]] | None, address: str, port: int, user: str
) -> str:
    """Who keeps a service from its port."""
    from vttbench.verification import ports

    return ports.holders(listening or (), address, int(port), [user])


def ports_taken(
    listening: Sequence[Mapping[str, Any]] | None,
    wanted: Sequence[Mapping[str, Any]],
    processes: str,
) -> list[str]:
    """Say of each port that a service wants, and something else has, who has it."""
    from vttbench.verification import ports

    names = {int(one["port"]): one["name"] for one in wanted}
    return ports.taken(listening or (), names, processes)


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"own_url": own_url, "port_holders": port_holders, "ports_taken": ports_taken}
