"""7-Zip for Windows, as the npm package ``7zip-bin`` carries it."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

from .building import BuildError, Recipe, run

_PACKAGE = "7zip-bin"
_VERSION = "5.2.0"
_SHA256 = "04f9738ee00be8be53f5d06254a9e6e4b5117b17f8b74058477d870e62764a7d"


def _build(work: Path) -> Path:
    # npm knows which registry this machine is to ask.
    run(["npm", "pack", "--silent", f"{_PACKAGE}@{_VERSION}"], work)
    archive = work / f"{_PACKAGE}-{_VERSION}.tgz"
    if (found := hashlib.sha256(archive.read_bytes()).hexdigest()) != _SHA256:
        raise BuildError(f"{archive.name}: SHA-256 {found} instead of {_SHA256}")
    with tarfile.open(archive) as packed:
        packed.extract("package/win/x64/7za.exe", work, filter="data")
    return work / "package/win/x64/7za.exe"


SEVENZIP = Recipe("sevenzip", "21.07", "7za.exe", {"npm": "npm"}, _build)
