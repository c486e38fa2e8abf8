"""Nobody is locked out, whatever goes wrong; and all of it can be taken back."""

from __future__ import annotations

from conftest import Run
from reach import ALLOWED, FORBIDDEN, connects, speaks_ssh, wait_until
from testinfra.host import Host

LOCKS_OUT = """
add table inet vttbench
delete table inet vttbench
table inet vttbench {
  comment "sha256:0000000000000000000000000000000000000000000000000000000000000000"
  chain input {
    type filter hook input priority filter; policy drop;
    ct state established accept
  }
}
"""


def test_rules_that_lock_everybody_out_undo_themselves(
    host: Host, address: str, on_host: Run
) -> None:
    tried = on_host("nft_table", phase="try", rules=LOCKS_OUT, revert_after=5)
    assert tried.returncode == 0, tried.stdout + tried.stderr
    assert not connects(address, 22), "the rules of this test lock nobody out"
    wait_until(lambda: speaks_ssh(address), 20)
    assert connects(address, 8000, ALLOWED)
    assert not connects(address, 8000, FORBIDDEN)


def test_rules_that_were_undone_are_not_kept_afterwards(address: str, on_host: Run) -> None:
    kept = on_host("nft_table", phase="keep", rules=LOCKS_OUT)
    assert '"kept": false' in kept.stdout or "kept: false" in kept.stdout, kept.stdout
    assert connects(address, 22)


def test_rules_that_nftables_cannot_read_change_nothing(address: str, on_host: Run) -> None:
    tried = on_host("nft_table", phase="try", rules=LOCKS_OUT.replace("accept", "welcome"))
    assert tried.returncode != 0
    assert "nftables refuses the rules, so nothing was changed" in tried.stdout + tried.stderr
    assert connects(address, 8000, ALLOWED)


def test_a_change_that_no_new_connection_confirms_is_undone_and_reported(
    host: Host, address: str, play: Run
) -> None:
    done = play("blocked")
    assert done.returncode != 0
    said = " ".join((done.stdout + done.stderr).split())
    assert "no new connection under the new rules" in said, said
    wait_until(lambda: speaks_ssh(address), 60)
    assert connects(address, 8000, ALLOWED)
    assert not connects(address, 8000, FORBIDDEN)


def test_sources_of_ssh_that_leave_the_controller_out_are_refused(play: Run, address: str) -> None:
    done = play("converge", "-e", '{"firewall_ssh_sources": ["192.0.2.0/24"]}')
    assert done.returncode != 0
    assert "would lock this controller out: it comes from 10.77.0.1" in done.stdout + done.stderr
    assert connects(address, 22, FORBIDDEN)


def test_ssh_can_be_narrowed_and_opened_again(play: Run, address: str) -> None:
    narrowed = play("converge", "-e", '{"firewall_ssh_sources": ["10.77.0.0/26"]}')
    assert narrowed.returncode == 0, narrowed.stdout
    assert connects(address, 22, ALLOWED)
    assert not connects(address, 22, FORBIDDEN)
    assert play("converge").returncode == 0
    assert connects(address, 22, FORBIDDEN)


def test_a_rule_that_somebody_added_by_hand_is_gone_after_the_next_deployment(
    host: Host, address: str, play: Run
) -> None:
    with host.sudo():
        host.check_output("nft insert rule inet vttbench input tcp dport 8002 accept")
    assert connects(address, 8002)
    done = play("converge")
    assert done.returncode == 0, done.stdout
    assert not connects(address, 8002)


def test_what_gets_closed_is_named(host: Host, play: Run) -> None:
    with host.sudo():
        host.check_output("nft delete table inet vttbench")
    done = play("converge")
    assert "8002/tcp (python3)" in " ".join((done.stdout + done.stderr).split())
    assert "8000/tcp" not in done.stdout + done.stderr


def test_it_can_be_removed_and_nothing_else_is(host: Host, address: str, play: Run) -> None:
    done = play("converge", "-e", "firewall_state=absent")
    assert done.returncode == 0, done.stdout
    assert connects(address, 8002, FORBIDDEN)
    with host.sudo():
        assert "theirs" in host.check_output("nft list tables")
        assert "vttbench" not in host.check_output("nft list tables")
        assert not host.file("/etc/vttbench/firewall").exists
        assert not host.file("/etc/systemd/system/vttbench-firewall.service").exists
    again = play("converge", "-e", "firewall_state=absent")
    assert "changed=0" in again.stdout
    assert play("converge").returncode == 0
    assert not connects(address, 8002, FORBIDDEN)
