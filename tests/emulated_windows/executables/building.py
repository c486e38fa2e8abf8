"""What all recipes share: a place keyed by version, programs that may have to be installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from tests import distribution

from ..places import CACHE

NICE = ("nice", "-n", "15")


class BuildError(RuntimeError):
    """An executable can't be had here; the message says why."""


@dataclass(frozen=True)
class Recipe:
    """How one executable is made.

    Attributes:
        version: as the executable itself says it.
        file: name of the executable.
        packages: program that must be there -> Debian's package that brings it.
        build: makes the executable in an empty folder and returns its path.
    """

    name: str
    version: str
    file: str
    packages: Mapping[str, str]
    build: Callable[[Path], Path]

    @property
    def path(self) -> Path:
        """Where the executable is, once it was built."""
        return CACHE / f"{self.name}-{self.version}" / self.file

    def get(self) -> Path:
        """Return the executable, built where it isn't yet.

        Raises:
            BuildError: it can't be built here.
        """
        CACHE.mkdir(parents=True, exist_ok=True)
        with FileLock(CACHE / f"{self.name}.lock"):
            if not self.path.exists():
                need(self.packages)
                work = CACHE / f"{self.name}-{self.version}.build"
                shutil.rmtree(work, ignore_errors=True)
                work.mkdir()
                made = self.build(work)
                self.path.parent.mkdir(exist_ok=True)
                made.replace(self.path)
                shutil.rmtree(work)
        return self.path


def run(argv: Sequence[str | Path], cwd: Path, **environment: str) -> str:
    """Run a step of a build with low priority and return what it printed.

    Raises:
        BuildError: it failed; the message ends with what it said last.
    """
    done = subprocess.run(
        [*NICE, *map(str, argv)], cwd=cwd, env=os.environ | environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-15:])
        raise BuildError(f"{' '.join(map(str, argv))} failed:\n{last}")
    return done.stdout


def need(packages: Mapping[str, str]) -> None:
    """Make sure that programs are there, installing Debian's packages as root.

    Raises:
        BuildError: they are not, and can't be installed.
    """
    try:
        distribution.install(packages)
    except distribution.MissingError as error:
        raise BuildError(str(error)) from error
