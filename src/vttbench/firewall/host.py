"""What a host says about itself, as far as its packet filter must know."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from vttbench.firewall.openings import Opening, Ports, Sources

_PROXMOX = (
    ("Proxmox web interface", "8006", "tcp"),
    ("Proxmox SPICE", "3128", "tcp"),
    ("Proxmox VNC", "5900-5999", "tcp"),
)
_PROXMOX_CLUSTER = (
    ("Proxmox cluster", "5405-5412", "udp"),
    ("Proxmox migration", "60000-60050", "tcp"),
    ("Proxmox web interface of nodes", "8006", "tcp"),
)
_SOCKET = re.compile(
    r"^(?P<protocol>tcp|udp)\s+\S+\s+\d+\s+\d+\s+(?P<local>\S+):(?P<port>\d+)\s+\S+(?P<rest>.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Listener:
    """A socket that other hosts can reach.

    Attributes:
        program: name of its process; empty if the kernel's own.
    """

    protocol: str
    port: int
    program: str = ""

    def __str__(self) -> str:
        return f"{self.port}/{self.protocol}" + (f" ({self.program})" if self.program else "")


def ssh_ports(sshd: str, sockets: str, connected: str, more: Sequence[int] = ()) -> list[int]:
    """Every port that SSH comes in by, from more than one witness.

    Args:
        sshd: output of ``sshd -T``.
        sockets: output of ``ss -Hltunp``; a running sshd may differ from its configuration.
        connected: value of ``SSH_CONNECTION`` in the session that asks; may be empty.
        more: ports that somebody named.
    """
    ports = {int(port) for port in re.findall(r"^port (\d+)$", sshd, re.MULTILINE)}
    ports |= {int(port) for port in re.findall(r"^listenaddress \S+:(\d+)$", sshd, re.MULTILINE)}
    ports |= {item.port for item in listeners(sockets) if item.program in {"sshd", "dropbear"}}
    fields = connected.split()
    if len(fields) == 4 and fields[3].isdigit():
        ports.add(int(fields[3]))
    return sorted(ports | set(more)) or [22]


def client_address(connected: str) -> str:
    """Where the session that asks comes from, by ``SSH_CONNECTION``; empty if not by SSH."""
    fields = connected.split()
    return fields[0].split("%")[0] if len(fields) == 4 else ""


def listeners(sockets: str) -> list[Listener]:
    """What listens for other hosts, by ``ss -Hltunp``; loopback is left out."""
    found = set()
    for match in _SOCKET.finditer(sockets):
        local = match["local"].split("%")[0].strip("[]")
        if local not in {"*", ""} and ip_address(local).is_loopback:
            continue
        program = re.search(r'\(\("([^"]*)"', match["rest"])
        found.add(Listener(match["protocol"], int(match["port"]), program[1] if program else ""))
    return sorted(found, key=lambda item: (item.port, item.protocol, item.program))


def cluster_nodes(corosync: str) -> list[str]:
    """Addresses or names of a Proxmox cluster's nodes, by ``/etc/pve/corosync.conf``."""
    found = re.findall(r"^\s*ring\d_addr:\s*(\S+)\s*$", corosync, re.MULTILINE)
    return sorted(set(found))


def proxmox_openings(
    sources: Sequence[str], nodes: Sequence[str], names: Mapping[str, Sequence[str]]
) -> list[Opening]:
    """What the administration of a Proxmox host needs, and a cluster's nodes among each other."""
    openings = [(entry, Sources.parse(sources, "Proxmox")) for entry in _PROXMOX]
    if nodes:
        openings += [(entry, Sources.parse(nodes, "Proxmox", names)) for entry in _PROXMOX_CLUSTER]
    return [
        Opening(name, Ports.parse(ports, name), allowed, protocol)
        for (name, ports, protocol), allowed in openings
    ]


def closed(listening: Sequence[Listener], openings: Sequence[Opening]) -> list[Listener]:
    """Listeners that no opening names: what others could reach so far, and can't any more."""
    return [
        item
        for item in listening
        if not any(item.protocol == one.protocol and item.port in one.ports for one in openings)
    ]
