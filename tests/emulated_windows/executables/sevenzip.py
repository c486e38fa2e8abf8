"""7-Zip for Windows, as the npm package ``7zip-bin`` carries it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

import httpx

from .building import BuildError, Recipe

_PACKAGE = "7zip-bin-5.2.0.tgz"
_SHA256 = "04f9738ee00be8be53f5d06254a9e6e4b5117b17f8b74058477d870e62764a7d"
_REGISTRY = "https://registry.npmjs.org/"


def _registry() -> str:
    """The registry that npm would ask, so that it works behind a mirror."""
    if shutil.which("npm") is None:
        return _REGISTRY
    done = subprocess.run(
        ["npm", "config", "get", "registry"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or _REGISTRY


def _build(work: Path) -> Path:
    url = f"{_registry().rstrip('/')}/7zip-bin/-/{_PACKAGE}"
    try:
        content = httpx.get(url, follow_redirects=True, timeout=120).raise_for_status().content
    except httpx.HTTPError as error:
        raise BuildError(f"{url}: {error}") from error
    if (found := hashlib.sha256(content).hexdigest()) != _SHA256:
        raise BuildError(f"{url}: SHA-256 {found} instead of {_SHA256}")
    archive = work / _PACKAGE
    archive.write_bytes(content)
    with tarfile.open(archive) as packed:
        packed.extract("package/win/x64/7za.exe", work, filter="data")
    return work / "package/win/x64/7za.exe"


SEVENZIP = Recipe("sevenzip", "21.07", "7za.exe", {}, _build)
