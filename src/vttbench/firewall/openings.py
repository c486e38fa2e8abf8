"""What may come in: a port, and the networks that may reach it.

Everything that ends up in the rules passes through here as a number, an address or a name of a few
harmless characters, so nothing that an inventory holds can become a rule of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_interface, ip_network
from typing import Any

ANYWHERE = ("0.0.0.0/0", "::/0")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/+-]{0,62}")
_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}\.?)+")
_PORTS = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_NUMBERS = re.compile(r"[0-9./]+")


class FirewallError(ValueError):
    """A setting that can't be turned into rules; the message names it and says what would do."""


@dataclass(frozen=True)
class Ports:
    """One port, or all from ``first`` to ``last``."""

    first: int
    last: int

    @classmethod
    def parse(cls, text: object, where: str) -> Ports:
        """Read ``5000`` or ``5900-5999``."""
        found = None if isinstance(text, bool) else _PORTS.fullmatch(str(text).strip())
        if found:
            first, last = int(found[1]), int(found[2] or found[1])
            if 0 < first <= last < 65536:
                return cls(first, last)
        raise FirewallError(f"{where}: {text!r} is no port from 1 to 65535 and no range of them")

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}-{self.last}"


@dataclass(frozen=True)
class Sources:
    """Networks, apart by version of IP, without overlap."""

    ipv4: tuple[IPv4Network, ...] = ()
    ipv6: tuple[IPv6Network, ...] = ()

    @classmethod
    def parse(
        cls, texts: Iterable[object], where: str, names: Mapping[str, Sequence[str]] | None = None
    ) -> Sources:
        """Read addresses, networks, and names of hosts that have been looked up.

        Args:
            texts: such as ``192.168.7.0/24``, ``fd00::/8``, ``192.168.7.30``, ``ms01``.
            where: what to call the setting in an error.
            names: addresses by name of host.

        Raises:
            FirewallError: for anything else.
        """
        if isinstance(texts, str | bytes | Mapping):
            raise FirewallError(f"{where}: sources must be a list of networks, not {texts!r}")
        ipv4: list[IPv4Network] = []
        ipv6: list[IPv6Network] = []
        for text in texts:
            for network in _networks(str(text).strip(), where, names or {}):
                if isinstance(network, IPv4Network):
                    ipv4.append(network)
                else:
                    ipv6.append(network)
        return cls(tuple(collapse_addresses(ipv4)), tuple(collapse_addresses(ipv6)))

    def __bool__(self) -> bool:
        return bool(self.ipv4 or self.ipv6)

    def covers(self, address: str) -> bool:
        """Whether a packet from that address is meant."""
        (network,) = _networks(address, "address", {})
        own = self.ipv4 if isinstance(network, IPv4Network) else self.ipv6
        return any(network.network_address in source for source in own)


@dataclass(frozen=True)
class Opening:
    """A port that some may reach."""

    name: str
    ports: Ports
    sources: Sources
    protocol: str = "tcp"

    @classmethod
    def parse(
        cls, item: Mapping[str, Any], names: Mapping[str, Sequence[str]] | None = None
    ) -> Opening:
        """Read an entry of ``firewall_allow``; keys that it does not know are left alone.

        Raises:
            FirewallError: if name, port, protocol or a source is not what it should be.
        """
        if not isinstance(item, Mapping) or not {"name", "port", "sources"} <= set(item):
            raise FirewallError(f"firewall_allow: {item!r} needs name, port and sources")
        name = checked_name(item["name"])
        protocol = str(item.get("protocol", "tcp"))
        if protocol not in {"tcp", "udp"}:
            raise FirewallError(f"{name}: protocol is tcp or udp, not {protocol!r}")
        ports = Ports.parse(item["port"], name)
        return cls(name, ports, Sources.parse(item["sources"], name, names), protocol)


def checked_name(name: object) -> str:
    """Return the name of an opening.

    Raises:
        FirewallError: if it holds what a comment of a rule can't.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise FirewallError(
            f"{name!r} can't name an opening: letters, digits, blanks and . _ / + - only"
        )
    return name


def host_names(texts: Iterable[object]) -> list[str]:
    """Sources that are neither address nor network, and must be looked up on the host."""
    found = {str(text).strip() for text in texts}
    names = {text for text in found if _HOST_NAME.fullmatch(text) and not _is_address(text)}
    return sorted(name for name in names if not _NUMBERS.fullmatch(name))  # 10.0.0.256


def _networks(
    text: str, where: str, names: Mapping[str, Sequence[str]]
) -> list[IPv4Network | IPv6Network]:
    if text in names:
        if not names[text]:
            raise FirewallError(f"{where}: the host knows no address of {text!r}")
        return [network for address in names[text] for network in _networks(address, where, {})]
    if "%" in text:
        raise FirewallError(f"{where}: {text!r} holds a zone; name the network alone")
    try:
        network = ip_network(text)
    except ValueError as error:
        if not _is_address(text):
            raise FirewallError(
                f"{where}: {text!r} is no address and no network, such as 192.168.7.0/24"
            ) from error
        meant = ip_interface(text).network
        raise FirewallError(f"{where}: {text!r} has host bits set; write {meant}") from error
    if isinstance(network, IPv6Network):
        mapped = network.network_address.ipv4_mapped
        if mapped is not None and network.prefixlen == 128:
            return [IPv4Network(mapped)]
    return [network]


def _is_address(text: str) -> bool:
    try:
        ip_interface(text)
    except ValueError:
        return False
    return True
