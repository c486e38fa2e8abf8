"""The command line: ``vttbench report | ship | import | models | runs``, one module a command.

Modules import what is heavy inside their functions, so that ``vttbench --help`` and completion
answer at once.
"""

from __future__ import annotations

from importlib import import_module

import typer

app = typer.Typer(
    name="vttbench",
    help="Comparable, trustworthy benchmark results of a fleet: look at them, ship them, add to them.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_show_locals=False,  # locals may hold credentials
)

# Each of these modules has a function register(app) that adds its command or group of commands.
_COMMANDS: tuple[str, ...] = ("toolchain",)

for _name in _COMMANDS:
    import_module(f"vttbench.cli.{_name}").register(app)


def main() -> None:
    """Run the command line; what users did wrong ends in one line, not in a traceback."""
    app()
