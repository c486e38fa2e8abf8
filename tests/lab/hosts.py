"""Which hosts the lab has: their names, addresses and releases of Debian."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

Release = Literal["bookworm", "trixie"]

_FILE = Path(__file__).with_name("hosts.yml")

BRIDGE = "lab0"
GATEWAY = IPv4Interface("10.77.0.1/24")
"""This machine's own address on the bridge: where Ansible and the tests come from."""
STRANGER = IPv4Interface("10.77.0.254/24")
"""A second address of this machine on the bridge, of no network that the lab's servers let in."""


class Host(BaseModel):
    """One host of the lab."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    address: IPv4Address
    release: Release


class Declaration(BaseModel):
    """The content of ``hosts.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fleet: list[str]
    hosts: dict[str, Host]

    @model_validator(mode="after")
    def _hold_together(self) -> Declaration:
        addresses = [host.address for host in self.hosts.values()]
        taken = {GATEWAY.ip, STRANGER.ip}
        if len(set(addresses)) < len(addresses) or taken & set(addresses):
            raise ValueError("two hosts of the lab share an address")
        if outside := [str(a) for a in addresses if a not in GATEWAY.network]:
            raise ValueError(f"not of the lab's network {GATEWAY.network}: {', '.join(outside)}")
        if unknown := set(self.fleet) - set(self.hosts):
            raise ValueError(f"the fleet names hosts that are not declared: {sorted(unknown)}")
        return self

    def select(self, names: list[str]) -> list[Host]:
        """Hosts by name, in the order given.

        Raises:
            KeyError: a name is not declared; the message lists those that are.
        """
        if unknown := [name for name in names if name not in self.hosts]:
            raise KeyError(
                f"no such host: {', '.join(unknown)}. There are: {', '.join(self.hosts)}"
            )
        return [self.hosts[name] for name in names]


def declared(path: Path = _FILE) -> Declaration:
    """Read the declaration of the lab's hosts."""
    content = yaml.safe_load(path.read_text())
    hosts = {name: {"name": name, **rest} for name, rest in content.pop("hosts").items()}
    return Declaration.model_validate({**content, "hosts": hosts})
