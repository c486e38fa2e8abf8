"""Give a host its firewall rules, and prove that it can be reached.

Documented in ``plugins/modules/firewall.py``.
"""

from __future__ import annotations

import time
from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleConnectionFailure
from ansible.plugins.action import ActionBase

from vttbench.firewall import host as hosts
from vttbench.firewall.openings import ANYWHERE, FirewallError, Opening, Sources, host_names
from vttbench.firewall.ruleset import REFUSALS, Policy, digest_of, render

_ARGUMENTS: dict[str, dict[str, Any]] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "allow": {"type": "list", "elements": "dict", "default": []},
    "ssh_sources": {"type": "list", "elements": "str", "default": list(ANYWHERE)},
    "ssh_ports": {"type": "list", "elements": "int", "default": []},
    "proxmox_sources": {"type": "list", "elements": "str", "default": list(ANYWHERE)},
    "guest_interfaces": {"type": "list", "elements": "str", "default": []},
    "refusal": {"type": "str", "choices": list(REFUSALS), "default": "reject"},
    "log": {"type": "bool", "default": False},
    "revert_after": {"type": "int", "default": 60},
}
_HARMLESS_UDP = {68, 546}  # the host's own DHCP client, which the rules let in


class ActionModule(ActionBase):
    """Rules on trial, a new connection, and only then rules to keep."""

    _supports_check_mode = True
    _supports_async = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return whether rules were changed, and what they close."""
        self._vars = task_vars or {}
        result: dict[str, Any] = super().run(tmp, self._vars)
        _, arguments = self.validate_argument_spec(_ARGUMENTS)
        self._host = str(self._vars.get("inventory_hostname"))
        if arguments["state"] == "absent":
            return {**result, **self._on_host("remove")}
        try:
            return {**result, **self._present(arguments)}
        except FirewallError as error:
            raise AnsibleActionFail(f"{self._host}: {error}") from error

    def _present(self, arguments: dict[str, Any]) -> dict[str, Any]:
        connected = self._connected_by()
        names = self._names(arguments)
        known = self._of_inventory(names)
        said = self._on_host("look", names=[name for name in names if name not in known])["look"]
        said["names"] |= known
        nodes = hosts.cluster_nodes(said["corosync"]) if said["proxmox"] else []
        if more := [name for name in host_names(nodes) if name not in said["names"]]:
            said["names"] |= self._on_host("look", names=more)["look"]["names"]
        policy = self._policy(arguments, said, nodes, connected)
        rules = render(policy)
        answer: dict[str, Any] = {
            "ssh_ports": list(policy.ssh_ports),
            "closes": self._closes(policy, said),
        }
        if said["kept"] == rules and said["loaded"] == digest_of(rules) and said["untouched"]:
            return {"changed": False, **answer}
        if answer["closes"]:
            self._display.warning(
                f"[{self._host}] the firewall closes what listens there and is named nowhere: "
                f"{', '.join(answer['closes'])}. Name it in firewall_allow_more if others need it."
            )
        answer["diff"] = {"before": said["kept"], "after": rules}
        if not self._task.check_mode:
            self._try_and_keep(rules, arguments["revert_after"])
        elif said["nft"]:
            self._on_host("check", rules=rules)
        return {"changed": True, **answer}

    def _policy(
        self, arguments: dict[str, Any], said: dict[str, Any], nodes: list[str], connected: str
    ) -> Policy:
        names = said["names"]
        sources = Sources.parse(arguments["ssh_sources"], "firewall_ssh_sources", names)
        client = hosts.client_address(connected)
        if client and not sources.covers(client):
            raise FirewallError(
                f"firewall_ssh_sources would lock this controller out: it comes from {client}"
            )
        openings = [Opening.parse(item, names) for item in arguments["allow"]]
        if said["proxmox"]:
            openings += hosts.proxmox_openings(arguments["proxmox_sources"], nodes, names)
        return Policy(
            ssh_ports=hosts.ssh_ports(
                said["sshd"], said["sockets"], connected, arguments["ssh_ports"]
            ),
            ssh_sources=sources,
            openings=openings,
            guest_interfaces=arguments["guest_interfaces"],
            refusal=arguments["refusal"],
            log=arguments["log"],
        )

    def _try_and_keep(self, rules: str, seconds: int) -> None:
        self._on_host("try", rules=rules, revert_after=seconds)
        until = time.monotonic() + seconds
        try:
            self._connect_anew()
            kept = self._on_host("keep", rules=rules)["kept"]
        except AnsibleConnectionFailure as error:
            raise AnsibleActionFail(
                f"{self._host} takes no new connection under the new rules ({error}). It puts the "
                f"last ones back by itself in {max(0, until - time.monotonic()):.0f} s."
            ) from error
        if not kept:
            raise AnsibleActionFail(
                f"{self._host} took no new connection under the new rules within {seconds} s and "
                "went back to the last ones by itself. Look at the rules with --check --diff."
            )

    def _connect_anew(self) -> None:
        """Leave the connection that is open, since rules that lock out leave it alone."""
        reset = getattr(self._connection, "reset", None)
        if reset is not None:
            reset()

    def _connected_by(self) -> str:
        # As who logged in: becoming another user clears the environment.
        reply = self._low_level_execute_command('echo "$SSH_CONNECTION"', sudoable=False)
        return str(reply.get("stdout", "")).strip()

    def _names(self, arguments: dict[str, Any]) -> list[str]:
        sources = [item.get("sources", []) for item in arguments["allow"]]
        lists = [item for item in sources if isinstance(item, list | tuple)]
        return host_names([*arguments["ssh_sources"], *(text for one in lists for text in one)])

    def _of_inventory(self, names: list[str]) -> dict[str, list[str]]:
        """Return the addresses that the inventory gives for names of its own."""
        others = self._vars.get("hostvars", {})
        given = {
            name: str(others[name].get("ansible_host", name)) for name in names if name in others
        }
        return {name: [address] for name, address in given.items() if not host_names([address])}

    def _closes(self, policy: Policy, said: dict[str, Any]) -> list[str]:
        closed = hosts.closed(hosts.listeners(said["sockets"]), policy.openings)
        return [
            str(item)
            for item in closed
            if not (item.protocol == "tcp" and item.port in policy.ssh_ports)
            and not (item.protocol == "udp" and item.port in _HARMLESS_UDP)
        ]

    def _on_host(self, phase: str, **arguments: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self._execute_module(
            module_name="nft_table",
            module_args={"phase": phase, **arguments},
            task_vars=self._vars,
        )
        if reply.get("failed"):
            raise AnsibleActionFail(f"{self._host}: {reply.get('msg')}", result=reply)
        return reply
