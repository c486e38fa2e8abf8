"""fio for Windows, cross-compiled from Debian's own source package."""

from __future__ import annotations

from pathlib import Path

from tests.lab.registries import apt_sources

from .building import BuildError, Recipe, run

_VERSION = "3.33"
_PREFIX = "x86_64-w64-mingw32-"


def _source(work: Path) -> Path:
    """Fetch the source package with apt, from where this machine has its packages.

    The machine's own list of packages stays as it is: apt gets folders of its own.
    """
    lists = work / "lists"
    (lists / "partial").mkdir(parents=True)
    sources = work / "sources.list"
    sources.write_text(f"deb-src [signed-by={_keyring()}] {_mirror()} bookworm main\n")
    apt = [
        "apt-get", "-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null",
        "-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root",
    ]  # fmt: skip
    run([*apt, "update", "-qq"], work)
    run([*apt, "source", "--download-only", f"fio={_VERSION}-3"], work)
    tarball = work / f"fio_{_VERSION}.orig.tar.gz"
    if not tarball.exists():
        raise BuildError(
            f"apt brought {sorted(path.name for path in work.iterdir())} and no {tarball.name}"
        )
    run(["tar", "-xf", tarball], work)
    return next(path for path in work.iterdir() if (path / "configure").exists())


def _keyring() -> str:
    return "/usr/share/keyrings/debian-archive-keyring.gpg"


def _mirror() -> str:
    """Debian's mirror as this machine's apt knows it."""
    for site, _ in apt_sources():
        if site.rstrip("/").endswith("/debian"):
            return site
    raise BuildError("apt knows no mirror of Debian, from which fio's source comes")


def _build(work: Path) -> Path:
    source = _source(work)
    run(
        ["./configure", f"--cc={_PREFIX}gcc-posix", "--disable-native"],
        source,
        CROSS_COMPILE=_PREFIX,
    )
    run(["make", f"CROSS_COMPILE={_PREFIX}", "-j2", "fio"], source)
    return source / "fio.exe"


FIO = Recipe(
    "fio", _VERSION, "fio.exe",
    {f"{_PREFIX}gcc-posix": "gcc-mingw-w64-x86-64-posix", "make": "make"},
    _build,
)  # fmt: skip
