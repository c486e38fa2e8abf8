"""Copies off the host, by rsync: into a folder such as a mounted share, or over SSH.

Nothing is ever deleted there: a host that lost its backups must not take the copies with it.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence

from vttbench.backup import manifest
from vttbench.backup.errors import BackupError
from vttbench.backup.repository import NAME, Repository
from vttbench.backup.settings import Target

_COPY = ("rsync", "--archive", "--no-owner", "--no-group", "--exclude=.partial-*", "--timeout=300")


class Copies:
    """The copies at one target."""

    def __init__(self, target: Target) -> None:
        self._root = target.destination.rstrip("/")
        self._ssh = _ssh(target) if ":" in self._root else []

    def send(self, repository: Repository) -> None:
        """Copy what the target lacks: objects first, so that each backup there is whole."""
        # --mkpath: the target may be a folder that is not there yet.
        self._rsync(
            "--mkpath", "--ignore-existing", f"{repository.objects}/", f"{self._root}/objects/"
        )
        self._rsync(
            "--mkpath", "--ignore-existing", f"{repository.backups}/", f"{self._root}/backups/"
        )

    def names(self) -> list[str]:
        """Return the backups at the target, oldest first."""
        listed = self._rsync("--list-only", f"{self._root}/backups/")
        words = (line.split()[-1] for line in listed.splitlines() if line.startswith("d"))
        return sorted(word for word in words if NAME.fullmatch(word))

    def fetch(self, repository: Repository, name: str = "") -> str:
        """Bring a backup and its objects into the repository; the newest if none is named.

        Returns:
            Its name.
        """
        names = self.names()
        name = name or (names[-1] if names else "")
        if name not in names:
            there = ", ".join(names) or "none"
            raise BackupError(f"{self._root}: no backup {name}; there are {there}")
        if name in repository.names():
            return name
        folder = repository.begin(name)
        self._rsync(f"{self._root}/backups/{name}/", f"{folder}/")
        if (folder / manifest.INDEX).is_file():
            wanted = {
                f"{item.sha256[:2]}/{item.sha256}"
                for item in manifest.read_index(folder)
                if not repository.has(item.sha256, item.size)
            }
            self._fetch_objects(wanted, repository)
        repository.complete(folder)
        return name

    def _fetch_objects(self, wanted: set[str], repository: Repository) -> None:
        with tempfile.NamedTemporaryFile("w", encoding="ascii", suffix=".list") as file:
            file.writelines(f"{path}\n" for path in sorted(wanted))
            file.flush()
            self._rsync(
                f"--files-from={file.name}", f"{self._root}/objects/", f"{repository.objects}/"
            )

    def _rsync(self, *arguments: str) -> str:
        argv = [*_COPY, *self._ssh, *arguments]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        except OSError as error:
            raise BackupError(f"rsync: {error.strerror}") from error
        if done.returncode:
            raise BackupError(f"copy to {self._root}: {_reason(done.stderr)}")
        return done.stdout


def _ssh(target: Target) -> Sequence[str]:
    words = [
        "ssh", "-o BatchMode=yes", "-o ConnectTimeout=15", "-o StrictHostKeyChecking=yes",
        f"-o UserKnownHostsFile={target.known_hosts}", "-o IdentitiesOnly=yes",
        f"-i {target.identity}",
    ]  # fmt: skip
    return [f"--rsh={' '.join(words)}"]


def _reason(message: str) -> str:
    # rsync's last line is always the same; what went wrong stands before it.
    lines = [line for line in message.strip().splitlines() if not line.startswith("rsync error")]
    return lines[-1] if lines else message.strip() or "no reason given"
