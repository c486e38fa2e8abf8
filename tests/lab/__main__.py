"""The lab on the command line: ``python -m tests.lab up|down|status|reset|ssh [HOST…]``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from . import network
from .base_image import USER
from .commands import CommandFailedError
from .guest import BootFailedError, Guest
from .hosts import Host, declared
from .obstacles import LabImpossibleError, require
from .places import CONTAINERS, KEY

IMPOSSIBLE = 3
"""Exit status where the lab cannot run; 1 is a failure, 2 a mistake on the command line."""

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)
Names = Annotated[list[str] | None, typer.Argument(metavar="[HOST]...", show_default=False)]


@app.command()
def up(names: Names = None) -> None:
    """Start hosts (without a name: the fleet). Those that run are left as they are."""
    hosts = _select(names or declared().fleet)
    require()
    reachable = network.up()
    for host in hosts:
        started = Guest(host).up(reachable)
        typer.echo(f"{host.name} {host.address} {'started' if started else 'runs already'}")


@app.command()
def reset(names: Annotated[list[str], typer.Argument(metavar="HOST...")]) -> None:
    """Make hosts as new: forget what was done to them and boot them again."""
    hosts = _select(names)
    require()
    reachable = network.up()
    for host in hosts:
        Guest(host).reset(reachable)
        typer.echo(f"{host.name} {host.address} is fresh")


@app.command()
def down(names: Names = None) -> None:
    """Stop and forget hosts (without a name: all), and the network with the last of them."""
    for host in _select(names or list(declared().hosts)):
        if Guest(host).down():
            typer.echo(f"{host.name} is gone")
    if network.down_if_unused():
        typer.echo("the lab's network is gone")


@app.command()
def status(names: Names = None) -> None:
    """List hosts with their state (without a name: those that exist)."""
    existing = [name for name in declared().hosts if (CONTAINERS / name).exists()]
    for host in _select(names or existing):
        typer.echo(f"{host.name:18} {host.address!s:12} {host.release:9} {Guest(host).state}")


@app.command(context_settings={"ignore_unknown_options": True})
def ssh(
    name: Annotated[str, typer.Argument(metavar="HOST")],
    command: Annotated[list[str] | None, typer.Argument(metavar="[COMMAND]...")] = None,
    user: Annotated[str, typer.Option(help=f"root, or {USER}, who has sudo")] = "root",
) -> None:
    """Open a shell on a host, or run a command there."""
    (host,) = _select([name])
    argv = [
        "ssh", "-i", str(KEY), "-o", "StrictHostKeyChecking=no",
        "-o", "UserKnownHostsFile=/dev/null",
        "-o", "LogLevel=ERROR", f"{user}@{host.address}", *(command or []),
    ]  # fmt: skip
    os.execvp(argv[0], argv)


def _select(names: list[str]) -> list[Host]:
    try:
        return declared().select(names)
    except KeyError as error:
        raise typer.BadParameter(str(error.args[0])) from error


def main() -> None:
    """Run the command line, with failures told in one sentence."""
    try:
        app()
    except LabImpossibleError as reason:
        typer.echo(f"The lab cannot run here: {reason}", err=True)
        raise SystemExit(IMPOSSIBLE) from reason
    except (BootFailedError, CommandFailedError) as error:
        typer.echo(f"The lab failed: {error}", err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
