"""Who we are to which server.

In this order: MLflow's own variables in the environment; ``logins.ini``, which knows each server by
its address and so tells no server another one's password; ``~/.mlflow/credentials``, which MLflow's
own client reads too. Standard library only.
"""

from __future__ import annotations

import configparser
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from vttbench.tracking.errors import AccessError

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Login:
    """What a server is told, and by which authority its certificate has to be.

    Attributes:
        username: for basic authentication; None for none.
        password: of that user.
        token: bearer token, where there is no user name.
        ca_file: file with the authority's certificate; None for the system's.
        source: where user name and password come from, in words for people.
    """

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    ca_file: str | None = None
    source: str | None = None

    @property
    def basic(self) -> tuple[str, str] | None:
        """User name and password, where there are both."""
        return (self.username, self.password) if self.username and self.password else None


def logins_file(environ: Mapping[str, str], home: Path) -> Path:
    """Return the file with a section for each server.

    Args:
        environ: ``VTTBENCH_LOGINS`` names another file, ``XDG_CONFIG_HOME`` another folder.
        home: of the user.
    """
    if named := environ.get("VTTBENCH_LOGINS"):
        return Path(named).expanduser()
    folder = environ.get("XDG_CONFIG_HOME")
    return (Path(folder) if folder else home / ".config") / "vttbench" / "logins.ini"


def login_for(uri: str, environ: Mapping[str, str], home: Path) -> Login:
    """Return who we are to a server.

    Args:
        uri: tracking URI of the server; what stands before an ``@`` in it is left to the caller.
        environ: the environment.
        home: of the user.

    Raises:
        AccessError: a file with passwords can't be read, or others can read it.
    """
    section, file = _section(uri, logins_file(environ, home))
    ca_file = environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or section.get("ca") or None
    username = environ.get("MLFLOW_TRACKING_USERNAME")
    password = environ.get("MLFLOW_TRACKING_PASSWORD")
    token = environ.get("MLFLOW_TRACKING_TOKEN")
    if username and password:
        return Login(username, password, None, ca_file, "MLFLOW_TRACKING_USERNAME")
    if token:
        return Login(token=token, ca_file=ca_file, source="MLFLOW_TRACKING_TOKEN")
    if "@" in urlsplit(uri).netloc:
        return Login(ca_file=ca_file, source="the tracking URI")
    if section.get("username") and section.get("password"):
        return Login(section["username"], section["password"], None, ca_file, str(file))
    file = home / ".mlflow" / "credentials"
    shared = _read_mlflows(file).get("mlflow", {})
    username = shared.get("mlflow_tracking_username")
    password = shared.get("mlflow_tracking_password")
    if username and password:
        return Login(username, password, None, ca_file, str(file))
    return Login(ca_file=ca_file)


def _section(uri: str, file: Path) -> tuple[Mapping[str, str], Path]:
    wanted = _origin(uri)
    for name, values in _read_ours(file).items():
        if _origin(name) == wanted:
            return values, file
    return {}, file


def _origin(uri: str) -> tuple[str, str, int]:
    """Return scheme, host and port; a password is for all of a server."""
    parts = urlsplit(uri)
    try:
        port = parts.port
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port or _PORTS.get(parts.scheme, 0)


def _read_ours(file: Path) -> Mapping[str, Mapping[str, str]]:
    text = _text(file)
    if text and os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise AccessError(f"Others can read the passwords in {file}: chmod 600 {file}")
    return _parsed(file, text, configparser.RawConfigParser())


def _read_mlflows(file: Path) -> Mapping[str, Mapping[str, str]]:
    # MLflow reads it so that a percent sign has to be written twice.
    return _parsed(file, _text(file), configparser.ConfigParser())


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise AccessError(f"{file} can't be read: {error}") from error


def _parsed(
    file: Path, text: str, parser: configparser.RawConfigParser
) -> Mapping[str, Mapping[str, str]]:
    try:
        parser.read_string(text)
        return {name: dict(parser[name]) for name in parser.sections()}
    except configparser.Error as error:
        # Not its own words: they repeat the line, and with it perhaps a password.
        raise AccessError(f"{file} is no INI file ({type(error).__name__}).") from None
