"""The command line: ``vttbench report | ship | import | models | runs``, one module a command.

Modules import what is heavy inside their functions, so that ``vttbench --help`` and completion
answer at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, NoReturn

import typer

from vttbench import __version__
from vttbench.cli.errors import UserError
from vttbench.result import ResultError
from vttbench.store import StoreError

_HELP = """
Comparable, trustworthy benchmark results of a fleet: look at them, ship them, add to them.

Start with `vttbench report`; each command explains itself with `--help` and examples.
Completion for your shell: `vttbench --install-completion`.
"""

app = typer.Typer(
    name="vttbench",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals may hold credentials
)

# Each of these modules has a function register(app) that adds its command or group of commands.
_COMMANDS: tuple[str, ...] = (
    "dashboard",
    "demo_data",
    "import_",
    "models",
    "report",
    "runs",
    "ship",
    "toolchain",
)

for _name in _COMMANDS:
    import_module(f"vttbench.cli.{_name}").register(app)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"vttbench {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Take what stands before the command."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line; what users did wrong ends in one line, not in a traceback.

    Args:
        arguments: words after the program's name; default is the command line.
    """
    try:
        app(None if arguments is None else list(arguments))
    except UserError as error:
        _fail(error, error.status)
    except (ResultError, StoreError) as error:
        _fail(error, 1)
    sys.exit(0)


def _fail(error: Exception, status: int) -> NoReturn:
    typer.echo(f"vttbench: {error}", err=True)
    sys.exit(status)
