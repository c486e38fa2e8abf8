"""The rules of nftables, as text.

Only the table ``inet vttbench`` is ever named. It has one chain, at the hook ``input``: what a host
forwards for its guests never passes there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from vttbench.firewall.openings import ANYWHERE, FirewallError, Opening, Ports, Sources

TABLE = "vttbench"
REFUSALS = ("reject", "drop")
_INTERFACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,13}\*?")
_HEAD = """\
# Written by Ansible (role firewall); changes made here are lost. docs/firewall.md
# Only this table is replaced, in one step. Tables of others (Proxmox, LXC, libvirt, Docker) stay.
add table inet {table}
delete table inet {table}
table inet {table} {{
	comment "sha256:{digest}"

	chain input {{
		type filter hook input priority filter; policy drop;
"""
_ICMP = """
		# Without these, paths with a smaller MTU and IPv6 itself break.
		icmp type { destination-unreachable, time-exceeded, parameter-problem } accept
		icmp type echo-request limit rate 50/second accept
		ip protocol igmp accept
		icmpv6 type { destination-unreachable, packet-too-big } accept
		icmpv6 type { time-exceeded, parameter-problem } accept
		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
		icmpv6 type { mld-listener-query, mld-listener-report } accept
		icmpv6 type { mld-listener-done, mld2-listener-report } accept
		icmpv6 type echo-request limit rate 50/second accept

		# The host's own address.
		udp sport 67 udp dport 68 accept comment "DHCP"
		ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept comment "DHCPv6"
"""


@dataclass(frozen=True)
class Policy:
    """Everything that the rules are made from.

    Attributes:
        ssh_ports: ports that must stay open, whatever else is asked for.
        ssh_sources: who may reach them.
        openings: what else may come in.
        guest_interfaces: bridges of guests (``lxcbr*``), which may ask the host for DHCP and DNS.
        refusal: ``reject`` tells the caller at once, ``drop`` lets it wait.
        log: whether refused packets are noted in the kernel's log, a few a minute.
    """

    ssh_ports: Sequence[int]
    ssh_sources: Sources
    openings: Sequence[Opening] = ()
    guest_interfaces: Sequence[str] = ()
    refusal: str = "reject"
    log: bool = False


def render(policy: Policy) -> str:
    """Return a file for ``nft -f`` that replaces our table in one transaction.

    Its digest stands in the table's comment, so that a host can tell which rules it has.

    Raises:
        FirewallError: if SSH would be open to nobody, or a setting can't be a rule.
    """
    body = "".join(f"{line}\n" for line in _body(policy))
    digest = hashlib.sha256(body.encode()).hexdigest()
    return _HEAD.format(table=TABLE, digest=digest) + body + "\t}\n}\n"


def digest_of(text: str) -> str | None:
    """The digest in a file of rules or in what ``nft list table`` says; None if there is none."""
    found = re.search(r'comment "sha256:([0-9a-f]{64})"', text)
    return found[1] if found else None


def _body(policy: Policy) -> Iterator[str]:
    if not policy.ssh_ports or not policy.ssh_sources:
        raise FirewallError("SSH would be open to nobody: firewall_ssh_sources names no network")
    if policy.refusal not in REFUSALS:
        raise FirewallError(f"firewall_refusal is reject or drop, not {policy.refusal!r}")
    yield '\t\tiif "lo" accept'
    yield ""
    yield "\t\t# Before everything else: whoever looks after the host must always get in."
    for port in sorted(set(policy.ssh_ports)):
        yield from _rules(Opening("SSH", Ports(port, port), policy.ssh_sources))
    yield ""
    yield "\t\tct state vmap { established : accept, related : accept, invalid : drop }"
    yield _ICMP.rstrip("\n")
    for interface in policy.guest_interfaces:
        if not _INTERFACE.fullmatch(interface):
            raise FirewallError(f"firewall_guest_interfaces: {interface!r} names no interface")
        yield f'\t\tiifname "{interface}" meta l4proto {{ tcp, udp }} th dport 53 accept'
        yield f'\t\tiifname "{interface}" udp dport {{ 67, 547 }} accept'
    for opening in policy.openings:
        yield ""
        if not opening.sources:
            yield f"\t\t# {opening.name}, {opening.protocol} {opening.ports}: nobody"
        yield from _rules(opening)
    yield ""
    if policy.log:
        yield '\t\tlimit rate 10/minute burst 5 packets log prefix "vttbench refused: " level info'
    if policy.refusal == "reject":
        yield "\t\t# Broadcasts are for everybody and get no answer."
        yield "\t\tmeta pkttype host limit rate 200/second reject with icmpx admin-prohibited"


def _rules(opening: Opening) -> Iterator[str]:
    match = f"{opening.protocol} dport {opening.ports}"
    accept = f'accept comment "{opening.name}"'
    if not opening.sources:
        return
    if opening.sources == Sources.parse(ANYWHERE, ""):
        yield f"\t\t{match} {accept}"
        return
    for family, networks in (("ip", opening.sources.ipv4), ("ip6", opening.sources.ipv6)):
        if networks:
            yield f"\t\t{_saddr(family, networks)} {match} {accept}"


def _saddr(family: str, networks: Sequence[IPv4Network | IPv6Network]) -> str:
    if any(network.prefixlen == 0 for network in networks):
        return f"meta nfproto {'ipv4' if family == 'ip' else 'ipv6'}"
    return f"{family} saddr {{ {', '.join(str(network) for network in networks)} }}"
