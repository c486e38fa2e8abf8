"""Why the lab cannot run on this machine, and the packages that it needs."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

from tests import distribution

from .commands import attempt, found, run
from .hosts import BRIDGE
from .places import STATE

_PACKAGES = {
    "lxc-start": "lxc",
    "debootstrap": "debootstrap",
    "nft": "nftables",
    "ip": "iproute2",
    "ssh-keygen": "openssh-client",
}
_PROBE = "vttbench-probe"


class LabImpossibleError(RuntimeError):
    """This machine cannot run the lab; the message says why and what would help."""


def install_programs() -> None:
    """Install what the lab needs and this machine lacks.

    Raises:
        LabImpossibleError: something is missing and cannot be installed.
    """
    try:
        distribution.install(_PACKAGES)
    except distribution.MissingError as error:
        raise LabImpossibleError(str(error)) from error


@cache
def obstacle() -> str:
    """Say in one sentence why the lab cannot run here; empty if it can. Changes nothing lasting."""
    if not sys.platform.startswith("linux"):
        return "the lab's hosts are Linux containers, and this is not Linux"
    if os.geteuid() != 0:
        return "the lab starts containers and makes a network bridge, which needs root"
    if (missing := _missing()) and not found("apt-get"):
        return f"{', '.join(missing)} missing, and there is no apt-get to install them"
    return _kernel_obstacle()


def require() -> None:
    """Make sure that the lab can run, installing packages that it needs.

    Raises:
        LabImpossibleError: it cannot.
    """
    if reason := obstacle():
        raise LabImpossibleError(reason)
    install_programs()


def _missing() -> list[str]:
    return [package for program, package in _PACKAGES.items() if not found(program)]


def _kernel_obstacle() -> str:
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        attempt("modprobe", "overlay")
    if "\toverlay\n" not in Path("/proc/filesystems").read_text():
        return "the kernel has no overlay file system, on which every host of the lab stands"
    # An overlay cannot keep its changes on another overlay, such as the root of a Docker container.
    STATE.mkdir(parents=True, exist_ok=True)
    if attempt("stat", "-f", "-c", "%T", STATE).stdout.strip() in {"overlayfs", "overlay"}:
        return f"{STATE} is on an overlay file system, which cannot carry the overlays of hosts"
    if not Path("/sys/fs/cgroup").is_mount():
        return "there are no control groups at /sys/fs/cgroup, which systemd in a host needs"
    if attempt("unshare", "--mount", "--pid", "--fork", "--net", "true").returncode:
        return "this process may not make namespaces (a container without privileges?)"
    if found("ip") and attempt("ip", "link", "show", BRIDGE).returncode:
        made = attempt("ip", "link", "add", _PROBE, "type", "bridge")
        if made.returncode:
            return f"the kernel makes no network bridge: {_last_line(made.stdout)}"
        run("ip", "link", "delete", _PROBE)
    return ""


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["no output"])[-1]
