"""What a host with the role firewall lets in, keeps out, and leaves alone."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import pytest
from reach import ALLOWED, FORBIDDEN, connects, wait_until
from testinfra.host import Host

CLIENT6 = "fd77::1"


@pytest.fixture(autouse=True)
def the_other_address_is_there(address: str) -> None:
    """A refusal means nothing before that address has got through at all: SSH lets it in."""
    wait_until(lambda: connects(address, 22, FORBIDDEN), 30)


@pytest.fixture
def address6(host: Host, address: str) -> Iterator[str]:
    """An IPv6 address of the host, with this machine in the same network as fd77::1."""
    last = address.rpartition(".")[2]
    ours = [f"{CLIENT6}/64", "fd78::1/64"]
    for one in ours:
        subprocess.run(["ip", "addr", "add", one, "dev", "lab0", "nodad"], check=False)
    with host.sudo():
        for prefix in ("fd77", "fd78"):
            host.run(f"ip addr add {prefix}::{last}/64 dev eth0 nodad")
    yield f"fd77::{last}"
    for one in ours:
        subprocess.run(["ip", "addr", "del", one, "dev", "lab0"], check=False)


@pytest.mark.parametrize("port", [8000, 8001, 8002])
def test_the_ports_of_these_tests_have_somebody_behind_them(host: Host, port: int) -> None:
    assert (
        host.run(
            f"python3 -c \"import socket; socket.create_connection(('127.0.0.1', {port}))\""
        ).rc
        == 0
    )


def test_an_allowed_address_reaches_the_port_that_is_named(address: str) -> None:
    assert connects(address, 8000, ALLOWED)


def test_another_address_does_not(address: str) -> None:
    assert not connects(address, 8000, FORBIDDEN)


@pytest.mark.parametrize("port", [8001, 8002], ids=["for nobody", "named nowhere"])
def test_no_other_port_is_reached_even_from_an_allowed_address(address: str, port: int) -> None:
    assert not connects(address, port, ALLOWED)


def test_who_is_refused_is_told_at_once(address: str) -> None:
    with pytest.raises(OSError, match="No route to host") as refusal:
        socket.create_connection((address, 8002), timeout=3)
    assert not isinstance(refusal.value, TimeoutError)


def test_a_name_of_the_inventory_is_a_source(host: Host) -> None:
    with host.sudo():
        listed = host.check_output("nft list table inet vttbench")
    # Two addresses side by side are one network.
    assert 'ip saddr 10.77.0.152/31 tcp dport 8003 accept comment "neighbour"' in listed


def test_ssh_is_open_to_everybody(address: str) -> None:
    assert connects(address, 22, FORBIDDEN)


def test_ipv6_is_held_to_the_same_rules(address6: str) -> None:
    other = address6.replace("fd77", "fd78")
    assert connects(address6, 8000, CLIENT6)
    assert not connects(address6, 8002, CLIENT6)
    assert not connects(other, 8000, "fd78::1")
    assert connects(other, 22, "fd78::1")


def test_the_host_still_answers_a_ping_and_reaches_others(host: Host, address: str) -> None:
    with host.sudo():
        assert host.run(f"ping -c1 -W3 {address}").rc == 0
        assert host.run(f"ping -c1 -W3 {ALLOWED}").rc == 0


def test_loopback_is_free(host: Host, address: str) -> None:
    assert (
        host.run(f"python3 -c \"import socket; socket.create_connection(('{address}', 8002))\"").rc
        == 0
    )


def test_what_is_forwarded_for_guests_does_not_pass_here(host: Host) -> None:
    script = """
    set -e
    trap 'ip netns del a; ip netns del b' EXIT
    for name in a b; do
      ip netns add $name
      ip link add veth-$name type veth peer name eth0 netns $name
      ip link set veth-$name up
      ip -n $name link set eth0 up
    done
    ip addr add 10.78.1.1/24 dev veth-a; ip -n a addr add 10.78.1.2/24 dev eth0
    ip addr add 10.78.2.1/24 dev veth-b; ip -n b addr add 10.78.2.2/24 dev eth0
    ip -n a route add default via 10.78.1.1; ip -n b route add default via 10.78.2.1
    sysctl -qw net.ipv4.ip_forward=1
    ip netns exec b python3 -m http.server 8002 >/dev/null 2>&1 & server=$!
    trap 'kill $server; ip netns del a; ip netns del b' EXIT
    connect="import socket, sys; socket.create_connection((sys.argv[1], 8002), 2)"
    try() { ip netns exec a python3 -c "$connect" "$1" 2>/dev/null; }
    for _ in 1 2 3 4 5 6 7 8 9 10; do try 10.78.2.2 && break || sleep 0.3; done
    try 10.78.2.2 && echo guest-reached
    try 10.78.1.1 || echo host-closed
    """
    with host.sudo():
        said = host.run("sh -c %s", script)
    assert said.stdout.split() == ["guest-reached", "host-closed"], said.stderr


def test_tables_of_others_stay(host: Host) -> None:
    with host.sudo():
        assert "type nat hook postrouting" in host.check_output("nft list table ip theirs")
        host.check_output("systemctl restart vttbench-firewall.service")
        assert "type nat hook postrouting" in host.check_output("nft list table ip theirs")


@pytest.mark.parametrize("verb", ["restart", "reload"])
def test_whoever_flushes_everything_with_nftables_service_gets_ours_back(
    host: Host, address: str, verb: str
) -> None:
    with host.sudo():
        host.check_output("systemctl %s nftables.service", verb)
    # systemctl waits for the one unit, not for those that follow it.
    wait_until(lambda: not connects(address, 8002, ALLOWED), 10)
    assert connects(address, 8000, ALLOWED)


def test_the_rules_are_for_root_alone(host: Host) -> None:
    with host.sudo():
        rules = host.file("/etc/vttbench/firewall/rules.nft")
        assert (rules.user, rules.mode) == ("root", 0o600)


def test_the_unit_can_do_nothing_but_load_rules(host: Host) -> None:
    with host.sudo():
        said = host.check_output("systemd-analyze security --no-pager vttbench-firewall.service")
    level = float(said.splitlines()[-1].partition("service: ")[2].split()[0])
    assert level <= 3.0


def test_no_timer_of_a_trial_is_left(host: Host) -> None:
    with host.sudo():
        assert (
            host.check_output(
                "systemctl list-units --plain --no-legend 'vttbench-firewall-revert*'"
            )
            == ""
        )


def test_a_reboot_keeps_the_rules(host: Host, address: str) -> None:
    with host.sudo():
        host.check_output("touch /run/not-rebooted")
        host.check_output("systemd-run --on-active=1s --timer-property=AccuracySec=100ms reboot")

    def rebooted() -> bool:
        return connects(address, 22) and not host.file("/run/not-rebooted").exists

    wait_until(rebooted, 60)
    assert not connects(address, 8002, ALLOWED)
    with host.sudo():
        host.run("systemctl is-system-running --wait")
        assert "nat hook" in host.check_output("nft list ruleset")
    assert connects(address, 8000, ALLOWED)
    assert not connects(address, 8000, FORBIDDEN)
