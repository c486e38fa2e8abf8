"""The lab's network: a bridge of its own, and a way out that leads to package registries alone.

Hosts of the lab reach each other and this machine. What they send further is forwarded only to
the registries, proxies and name servers that this machine itself is set up to use; everything
else, above all the networks of an office that this machine may stand in, is dropped. A test that
goes wrong can thus never reach a real machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from ipaddress import IPv4Address
from pathlib import Path

from . import registries
from .commands import attempt, run
from .hosts import BRIDGE, GATEWAY, STRANGER
from .places import CONTAINERS, STATE, locked

_TABLE = "vttbench_lab"
_FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")
_FORWARDING_BEFORE = STATE / "ip_forward"

# Every systemd watches files, and the kernel counts them over all containers: with its usual 128,
# the twentieth host starts "degraded". Never lowered again: who else needs it by then is unknown.
_WATCHERS = Path("/proc/sys/fs/inotify/max_user_instances")
_WATCHERS_NEEDED = 1024

_RULES = """
table inet {table}
delete table inet {table}
table inet {table} {{
  set way_out {{
    type ipv4_addr
    elements = {{ {way_out} }}
  }}
  set resolvers {{
    type ipv4_addr
    elements = {{ {resolvers} }}
  }}
  chain forward {{
    type filter hook forward priority filter - 10; policy accept;
    iifname "{bridge}" oifname "{bridge}" accept
    iifname "{bridge}" ip daddr @way_out accept
    iifname "{bridge}" ip daddr @resolvers meta l4proto {{ tcp, udp }} th dport 53 accept
    iifname "{bridge}" counter drop
    oifname "{bridge}" ct state established,related accept
    oifname "{bridge}" counter drop
  }}
  chain way_out_source {{
    type nat hook postrouting priority srcnat; policy accept;
    ip saddr {network} oifname != "{bridge}" masquerade
  }}
}}
"""


def up() -> dict[str, list[IPv4Address]]:
    """Make the bridge and its rules, or bring them up to date.

    Returns:
        The addresses to which hosts of the lab are let out, by name.
    """
    with locked("network"):
        reachable = registries.addresses()
        if attempt("ip", "link", "show", BRIDGE).returncode:
            run("ip", "link", "add", BRIDGE, "type", "bridge")
        for address in (GATEWAY, STRANGER):
            run("ip", "address", "replace", str(address), "dev", BRIDGE)
        # A network with a small MTU on the way out (a tunnel, a cloud) must not swallow packets.
        run("ip", "link", "set", BRIDGE, "mtu", str(mtu()), "up")
        if not _FORWARDING_BEFORE.exists():
            _FORWARDING_BEFORE.write_text(_FORWARDING.read_text())
        _FORWARDING.write_text("1\n")
        if int(_WATCHERS.read_text()) < _WATCHERS_NEEDED:
            _WATCHERS.write_text(f"{_WATCHERS_NEEDED}\n")
        rules = _RULES.format(
            table=_TABLE, bridge=BRIDGE, network=GATEWAY.network,
            way_out=_listed(address for found in reachable.values() for address in found),
            resolvers=_listed(registries.resolvers()),
        )  # fmt: skip
        run("nft", "-f", "-", stdin=rules)
        return reachable


def down_if_unused() -> bool:
    """Take the network away once the last host is gone; say whether it was taken away."""
    with locked("network"):
        if CONTAINERS.is_dir() and any(CONTAINERS.iterdir()):
            return False
        attempt("nft", "delete", "table", "inet", _TABLE)
        attempt("ip", "link", "delete", BRIDGE)
        if _FORWARDING_BEFORE.exists():
            _FORWARDING.write_text(_FORWARDING_BEFORE.read_text())
            _FORWARDING_BEFORE.unlink()
        return True


def mtu() -> int:
    """Return the largest packet, in bytes, that leaves this machine whole."""
    routes = json.loads(attempt("ip", "-json", "route", "show", "default").stdout or "[]")
    links = [Path("/sys/class/net", route["dev"], "mtu") for route in routes]
    return min([int(link.read_text()) for link in links if link.exists()] or [1500])


def _listed(addresses: Iterable[IPv4Address]) -> str:
    # A set of nftables is never empty here: an address that nobody has stands for "none".
    return ", ".join(sorted({str(address) for address in addresses})) or "255.255.255.254"
