"""What the role wrote to ``/etc/vttbench/backup/backup.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vttbench.backup.errors import BackupError
from vttbench.backup.retention import Retention

# Names with "=" would be read as connection strings by PostgreSQL's programs.
_DATABASE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True)
class DatabaseServer:
    """Where the databases are.

    Attributes:
        host: name or address.
        port: TCP port.
        user: role that owns the databases.
        names: databases to back up.
        password_file: file in the format of ``~/.pgpass``, mode 0600.
        ca: certificate of the authority that signed the server's; empty asks for no TLS.
    """

    host: str
    port: int
    user: str
    names: tuple[str, ...]
    password_file: str
    ca: str = ""


@dataclass(frozen=True)
class BucketAccess:
    """Where the artifacts are, and the key to them."""

    endpoint: str
    name: str
    access_key: str
    secret_key: str
    region: str = "us-east-1"
    ca: str = ""


@dataclass(frozen=True)
class Target:
    """Where copies go, off the host: ``user@host:/path``, or a folder such as a mounted share."""

    destination: str
    identity: str = ""
    known_hosts: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything a run needs to know.

    Attributes:
        directory: folder of all backups.
        database: None where no database is backed up.
        bucket: None where no bucket is backed up.
        target: None where no copy leaves the host.
        retention: how many backups stay.
        verify_days: days after which every object is read again and compared with its checksum.
        sqlite_files: SQLite files of services on this host.
    """

    directory: Path
    database: DatabaseServer | None
    bucket: BucketAccess | None
    target: Target | None
    retention: Retention
    verify_days: int = 7
    sqlite_files: tuple[str, ...] = ()


def load(path: Path) -> Settings:
    """Read the file.

    Raises:
        BackupError: it is missing, no TOML, or lacks something.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return _settings(content)
    except OSError as error:
        raise BackupError(f"settings {path}: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BackupError(f"settings {path}: not TOML ({error})") from error
    except (KeyError, TypeError, ValueError) as error:
        raise BackupError(
            f"settings {path}: {error} is missing or not what it should be"
        ) from error


def _settings(content: Mapping[str, Any]) -> Settings:
    return Settings(
        directory=Path(content["directory"]),
        database=_database(content["database"]) if "database" in content else None,
        bucket=BucketAccess(**content["bucket"]) if "bucket" in content else None,
        target=Target(**content["target"]) if "target" in content else None,
        retention=Retention(**content["retention"]),
        verify_days=int(content["verify_days"]),
        sqlite_files=tuple(map(str, content.get("sqlite_files", []))),
    )


def _database(content: Mapping[str, Any]) -> DatabaseServer:
    names = tuple(content["names"])
    for name in names:
        if not _DATABASE_NAME.fullmatch(name):
            raise ValueError(f"database name {name!r}")
    return DatabaseServer(**{**content, "names": names})
