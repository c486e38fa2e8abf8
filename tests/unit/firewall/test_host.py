"""What is read from a host's own words, as real hosts gave them."""

from vttbench.firewall.host import (
    client_address,
    closed,
    cluster_nodes,
    listeners,
    proxmox_openings,
    ssh_ports,
)
from vttbench.firewall.openings import Opening

SOCKETS = """\
udp  UNCONN 0  0  0.0.0.0:68  0.0.0.0:*  users:(("dhclient",pid=300,fd=7))
udp  UNCONN 0  0  127.0.0.54:53  0.0.0.0:*  users:(("systemd-resolve",pid=99,fd=16))
tcp  LISTEN 0  4096  127.0.0.53%lo:53  0.0.0.0:*  users:(("systemd-resolve",pid=99,fd=14))
tcp  LISTEN 0  128  0.0.0.0:2022  0.0.0.0:*  users:(("sshd",pid=172,fd=3))
tcp  LISTEN 0  128  [::]:2022  [::]:*  users:(("sshd",pid=172,fd=4))
tcp  LISTEN 0  4096  *:8006  *:*  users:(("pveproxy worker",pid=9,fd=6))
tcp  LISTEN 0  100  [::1]:25  [::]:*  users:(("master",pid=7,fd=14))
udp  UNCONN 0  0  [fe80::1%eth0]:546  [::]:*
"""
SSHD = "port 22\naddressfamily any\nlistenaddress [::]:22\nlistenaddress 10.0.0.1:2200\n"
COROSYNC = """
nodelist {
  node {
    name: pve1
    ring0_addr: 10.10.0.1
    ring1_addr: fd00::1
  }
  node {
    name: pve2
    ring0_addr: pve2
  }
}
"""


def test_ssh_ports_come_from_every_witness():
    assert ssh_ports(SSHD, SOCKETS, "10.0.0.9 50000 10.0.0.1 443", [2299]) == [
        22,
        443,
        2022,
        2200,
        2299,
    ]


def test_without_a_witness_the_usual_port_stays_open():
    assert ssh_ports("", "", "") == [22]


def test_the_client_of_this_session_is_known_only_by_ssh():
    assert client_address("10.0.0.9 50000 10.0.0.1 22") == "10.0.0.9"
    assert client_address("fe80::9%eth0 50000 fe80::1%eth0 22") == "fe80::9"
    assert client_address("") == ""


def test_listeners_are_those_that_others_can_reach():
    assert [str(item) for item in listeners(SOCKETS)] == [
        "68/udp (dhclient)",
        "546/udp",
        "2022/tcp (sshd)",
        "8006/tcp (pveproxy worker)",
    ]


def test_what_no_opening_names_is_called_closed():
    opening = Opening.parse({"name": "web", "port": "8000-8100", "sources": []})
    assert [item.port for item in closed(listeners(SOCKETS), [opening])] == [68, 546, 2022]


def test_a_lone_proxmox_opens_nothing_for_a_cluster():
    assert {str(one.ports) for one in proxmox_openings(["10.0.0.0/8"], [], {})} == {
        "8006",
        "3128",
        "5900-5999",
    }


def test_nodes_of_a_cluster_reach_each_other_and_nobody_else_does():
    nodes = cluster_nodes(COROSYNC)
    assert nodes == ["10.10.0.1", "fd00::1", "pve2"]
    openings = proxmox_openings(["192.0.2.0/24"], nodes, {"pve2": ["10.10.0.2"]})
    (corosync,) = (one for one in openings if str(one.ports) == "5405-5412")
    assert corosync.protocol == "udp"
    assert corosync.sources.covers("10.10.0.2")
    assert not corosync.sources.covers("192.0.2.5")
