"""Download one file of a Python package by its hash, without running any of its code.

``pip download`` of a source distribution runs the package's build backend to learn its metadata,
which takes half a minute, needs the build requirements, and executes code that nobody asked for.
The protocol behind it is two requests: a list of files (PEP 503 and PEP 691) and the file.
"""

from __future__ import annotations

import hashlib
import os
import ssl
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import httpx

from vttbench.toolchain.pip_settings import PipSettings

_ACCEPT = (
    "application/vnd.pypi.simple.v1+json, "
    "application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
)
_ATTEMPTS = 3


class DownloadError(RuntimeError):
    """The file could not be had, or is not the one that was asked for."""


def fetch(project: str, filename: str, sha256: str, target: Path, settings: PipSettings) -> Path:
    """Bring a file of a package to the place where it is wanted.

    A file that is already there with the right content is left alone, so that it can also be put
    there by hand where no index can be reached.

    Args:
        project: normalized name of the package, e.g. ``llama-cpp-python``.
        filename: e.g. ``llama_cpp_python-0.3.36.tar.gz``.
        sha256: what the content must hash to, in hex.
        target: where the file shall be; its folder is made.
        settings: where to look.

    Returns:
        ``target``.

    Raises:
        DownloadError: nobody has it, or what came has another hash. Says what was tried and where
            to put the file by hand.
    """
    if target.is_file() and _sha256_of(target) == sha256:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    tried = []
    for place in _places(filename, settings):
        if _sha256_of(place) == sha256:
            _replace(target, _chunks_of(place), sha256, str(place))
            return target
        tried.append(f"{place}: other content")
    for index in settings.indexes:
        try:
            return _from_index(index, project, filename, sha256, target, settings)
        except (httpx.HTTPError, DownloadError) as error:
            tried.append(f"{_without_password(index)}: {error or type(error).__name__}")
    reasons = "; ".join(tried) or "pip is configured to use no index"
    raise DownloadError(
        f"{filename} could not be downloaded ({reasons}). Where there is no way to it, put a file "
        f"of that name with SHA-256 {sha256} at {target}"
    )


def _from_index(
    index: str, project: str, filename: str, sha256: str, target: Path, settings: PipSettings
) -> Path:
    page_url = f"{index.rstrip('/')}/{project}/"
    with _client(page_url, settings) as client:
        page = client.get(page_url, headers={"Accept": _ACCEPT})
        page.raise_for_status()
        link = _links(page).get(filename)
    if link is None:
        raise DownloadError(f"does not list {filename}")
    file_url = str(page.url.join(link))
    with _client(file_url, settings) as client:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with client.stream("GET", file_url) as answer:
                    answer.raise_for_status()
                    _replace(target, answer.iter_raw(), sha256, urlsplit(file_url).hostname or "")
            except httpx.TransportError:
                if attempt == _ATTEMPTS:
                    raise
            else:
                break
    return target


def _client(url: str, settings: PipSettings) -> httpx.Client:
    parts = urlsplit(url)
    trusted = {parts.hostname, parts.netloc.rpartition("@")[2]} & set(settings.trusted_hosts)
    verify: ssl.SSLContext | bool = True
    if trusted:
        verify = False
    elif settings.cert:
        verify = ssl.create_default_context(cafile=settings.cert)
    return httpx.Client(
        verify=verify, proxy=settings.proxy, timeout=settings.timeout_s, follow_redirects=True
    )


def _links(page: httpx.Response) -> dict[str, str]:
    """Return address by file name, from either form of an index page."""
    if page.headers.get("content-type", "").startswith("application/vnd.pypi.simple.v1+json"):
        return {file["filename"]: file["url"] for file in page.json()["files"]}
    anchors = _Anchors()
    anchors.feed(page.text)
    return {unquote(urlsplit(link).path.rpartition("/")[2]): link for link in anchors.links}


class _Anchors(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        link = dict(attrs).get("href")
        if tag == "a" and link:
            self.links.append(urldefrag(link).url)


def _places(filename: str, settings: PipSettings) -> Iterator[Path]:
    for place in settings.find_links:
        parts = urlsplit(place)
        if parts.scheme in ("", "file"):
            path = Path(unquote(parts.path)) / filename
            if path.is_file():
                yield path


def _replace(target: Path, chunks: Iterator[bytes], sha256: str, origin: str) -> None:
    """Write the content beside the target and move it there only if it is the right one."""
    digest = hashlib.sha256()
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                digest.update(chunk)
                file.write(chunk)
        _insist(target.name, origin, digest.hexdigest(), sha256)
        partial.chmod(0o644)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _insist(name: str, origin: str, actual: str, wanted: str) -> None:
    if actual != wanted:
        raise DownloadError(f"what {origin} has as {name} has SHA-256 {actual}, not {wanted}")


def _chunks_of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            yield chunk


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
