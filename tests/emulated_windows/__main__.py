"""Emulated Windows hosts on the command line: ``python -m tests.emulated_windows up|down|...``."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Annotated

import typer

from . import control, daemon, modules, powershell, shelf, wine
from .executables.building import BuildError
from .faults import FAULTS
from .places import STATE

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help=__doc__
)
Hosts = Annotated[Path, typer.Option(help="which hosts, see hosts.yml")]


@app.command()
def up(
    hosts: Hosts = daemon.HOSTS,
    tools: Annotated[
        bool, typer.Option(help="first build the tools that they install, minutes the first time")
    ] = True,
) -> None:
    """Start the emulated hosts. Those that run are left as they are."""
    if tools:
        wine.install()
        shelf.fill(STATE / "shelf", build=True)
    started = daemon.up(hosts)
    for name, host in control.ask(daemon.SOCKET, do="status")["hosts"].items():
        typer.echo(f"{name} {host['address']} {'started' if started else 'runs already'}")


@app.command()
def down(keep: Annotated[bool, typer.Option(help="keep their disks")] = False) -> None:
    """Stop the emulated hosts and forget what was done to them."""
    typer.echo("the emulated hosts are gone" if daemon.down() else "no emulated hosts ran")
    if not keep:
        shutil.rmtree(STATE, ignore_errors=True)


@app.command()
def status() -> None:
    """List the hosts with their state."""
    for name, host in control.ask(daemon.SOCKET, do="status")["hosts"].items():
        words = [f"{key}={value}" for key, value in host.items() if key != "address"]
        typer.echo(f"{name:12} {host['address']:18} {' '.join(words)}")


def _faults() -> str:
    lines = [
        f"{name:12} {fault.what}" + (f" ({fault.value}, {fault.default:g})" if fault.value else "")
        for name, fault in FAULTS.items()
    ]
    return "Let something happen to hosts.\n\n\b\n" + "\n".join(lines)


@app.command(help=_faults())
def fault(
    name: Annotated[str, typer.Argument(metavar="FAULT")],
    hosts: Annotated[list[str], typer.Argument(metavar="HOST...")],
    value: Annotated[float | None, typer.Option(help="see the list")] = None,
    when: Annotated[
        str | None, typer.Option(help="as soon as a program starts whose line holds this")
    ] = None,
    after: Annotated[float, typer.Option(help="so many seconds later")] = 0.0,
) -> None:
    """Let something happen to hosts."""
    control.ask(
        daemon.SOCKET, do="fault", fault=name, hosts=hosts, value=value, when=when, after_s=after
    )


@app.command(name="modules")
def list_modules() -> None:
    """List the modules that are emulated; every other one is refused."""
    typer.echo("\n".join(modules.emulated()))


@app.command()
def scripts(accept: Annotated[bool, typer.Option(help="accept them as they are")] = False) -> None:
    """List the PowerShell scripts of ours that are emulated, and whether they were reviewed."""
    if accept:
        powershell.accept()
    known = powershell.locked()
    for path, digest in powershell.hashes().items():
        typer.echo(f"{'ok     ' if known.get(path) == digest else 'CHANGED'} {path}")


@app.command(hidden=True)
def serve(hosts: Hosts = daemon.HOSTS) -> None:
    """Serve the hosts in this process."""
    # Every thread that is made from here on leaves the signals to the main one.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    daemon.serve(hosts)


def main() -> None:
    """Run the command line, with failures told in one sentence."""
    try:
        app()
    except (
        control.NotRunningError, control.ControlError, daemon.StartError, BuildError
    ) as error:  # fmt: skip
        typer.echo(str(error), err=True)
        raise SystemExit(1) from error


if __name__ == "__main__":
    main()
