# GNU General Public License not needed: this file holds documentation only.
"""Documentation of the action plugin ``firewall``; the code is in ``plugins/action``."""

DOCUMENTATION = r"""
module: firewall
short_description: Let only named ports of a host be reached, and lock nobody out
description:
  - Makes the rules of the nftables table C(inet vttbench), has nftables read them, and loads them on trial in one
    transaction. Then a new connection is made; only if it works are the rules kept and written to disk. If not, the
    host puts the last ones back by itself, and so does a reboot.
  - The ports that sshd listens on, and the one that this connection came in by, are always open to O(ssh_sources).
  - Tables of others are neither read nor changed, and what the host forwards for its guests does not pass here.
options:
  state:
    description: Whether the host shall have these rules. V(absent) deletes the table and its file.
    type: str
    choices: [present, absent]
    default: present
  allow:
    description: Openings, each with C(name), C(port) (a number or C(first-last)), C(sources) (addresses, networks or
      names of hosts; nobody if empty) and C(protocol) (C(tcp) if not given).
    type: list
    elements: dict
    default: []
  ssh_sources:
    description: Who may reach SSH. It is an error if this controller is not among them.
    type: list
    elements: str
    default: ["0.0.0.0/0", "::/0"]
  ssh_ports:
    description: Ports of SSH beside those that are found on the host.
    type: list
    elements: int
    default: []
  proxmox_sources:
    description: Who may reach the administration of Proxmox, where the host is one.
    type: list
    elements: str
    default: ["0.0.0.0/0", "::/0"]
  guest_interfaces:
    description: Bridges of guests, which may ask the host for addresses and names. A C(*) at the end means all that
      begin so.
    type: list
    elements: str
    default: []
  refusal:
    description: Whether who is refused is told at once, or hears nothing.
    type: str
    choices: [reject, drop]
    default: reject
  log:
    description: Whether refused packets are noted in the kernel's log, ten a minute at most.
    type: bool
    default: false
  revert_after:
    description: Seconds after which rules that were not kept are undone.
    type: int
    default: 60
attributes:
  check_mode:
    support: full
    description: Has nftables read the rules, if the host has it, and shows the difference.
author: VTT hardware benchmarks
"""

EXAMPLES = r"""
- name: Let the network of the benchmarks reach MLflow
  firewall:
    allow:
      - {name: mlflow, port: 5000, sources: [192.168.7.0/24]}
"""

RETURN = r"""
ssh_ports:
  description: Ports that are open for SSH.
  type: list
  elements: int
  returned: when present
closes:
  description: What listens on the host and can't be reached from outside any more, as C(port/protocol (program)).
  type: list
  elements: str
  returned: when present
"""
