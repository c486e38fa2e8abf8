"""Programs of the distribution that tests need and a fresh machine lacks (Debian, Ubuntu)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from filelock import FileLock

_LOCK = Path("~/.cache/vttbench/packages.lock").expanduser()
# Another apt of this machine, unattended-upgrades for one, is waited for.
_APT = ("apt-get", "-qq", "-o", "DPkg::Lock::Timeout=600")
_SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))


class MissingError(RuntimeError):
    """A program is not there and can't be installed; the message says what would help."""


def find(program: str) -> str | None:
    """Return where a program is, among those for administrators too."""
    return shutil.which(program, path=_SEARCHED)


def install(packages: Mapping[str, str]) -> None:
    """Make sure that programs are there.

    Args:
        packages: program -> Debian's packages that bring it, with spaces between.

    Raises:
        MissingError: some are not, and can't be installed.
    """
    if not _missing(packages):
        return
    _LOCK.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(_LOCK):
        if not (wanted := _missing(packages)):
            return
        if os.geteuid() != 0 or not shutil.which("apt-get"):
            raise MissingError(f"missing; as root: apt-get install {' '.join(wanted)}")
        for words in (["update"], ["install", "-y", "--no-install-recommends", *wanted]):
            done = subprocess.run(
                [*_APT, *words],
                env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
        if done.returncode:
            last = "\n".join(done.stdout.splitlines()[-3:])
            raise MissingError(f"can't install {', '.join(wanted)}: {last}")


def need(packages: Mapping[str, str]) -> None:
    """Install programs for a test, or skip it and say what is missing."""
    try:
        install(packages)
    except MissingError as error:
        _skip(str(error))


def need_server(packages: Mapping[str, str]) -> None:
    """The same for programs whose package starts a service: never where an init would start it.

    Whoever runs our tests asked for no server that listens and comes back with each boot.
    """
    if (wanted := _missing(packages)) and Path("/run/systemd/system").exists():
        _skip(
            f"installing {' '.join(wanted)} would start a service on this machine; "
            f"if you want it: apt-get install {' '.join(wanted)}"
        )
    need(packages)


def _skip(reason: str) -> NoReturn:
    # `make lab` has what measuring needs, and that is without pytest.
    import pytest

    pytest.skip(reason)


def _missing(packages: Mapping[str, str]) -> list[str]:
    missing = (names.split() for program, names in packages.items() if not find(program))
    return sorted({name for names in missing for name in names})
