"""The llama.cpp source tree that the role ``benchmark_llama`` builds on each host."""

from __future__ import annotations

import copy
import gzip
import tarfile
from pathlib import Path, PurePosixPath

from filelock import FileLock

from vttbench.toolchain.package_index import fetch
from vttbench.toolchain.pins import LLAMA, LlamaPin
from vttbench.toolchain.pip_settings import ask_pip

DEFAULT_CACHE = Path("~/.cache/vttbench/sources")

_TREE = "vendor/llama.cpp"
_COMMIT_RECORD = ".git/modules/vendor/llama.cpp/HEAD"
# Vocabularies, documents and pictures: 125 of 176 MB, and no target that we build reads them.
_LEFT_OUT = frozenset({
    ".devops", ".gemini", ".git", ".github", ".pi",
    "benches", "docs", "examples", "media", "models", "pocs", "skills", "tests",
})  # fmt: skip


class SourceError(RuntimeError):
    """The distribution does not hold the source tree that was pinned."""


def fetch_llama_source(cache: Path = DEFAULT_CACHE, pin: LlamaPin = LLAMA) -> Path:
    """Fetch the pinned llama.cpp unless it is in the cache already.

    Processes that ask at the same moment wait for the first one.

    Args:
        cache: folder on the controller; ``~`` is expanded.
        pin: which one.

    Returns:
        A tarball ``llama.cpp-<version>.tar.gz`` that holds one folder of that name.

    Raises:
        PipSettingsError: pip could not be asked where packages are.
        DownloadError: the distribution could not be had.
        SourceError: the distribution holds another tree than the pinned one.
    """
    cache = cache.expanduser().absolute()
    cache.mkdir(parents=True, exist_ok=True)
    # The content's hash is part of the path, so a pin that changes never finds the older tree.
    tarball = cache / pin.sha256[:12] / f"llama.cpp-{pin.version}.tar.gz"
    with FileLock(cache / "llama.cpp.lock"):
        if not tarball.exists():
            distribution = fetch(
                "llama-cpp-python",
                pin.distribution_file,
                pin.sha256,
                cache / pin.distribution_file,
                ask_pip(),
            )
            tarball.parent.mkdir(exist_ok=True)
            _repack(distribution, tarball, pin)
            distribution.unlink()  # seven times the size of what is needed of it
    return tarball


def _repack(distribution: Path, tarball: Path, pin: LlamaPin) -> None:
    """Copy the tree out of the distribution; equal input gives an equal tarball."""
    partial = tarball.with_name(f".{tarball.name}.partial")
    commit = None
    files = 0
    try:
        with (
            tarfile.open(distribution, "r:gz") as source,
            partial.open("wb") as file,
            gzip.GzipFile("", mode="wb", compresslevel=6, fileobj=file, mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w") as target,
        ):
            for member in source:
                name = "/".join(PurePosixPath(member.name).parts[1:])
                if name == _COMMIT_RECORD:
                    commit = _text(source, member)
                elif member.isfile() and (kept := _kept(name)) is not None:
                    _copy(source, member, target, f"llama.cpp-{pin.version}/{kept}")
                    files += 1
        _insist(distribution, pin, commit, files)
        partial.replace(tarball)
    finally:
        partial.unlink(missing_ok=True)


def _insist(distribution: Path, pin: LlamaPin, commit: str | None, files: int) -> None:
    if commit != pin.commit:
        raise SourceError(f"{distribution} holds llama.cpp {commit}, not {pin.commit}")
    if not files:
        raise SourceError(f"{distribution} holds no {_TREE}")


def _kept(name: str) -> str | None:
    """Return a file's path below the tree, or None if it isn't wanted."""
    if not name.startswith(f"{_TREE}/") or ".." in name.split("/"):
        return None
    below = name.removeprefix(f"{_TREE}/")
    return None if below.split("/")[0] in _LEFT_OUT else below


def _copy(
    source: tarfile.TarFile, member: tarfile.TarInfo, target: tarfile.TarFile, name: str
) -> None:
    info = copy.copy(member)
    info.name = name
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o755 if member.mode & 0o100 else 0o644
    info.pax_headers = {}
    target.addfile(info, source.extractfile(member))


def _text(source: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    file = source.extractfile(member)
    return file.read().decode("ascii", "replace").strip() if file else ""
