"""Which PostgreSQL cluster of a Debian or Ubuntu host is ours.

These systems run several versions side by side, each with its own folder and port, and after an
upgrade of the system there are two. ``pg_lsclusters --json`` lists them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any


class ClusterError(Exception):
    """No cluster can be chosen; the message says why and what to do."""


@dataclass(frozen=True)
class Cluster:
    """One cluster.

    Attributes:
        version: major version, such as ``15``.
        name: usually ``main``.
        port: TCP port that its configuration names.
        config_dir: folder of ``postgresql.conf``.
        data_dir: folder of the data.
    """

    version: str
    name: str
    port: int
    config_dir: str
    data_dir: str

    @property
    def unit(self) -> str:
        """Its systemd unit."""
        return f"postgresql@{self.version}-{self.name}.service"

    def as_facts(self) -> dict[str, Any]:
        """Return what the role needs."""
        return {**asdict(self), "unit": self.unit}


def clusters(listing: str) -> list[Cluster]:
    """Read what ``pg_lsclusters --json`` printed."""
    return [
        Cluster(
            version=str(entry["version"]),
            name=str(entry["cluster"]),
            port=int(entry["port"]),
            config_dir=str(entry["configdir"]),
            data_dir=str(entry["pgdata"]),
        )
        for entry in json.loads(listing or "[]")
    ]


def choose(listing: str, *, version: str, port: int) -> Cluster | None:
    """Return the cluster to configure, or None where the host has none yet.

    Args:
        listing: what ``pg_lsclusters --json`` printed; empty where there is no such program.
        version: the wanted major version; empty takes what there is.
        port: the port that it shall listen on. Where the host has several clusters, the one that
            listens there already is the one in use.

    Raises:
        ClusterError: the choice would take the port from a cluster in use, or there are several.
    """
    found = clusters(listing)
    in_use = next((cluster for cluster in found if cluster.port == port), None)
    if version:
        named = next((cluster for cluster in found if cluster.version == version), None)
        blocked_by = in_use or (found[0] if found and named is None else None)
        if blocked_by and blocked_by is not named:
            raise ClusterError(
                f"PostgreSQL {version} is wanted, and {blocked_by.version}/{blocked_by.name} holds"
                f" the data of this host on port {blocked_by.port}. Upgrade it first:"
                f" apt-get install postgresql-{version} && pg_dropcluster --stop {version} main &&"
                f" pg_upgradecluster {blocked_by.version} {blocked_by.name} -v {version}"
            )
        return named
    if in_use or not found:
        return in_use
    if len(found) > 1:
        names = ", ".join(f"{c.version}/{c.name} on port {c.port}" for c in found)
        raise ClusterError(
            f"this host has the clusters {names}, and none on port {port}:"
            " name one by postgresql_version, or its port by postgresql_port"
        )
    return found[0]
