"""Who has a port that a service wants."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

# Whose services the ports of a results server are for.
_OURS = ("mlflow", "minio", "postgres", "vttbench-dashboard")
# Its user is made up by systemd and may have no name.
_OUR_UNIT = "vttbench-proxy.service"
_PS_COLUMNS = 8  # `ps` ends longer names in a plus
_EVERY_ADDRESS = frozenset({"0.0.0.0", "::", "*", ""})  # noqa: S104  # what others listen on


def holders(
    listening: Sequence[Mapping[str, Any]], address: str, port: int, users: Collection[str]
) -> str:
    """Name the processes that keep a service from its port; "" for none.

    Args:
        listening: as ``community.general.listen_ports_facts`` lists them.
        address: that the service wants to listen on.
        port: that it wants.
        users: whose processes are the service's own.
    """
    own = {*users, *(f"{user[: _PS_COLUMNS - 1]}+" for user in users if len(user) > _PS_COLUMNS)}
    found = {
        f"{one.get('name')} (process {one.get('pid')}, user {one.get('user')})": None
        for one in listening
        if int(one["port"]) == port
        and one.get("user") not in own
        # A wildcard and an address can't both be bound.
        and (_EVERY_ADDRESS & {address, one["address"]} or one["address"] == address)
    }
    return ", ".join(found)


def taken(
    listening: Sequence[Mapping[str, Any]], wanted: Mapping[int, str], processes: str
) -> list[str]:
    """Name what keeps services of a results server from their ports, whichever has which.

    Args:
        listening: as for :func:`holders`.
        wanted: service by port.
        processes: what ``ps -eo pid=,unit=`` prints: of each process the unit of systemd.

    Returns:
        A line for each port that something else has.
    """
    ours = {
        int(pid)
        for pid, unit in (line.split(maxsplit=1) for line in processes.splitlines())
        if unit.strip() == _OUR_UNIT
    }
    others = [one for one in listening if one.get("pid") not in ours]
    found = {port: holders(others, "", port, _OURS) for port in wanted}
    return [
        f"port {port}, which {wanted[port]} needs, is taken by {who}"
        for port, who in found.items()
        if who
    ]
