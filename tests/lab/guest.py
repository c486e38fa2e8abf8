"""One host of the lab: a container with systemd as its first process, on an overlay of its base."""

from __future__ import annotations

import shutil
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from . import base_image, network
from .commands import CommandFailedError, attempt, run
from .hosts import BRIDGE, GATEWAY, Host
from .places import CONTAINERS, locked

_BOOT_SECONDS = 90

# AppArmor is off, and the control groups are writable: a host may start containers of its own.
_CONFIG = """\
lxc.uts.name = {name}
lxc.rootfs.path = overlay:{base}:{folder}/delta0
lxc.net.0.type = veth
lxc.net.0.link = {bridge}
lxc.net.0.flags = up
lxc.net.0.mtu = {mtu}
lxc.net.0.hwaddr = {mac}
lxc.net.0.ipv4.address = {address}/{prefix}
lxc.net.0.ipv4.gateway = {gateway}
lxc.include = /usr/share/lxc/config/common.conf
lxc.include = /usr/share/lxc/config/nesting.conf
lxc.apparmor.profile = unconfined
lxc.mount.auto = proc:rw sys:rw cgroup:rw:force
lxc.autodev = 1
"""


class BootFailedError(RuntimeError):
    """A host did not come up; the message says how far it came."""


@dataclass(frozen=True)
class Guest:
    """A host of the lab as a container. Safe to use from several processes at once."""

    host: Host

    @property
    def folder(self) -> Path:
        """Where the container's configuration and everything that its host has written are."""
        return CONTAINERS / self.host.name

    @property
    def state(self) -> str:
        """``absent``, ``stopped``, or what systemd says of itself, e.g. ``running``."""
        if not (self.folder / "config").exists():
            return "absent"
        if "RUNNING" not in attempt("lxc-info", *self._name, "-s").stdout:
            return "stopped"
        return self._attach("systemctl", "is-system-running").strip().splitlines()[-1]

    def up(self, reachable: Mapping[str, list[IPv4Address]]) -> bool:
        """Start the host unless it runs; say whether it had to be started.

        Args:
            reachable: addresses of the registries, which the host is told, so that its way out
                and the network's rules always mean the same machines.

        Raises:
            BootFailedError: systemd or SSH did not come up. A host made by this call is gone again.
        """
        with locked(f"host-{self.host.name}"):
            if self.state not in {"absent", "stopped"}:
                # Also with a failed unit: that may be the very thing that somebody looks into.
                return False
            fresh = not self.folder.exists()
            try:
                self._start(reachable)
            except BaseException:
                if fresh:
                    self._destroy()
                raise
            return True

    def down(self) -> bool:
        """Stop the host and forget everything on it; say whether there was one."""
        with locked(f"host-{self.host.name}"):
            there = self.folder.exists()
            self._destroy()
            return there

    def reset(self, reachable: Mapping[str, list[IPv4Address]]) -> None:
        """Make the host as new: destroy it and boot it again."""
        self.down()
        self.up(reachable)

    @property
    def _name(self) -> tuple[str | Path, ...]:
        return ("-P", CONTAINERS, "-n", self.host.name)

    def _start(self, reachable: Mapping[str, list[IPv4Address]]) -> None:
        if self.state == "stopped" and not self._base().is_dir():
            # Its base image was deleted, so nothing of this host can ever boot again.
            self._destroy()
        if self.state == "absent":
            self._create()
        self._tell_names(reachable)
        log = self.folder / "start.log"
        try:
            run("lxc-start", *self._name, "-d", "-o", log, "-l", "WARN")
        except CommandFailedError as error:
            said = log.read_text(errors="replace")[-1500:] if log.exists() else ""
            raise BootFailedError(f"{self.host.name} does not start: {error}\n{said}") from error
        self._wait()

    def _create(self) -> None:
        base = base_image.ensure(self.host.release)
        (self.folder / "delta0").mkdir(parents=True)
        # Written last: a container is there once its configuration is.
        (self.folder / "config").write_text(
            _CONFIG.format(
                name=self.host.name, base=base, folder=self.folder, bridge=BRIDGE,
                mtu=network.mtu(), address=self.host.address, gateway=GATEWAY.ip,
                prefix=GATEWAY.network.prefixlen, mac=_mac(self.host.address),
            )
        )  # fmt: skip

    def _base(self) -> Path:
        config = (self.folder / "config").read_text()
        (rootfs,) = [line for line in config.splitlines() if line.startswith("lxc.rootfs.path")]
        return Path(rootfs.split(":")[1])

    def _tell_names(self, reachable: Mapping[str, list[IPv4Address]]) -> None:
        etc = self.folder / "delta0/etc"
        etc.mkdir(exist_ok=True)
        name = self.host.name
        lines = [
            "127.0.0.1 localhost",
            f"{self.host.address} {name}",
            "::1 localhost ip6-localhost",
        ]
        lines += [f"{found[0]} {registry}" for registry, found in reachable.items() if found]
        (etc / "hosts").write_text("\n".join(lines) + "\n")
        (etc / "hostname").write_text(f"{name}\n")
        shutil.copy("/etc/resolv.conf", etc / "resolv.conf")

    def _wait(self) -> None:
        end = time.monotonic() + _BOOT_SECONDS
        state = said = "nothing"
        while time.monotonic() < end:
            state = self._attach("systemctl", "is-system-running", "--wait").strip()
            if state == "running" and self._answers():
                return
            if state == "degraded":
                said = self._attach("systemctl", "--failed", "--no-legend", "--plain")
                raise BootFailedError(f"{self.host.name} is degraded: {said.strip()}")
            time.sleep(0.2)
        raise BootFailedError(
            f"{self.host.name} did not answer at {self.host.address} within {_BOOT_SECONDS} s; "
            f"systemd says {state!r}"
        )

    def _answers(self) -> bool:
        try:
            socket.create_connection((str(self.host.address), 22), timeout=2).close()
        except OSError:
            return False
        return True

    def _attach(self, *argv: str) -> str:
        return attempt("lxc-attach", *self._name, "--", *argv).stdout or "silent"

    def _destroy(self) -> None:
        if not self.folder.exists():
            return
        if (self.folder / "config").exists():
            attempt("lxc-stop", *self._name, "-k")
        shutil.rmtree(self.folder)


def _mac(address: IPv4Address) -> str:
    """Name a host's network card after its address.

    A host that is made anew with a new card would stay out of reach for up to 20 s, as long as its
    neighbours on the bridge remember the old one.
    """
    return "02:00:" + ":".join(f"{byte:02x}" for byte in address.packed)
