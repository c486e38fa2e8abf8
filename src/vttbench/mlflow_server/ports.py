"""Who has a port that we want."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104  # what others listen on


def holders(listening: Sequence[Mapping[str, Any]], address: str, port: int, user: str) -> str:
    """Name the processes that keep a service from its port; "" for none.

    Args:
        listening: as ``community.general.listen_ports_facts`` lists them.
        address: that the service wants to listen on.
        port: that it wants.
        user: whose processes are the service's own.
    """
    found = {
        f"{one.get('name')} (process {one.get('pid')}, user {one.get('user')})": None
        for one in listening
        if int(one["port"]) == port
        and one.get("user") != user
        # A wildcard and an address can't both be bound.
        and (_EVERY_ADDRESS & {address, one["address"]} or one["address"] == address)
    }
    return ", ".join(found)
