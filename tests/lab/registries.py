"""Which package registries this machine uses, so that the lab's hosts use the same and no others.

All of it is read from the configuration of apt, pip, Go and npm when the lab starts; nothing about
a registry is written down in this repository.
"""

from __future__ import annotations

import os
import re
import socket
import sys
from collections.abc import Iterator
from functools import cache
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlsplit

from .commands import attempt, found

_PROXIES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
_VARIABLES = (*_PROXIES, "no_proxy", "NO_PROXY", "GOPROXY", "GOSUMDB", "GONOSUMDB")


@cache
def apt_sources() -> list[tuple[str, str]]:
    """Return address and suite of each apt source of this machine, e.g. ``bookworm-security``."""
    listed = attempt("apt-get", "indextargets", "--format", "$(SITE) $(RELEASE)").stdout
    pairs = {tuple(line.split()) for line in listed.splitlines()}
    return sorted((pair[0], pair[1]) for pair in pairs if len(pair) == 2)


@cache
def apt_settings() -> str:
    """Return how this machine's apt reaches its mirrors, as a file of apt.conf."""
    wanted = re.compile(r"^Acquire::(https?|ftp|Check-|Retries|AllowRelease)[^ ]* ", re.IGNORECASE)
    dumped = attempt("apt-config", "dump").stdout.splitlines()
    return "".join(f"{line}\n" for line in dumped if wanted.match(line))


def pip_settings() -> str:
    """Return how this machine's pip reaches its index, as a file of pip.conf."""
    wanted = {"index-url", "extra-index-url", "proxy", "timeout", "default-timeout", "trusted-host"}
    settings = {
        name.rpartition(".")[2]: value
        for name, value in _pip_settings()
        if name.rpartition(".")[2] in wanted
    }
    # pip brings certificates of its own; the machine's are those that know its registries.
    settings["cert"] = "/etc/ssl/certs/ca-certificates.crt"
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in settings.items())


def environment() -> str:
    """Return what /etc/environment tells every session: proxies, and how Go finds its modules."""
    held = {name: os.environ[name] for name in _VARIABLES if os.environ.get(name)}
    return "".join(f"{name}={value}\n" for name, value in held.items())


def resolvers() -> list[IPv4Address]:
    """Return the name servers of this machine."""
    lines = Path("/etc/resolv.conf").read_text().splitlines()
    words = [line.split() for line in lines if line.startswith("nameserver")]
    return [IPv4Address(word[1]) for word in words if re.fullmatch(r"[\d.]+", word[1])]


def addresses() -> dict[str, list[IPv4Address]]:
    """Return the addresses of every registry and proxy that this machine is set up to use.

    A name that does not resolve is left out: that registry is not within reach here either.
    """
    resolved: dict[str, list[IPv4Address]] = {}
    for name in sorted(set(_names())):
        try:
            answers = socket.getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)
        except OSError:
            continue
        resolved[name] = sorted({IPv4Address(str(answer[4][0])) for answer in answers})
    return resolved


def _names() -> Iterator[str]:
    urls = [site for site, _ in apt_sources()]
    urls += [value for name, value in _pip_settings() if "index-url" in name or "proxy" in name]
    urls += _pip_default()
    urls += re.findall(r'"(https?://[^"]+)"', apt_settings())
    urls += [os.environ[name] for name in _PROXIES if os.environ.get(name)]
    if found("go"):
        configured = attempt("go", "env", "GOPROXY", "GOSUMDB").stdout
        urls += re.split(r"[,|\s]+", configured)
    if found("npm"):
        urls.append(attempt("npm", "config", "get", "registry").stdout.strip())
    for url in urls:
        name = urlsplit(url if "//" in url else f"//{url}").hostname
        if name and "." in name:
            yield name


@cache
def _pip_settings() -> list[tuple[str, str]]:
    listed = attempt(sys.executable, "-m", "pip", "config", "list").stdout.splitlines()
    pairs = [line.partition("=") for line in listed if "=" in line]
    return [(name.lstrip(":"), value.strip("'\"")) for name, _, value in pairs]


def _pip_default() -> list[str]:
    """Return the index that pip takes when none is configured, and the place of its files."""
    try:
        from pip._internal.models.index import PyPI
    except ImportError:
        return []
    return [PyPI.simple_url, PyPI.file_storage_domain]
