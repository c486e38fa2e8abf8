"""Programs that the lab runs, with what they said when they fail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

# LXC and debootstrap live in sbin, which the path of a user's shell may lack.
_ENVIRONMENT = {
    **os.environ,
    "PATH": f"{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin",
    "LC_ALL": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
}


class CommandFailedError(RuntimeError):
    """A program of the lab ended with an error; the message holds the end of its output."""


def attempt(*argv: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever its exit status; output of both streams in ``stdout``."""
    return subprocess.run(
        [str(word) for word in argv], env=_ENVIRONMENT, text=True, check=False, errors="replace",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        **({"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}),
    )  # fmt: skip


def run(*argv: str | Path, stdin: str | None = None) -> str:
    """Run a program and return its output.

    Raises:
        CommandFailedError: its exit status is not 0.
    """
    done = attempt(*argv, stdin=stdin)
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-15:])
        raise CommandFailedError(f"{_shown(argv)} ended with {done.returncode}:\n{end}")
    return done.stdout


def found(name: str) -> bool:
    """Say whether a program is installed."""
    return any(
        os.access(Path(folder, name), os.X_OK)
        for folder in _ENVIRONMENT["PATH"].split(":")
        if folder
    )


def _shown(argv: Sequence[str | Path]) -> str:
    return " ".join(str(word) for word in argv)[:200]
