"""What an inventory may write as port and source, and what it may not."""

import pytest

from vttbench.firewall.openings import FirewallError, Opening, Ports, Sources, host_names

HOSTILE = [
    "10.0.0.0/8 } accept; ip saddr { 0.0.0.0/0",
    "10.0.0.1; flush ruleset",
    "10.0.0.1\nflush ruleset",
    "fe80::1%eth0 accept",
    "fe80::1%}",
    "@everybody",
    "$(reboot)",
    "{{ 1 }}",
    "",
    "10.0.0.256",
    "10.0.0.0/33",
    "10.0.0.5/24",
    "-1",
    "*",
]


def opening(**changes):
    item = {"name": "mlflow", "port": 5000, "sources": ["10.0.0.0/8"], **changes}
    return Opening.parse(item, {"ms01": ["10.77.0.30", "fd00::30"], "lost": []})


@pytest.mark.parametrize("text", HOSTILE)
def test_a_source_is_an_address_a_network_or_a_known_name_and_nothing_else(text):
    with pytest.raises(FirewallError):
        opening(sources=[text])


@pytest.mark.parametrize("text", [*HOSTILE, "ms01; reboot", "a" * 300, "10.0.0.1/2/3"])
def test_only_what_can_be_a_name_of_a_host_is_looked_up(text):
    assert host_names([text]) == []


def test_names_of_hosts_are_told_from_addresses():
    assert host_names(["ms01", "ms01.lan", "10.0.0.1", "fd00::/8", "192.168.7.0/24"]) == [
        "ms01",
        "ms01.lan",
    ]


def test_a_name_becomes_its_addresses_of_both_kinds():
    sources = opening(sources=["ms01"]).sources
    assert [str(one) for one in (*sources.ipv4, *sources.ipv6)] == ["10.77.0.30/32", "fd00::30/128"]


def test_a_name_without_an_address_is_an_error_and_not_nobody():
    with pytest.raises(FirewallError, match="knows no address of 'lost'"):
        opening(sources=["lost"])


def test_host_bits_are_refused_with_the_network_that_was_meant():
    with pytest.raises(FirewallError, match=r"write 192\.168\.7\.0/24"):
        opening(sources=["192.168.7.30/24"])


def test_overlapping_networks_become_one_since_nftables_refuses_them():
    sources = opening(sources=["10.0.0.0/8", "10.77.0.0/24", "10.77.0.5"]).sources
    assert [str(one) for one in sources.ipv4] == ["10.0.0.0/8"]


def test_an_ipv4_address_in_ipv6_clothes_is_ipv4():
    assert [str(one) for one in opening(sources=["::ffff:10.0.0.1"]).sources.ipv4] == [
        "10.0.0.1/32"
    ]


def test_a_single_text_is_not_taken_for_a_list_of_letters():
    with pytest.raises(FirewallError, match="must be a list"):
        opening(sources="10.0.0.0/8")


@pytest.mark.parametrize("port", [0, 65536, -1, "http", "80,443", "80-", "90-80", True, None, "٣"])
def test_a_port_is_a_number_or_a_range(port):
    with pytest.raises(FirewallError):
        opening(port=port)


@pytest.mark.parametrize(("text", "written"), [(5000, "5000"), ("5900-5999", "5900-5999")])
def test_ports_are_written_as_nftables_reads_them(text, written):
    assert str(Ports.parse(text, "x")) == written


@pytest.mark.parametrize("name", ['a" accept; #', "a\nb", "", " a", "a" * 64, None, "ä", "a;b"])
def test_a_name_holds_nothing_that_ends_a_comment(name):
    with pytest.raises(FirewallError):
        opening(name=name)


@pytest.mark.parametrize("protocol", ["icmp", "TCP", "tcp accept", ""])
def test_the_protocol_is_tcp_or_udp(protocol):
    with pytest.raises(FirewallError):
        opening(protocol=protocol)


@pytest.mark.parametrize("key", ["name", "port", "sources"])
def test_an_opening_without_its_parts_is_refused(key):
    item = {"name": "mlflow", "port": 5000, "sources": []}
    del item[key]
    with pytest.raises(FirewallError, match="needs name, port and sources"):
        Opening.parse(item)


def test_sources_know_whom_they_cover():
    sources = Sources.parse(["10.0.0.0/8", "fd00::/8"], "x")
    assert sources.covers("10.77.0.1")
    assert sources.covers("fd00::1")
    assert not sources.covers("192.0.2.1")
    assert not sources.covers("2001:db8::1")
