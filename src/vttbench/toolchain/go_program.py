"""Programs that are built from a pinned Go module on the controller: once, for all hosts."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from filelock import FileLock

from vttbench.toolchain.go_compiler import GoCompiler, ask_go, find_go
from vttbench.toolchain.pins import GoProgramPin

DEFAULT_CACHE = Path("~/.cache/vttbench")

_TIME_LIMIT_S = 3600
"""A build takes minutes; one that takes an hour hangs on a download."""


class BuildError(RuntimeError):
    """The program could not be built, or is not what was pinned."""


@dataclass(frozen=True)
class BuiltProgram:
    """A program and where it comes from; kept as JSON beside it.

    Attributes:
        name: of the program.
        package: import path that was built.
        version: of the module, as the program itself carries it.
        commit: upstream commit, or the tag.
        go: version of the compiler.
        arch: processor that it is for, as Go names it.
        size: bytes.
        sha256: of the program, in hex.
        path: where it is on this machine.
    """

    name: str
    package: str
    version: str
    commit: str
    go: str
    arch: str
    size: int
    sha256: str
    path: str


def choose(pin: GoProgramPin, wanted: str) -> GoProgramPin:
    """Return the pin, or one for another version of the same module.

    Args:
        pin: what is pinned.
        wanted: the pinned commit or version, or that of another: a tag, a commit, or Go's
            pseudo-version ``v0.0.0-<time>-<commit>`` (not every module proxy knows bare commits).
    """
    if wanted in ("", pin.commit, pin.version):
        return pin
    commit = re.sub(r"^v0\.0\.0-(?:0\.)?\d{14}-", "", wanted)
    return replace(pin, version=wanted, commit=commit, module_sum="")


def build_program(pin: GoProgramPin, cache: Path = DEFAULT_CACHE, arch: str = "") -> BuiltProgram:
    """Build a program for Linux unless it is in the cache already.

    Go's own settings count (``GOPROXY``, ``GOFLAGS``, ``GOSUMDB`` …), whether they stand in the
    environment or were set by ``go env -w``. Processes that ask at the same moment wait for the
    first one.

    Args:
        pin: what to build.
        cache: folder on this machine; ``~`` is expanded.
        arch: processor, as Go names it: ``amd64``, ``arm64``. Default is this machine's.

    Raises:
        BuildError: it could not be built; says what Go said and where it looked for modules.
        GoCompilerError: there is no Go compiler that fits.
        PipSettingsError: pip could not be asked where packages are.
        DownloadError: a Go compiler could not be had.
    """
    cache = cache.expanduser().absolute()
    folder = cache / pin.name / pin.commit
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / pin.name / ".lock"):
        arch = arch or _own_arch()
        program = folder / f"linux-{arch}" / pin.name
        known = _known(program)
        if known is None:
            with FileLock(cache / "go.lock"):
                go = find_go(pin.needs_go, cache)
            known = _build(pin, program, arch, go)
    return known


def _own_arch() -> str:
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    machine = os.uname().machine
    return names.get(machine, machine)


def _record_of(program: Path) -> Path:
    return program.with_name(f"{program.name}.json")


def _known(program: Path) -> BuiltProgram | None:
    """Return what is in the cache, unless it is incomplete or was changed."""
    try:
        known = BuiltProgram(**json.loads(_record_of(program).read_text()))
        if _sha256_of(program) == known.sha256:
            return replace(known, path=str(program))
    except (OSError, ValueError, TypeError):
        pass
    return None


def _build(pin: GoProgramPin, program: Path, arch: str, go: GoCompiler) -> BuiltProgram:
    program.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=program.parent, prefix=".build-") as scratch:
        _install(pin, arch, go, Path(scratch))
        found = [path for path in Path(scratch, "bin").rglob(pin.name) if path.is_file()]
        if not found:
            raise BuildError(f"go install {pin.package}@{pin.version} left no program")
        version = _insist(pin, found[0], go)
        built = BuiltProgram(
            name=pin.name,
            package=pin.package,
            version=version,
            commit=pin.commit,
            go=go.version,
            arch=arch,
            size=found[0].stat().st_size,
            sha256=_sha256_of(found[0]),
            path=str(program),
        )
        record = Path(scratch, "record.json")
        record.write_text(json.dumps(asdict(built), indent=2) + "\n")
        # The record last: what has no record is built again.
        found[0].replace(program)
        record.replace(_record_of(program))
    return built


def _install(pin: GoProgramPin, arch: str, go: GoCompiler, scratch: Path) -> None:
    settings = ask_go(go, "GOMODCACHE", "GOHOSTOS", "GOHOSTARCH", "GOPROXY")
    environment = os.environ | {
        "CGO_ENABLED": "0",  # one program for every Debian and Ubuntu, whatever their libc
        "GOTOOLCHAIN": "local",
        "GOOS": "linux",
        "GOARCH": arch,
        "GOPATH": str(scratch),
        "GOMODCACHE": settings["GOMODCACHE"],
    }
    # Go refuses GOBIN for another platform's programs, and needs it against one of the user's.
    environment.pop("GOBIN", None)
    if (settings["GOHOSTOS"], settings["GOHOSTARCH"]) == ("linux", arch):
        environment["GOBIN"] = str(scratch / "bin")
    if go.fetched:  # nobody who has no Go wants its caches: 3 GB that are needed once
        environment["GOMODCACHE"] = str(scratch / "modules")
        environment["GOCACHE"] = str(scratch / "cache")
    command = [str(go.path), "install", "-trimpath", "-modcacherw", "-ldflags=-s -w"]
    try:
        done = subprocess.run(
            [*command, f"{pin.package}@{pin.version}"],
            cwd=scratch,  # not in somebody's module
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TIME_LIMIT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BuildError(
            f"{pin.name} {pin.version} was not built within {_TIME_LIMIT_S} s"
        ) from error
    if done.returncode != 0:
        raise BuildError(_explanation(pin, go, done.stderr, settings["GOPROXY"]))


def _explanation(pin: GoProgramPin, go: GoCompiler, said: str, proxy: str) -> str:
    lines = [
        line.strip()
        for line in said.splitlines()
        if line.strip() and not line.startswith(("go: downloading", "go: finding"))
    ]
    tail = " / ".join(lines[-3:]) or "nothing"
    message = (
        f"{pin.package}@{pin.version} could not be built with Go {go.version}. Go said: {tail}. "
        f"It takes modules from GOPROXY={proxy}; where that can't be reached, "
        "name a module proxy that can (go env -w GOPROXY=https://...)"
    )
    return re.sub(r"//[^/@,|\s]*@", "//", message)  # without anybody's password


def _insist(pin: GoProgramPin, program: Path, go: GoCompiler) -> str:
    """Return the module's version that a program carries; it must be the pinned content."""
    done = subprocess.run(
        [go.path, "version", "-m", program], capture_output=True, text=True, check=False
    )
    for line in done.stdout.splitlines():
        match line.split():
            case ["mod", _, version, module_sum] if pin.module_sum in ("", module_sum):
                return version
            case ["mod", module, version, module_sum]:
                raise BuildError(
                    f"{module} {version} has the content {module_sum}, not {pin.module_sum}"
                )
    raise BuildError(f"{program.name} does not say which module it was built from")


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
