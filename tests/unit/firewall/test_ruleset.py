"""The text that nftables is given, and what nftables itself makes of it."""

import shutil
import subprocess

import pytest

from vttbench.firewall.openings import ANYWHERE, FirewallError, Opening, Sources
from vttbench.firewall.ruleset import Policy, digest_of, render

EVERYBODY = Sources.parse(ANYWHERE, "")


def opening(name="mlflow", port=5000, sources=("10.0.0.0/8",), **more):
    return Opening.parse({"name": name, "port": port, "sources": list(sources), **more})


def rules(**changes):
    policy = {"ssh_ports": [22], "ssh_sources": EVERYBODY, "openings": [opening()], **changes}
    return render(Policy(**policy))


def lines(text):
    return [line.strip() for line in text.splitlines()]


def test_only_our_own_table_is_named():
    text = rules(guest_interfaces=["lxcbr*"], log=True)
    assert "flush" not in text
    named = [line for line in lines(text) if line.startswith(("add ", "delete ", "table "))]
    assert named == [
        "add table inet vttbench",
        "delete table inet vttbench",
        "table inet vttbench {",
    ]


def test_ssh_is_let_in_before_anything_can_be_dropped():
    text = lines(rules(ssh_ports=[2222, 22]))
    assert text.index('tcp dport 2222 accept comment "SSH"') < next(
        number for number, line in enumerate(text) if line.startswith("ct state")
    )
    assert 'tcp dport 22 accept comment "SSH"' in text


@pytest.mark.parametrize(
    "changes", [{"ssh_ports": []}, {"ssh_sources": Sources()}], ids=["no port", "no source"]
)
def test_rules_that_keep_everybody_from_ssh_are_not_made(changes):
    with pytest.raises(FirewallError, match="SSH would be open to nobody"):
        rules(**changes)


def test_sources_stand_before_the_port_by_version_of_ip():
    text = lines(rules(openings=[opening(sources=["10.0.0.0/8", "192.0.2.7", "fd00::/8"])]))
    assert 'ip saddr { 10.0.0.0/8, 192.0.2.7/32 } tcp dport 5000 accept comment "mlflow"' in text
    assert 'ip6 saddr { fd00::/8 } tcp dport 5000 accept comment "mlflow"' in text


def test_everybody_of_one_version_is_not_everybody():
    text = lines(rules(openings=[opening(sources=["0.0.0.0/0"])]))
    assert 'meta nfproto ipv4 tcp dport 5000 accept comment "mlflow"' in text
    assert 'tcp dport 5000 accept comment "mlflow"' not in text


def test_an_opening_for_nobody_opens_nothing():
    text = rules(openings=[opening("console", 9001, [])])
    assert not [line for line in lines(text) if "9001" in line and not line.startswith("#")]


@pytest.mark.parametrize("name", ["lo accept", 'x"', "*", "", "a" * 20, "br0;"])
def test_an_interface_is_a_name_and_nothing_else(name):
    with pytest.raises(FirewallError, match="names no interface"):
        rules(guest_interfaces=[name])


def test_a_refusal_that_is_unknown_is_named():
    with pytest.raises(FirewallError, match="reject or drop"):
        rules(refusal="tarpit")


def test_the_digest_changes_with_the_rules_and_with_them_alone():
    assert digest_of(rules()) == digest_of(rules())
    assert digest_of(rules()) != digest_of(rules(openings=[]))
    assert digest_of("table inet vttbench {}") is None


needs_nft = pytest.mark.skipif(
    not shutil.which("nft") or not shutil.which("unshare"), reason="needs nft and unshare"
)


def in_a_network_of_its_own(*files, query="nft -s list ruleset"):
    script = " && ".join(f"nft -f {file}" for file in files) + f" && {query}"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=60
    )
    if "unshare failed" in done.stderr or "Operation not permitted" in done.stderr:
        pytest.skip(f"no network of its own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_nft
def test_nftables_takes_every_kind_of_rule_twice_and_leaves_other_tables_alone(tmp_path):
    everything = rules(
        ssh_ports=[22, 2222],
        ssh_sources=Sources.parse(["10.0.0.0/8", "::/0"], ""),
        openings=[
            opening(),
            opening("everybody", "5900-5999", ANYWHERE, protocol="udp"),
            opening("both", 8080, ["10.1.0.0/16", "10.0.0.0/8", "fd00::/8", "192.0.2.1"]),
            opening("nobody", 9001, []),
        ],
        guest_interfaces=["lxcbr*", "virbr0"],
        log=True,
    )
    ours, others = tmp_path / "ours.nft", tmp_path / "others.nft"
    ours.write_text(everything)
    others.write_text(
        "table ip nat {\n chain post {\n type nat hook postrouting priority 100;\n }\n}\n"
    )
    listed = in_a_network_of_its_own(others, ours, ours)
    assert listed.count("table inet vttbench {") == 1
    assert "table ip nat {" in listed
    assert digest_of(listed) == digest_of(everything)
    assert "policy drop" in listed
