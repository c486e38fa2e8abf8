"""The base images: one small Debian for each release, on which every host is an overlay."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from . import registries
from .commands import run
from .hosts import Release
from .places import CACHE, CONTAINERS, KEY, locked

_PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "python3", "python3-apt", "sudo",
    "iproute2", "ca-certificates", "iputils-ping",
)  # fmt: skip
USER = "vtt"
"""An administrator who is not root: sudo without a password, the same key."""
# The lab stands for a fresh host: the product's own authority is what tests put there themselves.
_OWN_AUTHORITY = "vttbench-ca.crt"
_EXTRA_AUTHORITIES = Path("/usr/local/share/ca-certificates")


def ensure_key() -> str:
    """Make the lab's SSH key if there is none, and return its public half."""
    with locked("key"):
        if not KEY.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "vttbench-lab", "-f", KEY)
        return KEY.with_suffix(".pub").read_text()


def ensure(release: Release) -> Path:
    """Return the root of a release's base image, and make it (about a minute) if there is none."""
    public_key = ensure_key()
    image = CACHE / f"{release}-{_recipe_version(public_key)}"
    with locked(f"base-{release}"):
        if not image.is_dir():
            _forget_old(release, image)
            partial = image.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            try:
                _make(release, partial, public_key)
                partial.rename(image)
            except BaseException:
                shutil.rmtree(partial, ignore_errors=True)
                raise
    return image


def _make(release: Release, root: Path, public_key: str) -> None:
    mirror = _mirror()
    run(
        "debootstrap", "--variant=minbase", f"--include={','.join(_PACKAGES)}",
        release, root, *([mirror] if mirror else []),
    )  # fmt: skip
    _write(root / "etc/apt/sources.list", _sources(release, root))
    _write(root / "etc/apt/apt.conf.d/90lab", registries.apt_settings())
    _write(root / "etc/pip.conf", registries.pip_settings())
    _write(root / "etc/environment", registries.environment())
    for certificate in sorted(_EXTRA_AUTHORITIES.glob("*.crt")):
        if certificate.name != _OWN_AUTHORITY:
            shutil.copy(certificate, root / "usr/local/share/ca-certificates")
    run("chroot", root, "update-ca-certificates")
    run("chroot", root, "useradd", "--create-home", "--shell", "/bin/bash", USER)
    _write(root / f"etc/sudoers.d/{USER}", f"{USER} ALL=(ALL) NOPASSWD: ALL\n", 0o440)
    for home in ("root", f"home/{USER}"):
        (root / home / ".ssh").mkdir(mode=0o700, exist_ok=True)
        _write(root / home / ".ssh/authorized_keys", public_key, 0o600)
    run("chroot", root, "chown", "-R", f"{USER}:{USER}", f"/home/{USER}/.ssh")
    # Each host draws an identity of its own when it boots; systemd would take over that of D-Bus.
    _write(root / "etc/machine-id", "")
    (root / "var/lib/dbus/machine-id").unlink(missing_ok=True)
    run("chroot", root, "apt-get", "clean")


def _mirror() -> str:
    """Return the mirror this machine takes Debian from; empty on another distribution."""
    plain = {site for site, suite in registries.apt_sources() if suite in {"bookworm", "trixie"}}
    return min(plain, default="")


def _sources(release: Release, root: Path) -> str:
    bootstrapped = (root / "etc/apt/sources.list").read_text().split()
    mirror = bootstrapped[1]
    lines = [f"deb {mirror} {release} main", f"deb {mirror} {release}-updates main"]
    security = {site for site, suite in registries.apt_sources() if suite.endswith("-security")}
    if _mirror() and security:
        lines.append(f"deb {min(security)} {release}-security main")
    return "\n".join(lines) + "\n"


def _recipe_version(public_key: str) -> str:
    """Change with this file, with the key, and with what the image takes over from this machine."""
    parts = [
        Path(__file__).read_text(), public_key, registries.apt_settings(),
        registries.pip_settings(), registries.environment(), repr(registries.apt_sources()),
        *(path.read_text(errors="replace") for path in sorted(_EXTRA_AUTHORITIES.glob("*.crt"))),
    ]  # fmt: skip
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _forget_old(release: Release, but: Path) -> None:
    """Delete a release's images of former recipes, except those on which a host still stands."""
    used = "".join(path.read_text() for path in CONTAINERS.glob("*/config"))
    for image in CACHE.glob(f"{release}-*"):
        if image != but and f"{image}:" not in used:
            shutil.rmtree(image)


def _write(path: Path, content: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(mode)
