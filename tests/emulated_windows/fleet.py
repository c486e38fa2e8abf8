"""A fleet of emulated hosts in one process: who there is, and what may befall them."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import yaml

from . import certificates, wine
from .execution import Executor
from .machine.state import PASSWORD, USER, Machine
from .wire.authentication import Account, Policy, provide_to_ntlm
from .wire.listener import Endpoint, Listener
from .wire.shells import Shells

HTTPS_PORT, HTTP_PORT = 5986, 5985


@dataclass(frozen=True)
class Declared:
    """A host to emulate.

    Attributes:
        address: an address of this machine; all of 127.0.0.0/8 is.
        clock: see :class:`~tests.emulated_windows.machine.state.Machine`.
    """

    name: str
    address: str
    port: int = HTTPS_PORT
    clock: float = 1.0
    https: bool = True
    basic: bool = False

    @property
    def transport(self) -> str:
        """How Ansible authenticates."""
        return "basic" if self.basic else "ntlm"


def declared(path: Path) -> list[Declared]:
    """Read hosts from a file: name -> address, clock, ..."""
    return [Declared(name, **rest) for name, rest in yaml.safe_load(path.read_text()).items()]


class EmulatedHost:
    """One host: its machine and its WinRM."""

    def __init__(
        self, wanted: Declared, folder: Path, contexts: tuple[Any, Any], listener: Listener
    ) -> None:
        self.declared = wanted
        self.machine = Machine(wanted.name, folder, clock=wanted.clock)
        self.machine.on_reboot = self.restart
        self.shells = Shells(Executor(self.machine))
        self.policy = Policy(Account(USER, PASSWORD), basic=wanted.basic)
        self._trusted, self._strange = contexts
        self.endpoint = Endpoint(
            (wanted.address, wanted.port),
            self.shells,
            self.policy,
            self._trusted if wanted.https else None,
        )
        self._listener = listener
        # How long a restart keeps the port closed.
        self.boot_s = 3.0

    def start(self) -> None:
        """Open the port."""
        self._listener.add(self.endpoint)

    def stop(self) -> None:
        """Close the port and end all programs."""
        self._listener.resume(self.endpoint)
        self._listener.remove(self.endpoint)
        self.endpoint.cut()
        self.machine.processes.kill_all()
        self.shells.forget()
        wine.stop(self.machine)

    def restart(self, delay_s: float) -> None:
        """Shut down after a delay and come back."""

        def work() -> None:
            time.sleep(delay_s)
            self.lose_power(silent=False)
            time.sleep(self.boot_s)
            self.boot()

        threading.Thread(target=work, daemon=True, name="restart").start()

    def freeze(self) -> None:
        """Hang: connections stay, nothing is answered, programs stand still."""
        self.endpoint.link.frozen.set()
        self.machine.processes.freeze()

    def thaw(self) -> None:
        """Undo :meth:`freeze`."""
        self.machine.processes.thaw()
        self.endpoint.link.frozen.clear()

    def vanish(self) -> None:
        """Answer nobody who connects anew."""
        self._listener.pause(self.endpoint)

    def reappear(self) -> None:
        """Undo :meth:`vanish`."""
        self._listener.resume(self.endpoint)

    def describe(self) -> Mapping[str, Any]:
        """What ``status`` shows."""
        link = self.endpoint.link
        state = "up"
        if self.endpoint.listening is None or not self.machine.booted_at:
            state = "off"
        elif self.endpoint.vanished:
            state = "silent"
        elif link.frozen.is_set():
            state = "frozen"
        return {
            "address": f"{self.declared.address}:{self.declared.port}",
            "state": state,
            **self.machine.describe(),
            "running": len(self.machine.processes.programs()),
        }

    def sleep(self) -> None:
        """Go to sleep: as frozen, and who connects anew hears nothing."""
        self.freeze()
        self._listener.pause(self.endpoint)

    def wake(self) -> None:
        """Wake up; connections from before are dead."""
        self.endpoint.cut()
        self._listener.resume(self.endpoint)
        self.machine.processes.thaw()

    def lose_power(self, *, silent: bool = True) -> None:
        """Be off from one moment to the next.

        Args:
            silent: nobody answers, as where there is no machine; else connections are refused.
        """
        self.machine.booted_at = 0.0
        if silent:
            self._listener.pause(self.endpoint)
        else:
            self._listener.remove(self.endpoint)
        self.endpoint.cut()
        self.machine.processes.kill_all()
        self.shells.forget()
        wine.stop(self.machine)

    def boot(self) -> None:
        """Start after :meth:`lose_power`."""
        self.machine.booted_at = time.time()
        self.machine.pending_reboot = False
        if self.endpoint.listening is None:
            self._listener.add(self.endpoint)
        else:
            self._listener.resume(self.endpoint)

    def present_strange_certificate(self, strange: bool) -> None:
        """Show a certificate that the controller has no reason to trust, or the right one."""
        self.endpoint.tls = self._strange if strange else self._trusted


class Fleet:
    """Some emulated hosts. As a context manager it starts and stops them.

    Args:
        hosts: which.
        folder: for their drives and journals; what is there already is kept.
    """

    def __init__(self, hosts: Sequence[Declared], folder: Path) -> None:
        self.folder = folder
        self.account = Account(USER, PASSWORD)
        self._listener = Listener()
        contexts = certificates.make(folder / "tls", [host.address for host in hosts])
        self.hosts = {
            host.name: EmulatedHost(host, folder / "hosts" / host.name, contexts, self._listener)
            for host in hosts
        }

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __getitem__(self, name: str) -> EmulatedHost:
        return self.hosts[name]

    @property
    def authority(self) -> Path:
        """Certificate of the authority that the controller may trust."""
        return self.folder / "tls" / "ca.pem"

    def start(self) -> None:
        """Open all ports."""
        provide_to_ntlm(self.account)
        self._listener.start()
        for host in self.hosts.values():
            host.start()

    def stop(self) -> None:
        """Close all ports and end all programs."""
        for host in self.hosts.values():
            host.stop()
        self._listener.stop()

    def inventory(self) -> dict[str, Any]:
        """An inventory of these hosts, as Ansible reads it from YAML."""
        return {
            "all": {
                "children": {
                    "clients": {
                        "children": {
                            "windows_clients": {
                                "hosts": {
                                    name: self._variables(host.declared)
                                    for name, host in self.hosts.items()
                                }
                            }
                        }
                    }
                }
            }
        }

    def _variables(self, host: Declared) -> Mapping[str, Any]:
        variables: dict[str, Any] = {
            "ansible_host": host.address,
            "ansible_port": host.port,
            "ansible_connection": "ansible.builtin.winrm",
            "ansible_winrm_scheme": "https" if host.https else "http",
            "ansible_winrm_transport": host.transport,
            "ansible_user": self.account.user,
            "ansible_password": self.account.password,
        }
        if host.https:
            variables["ansible_winrm_ca_trust_path"] = str(self.authority)
        return variables
