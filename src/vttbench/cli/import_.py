"""``vttbench import``: results of the team's earlier scripts."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

_HELP = """
Import results that the earlier scripts wrote.

- `vttbench import old/zbook-01/2025-10-03.json`
- `vttbench import old/ --host zbook-01`: every `*.json` below a folder, all of one host
- `vttbench import old/ --dry-run`: only say what would be written

Importing twice changes nothing. Values that the scripts took from the wrong place are kept under
their true names, or left out with the reason; `docs/import.md` says which. The file itself is
kept beside each document. What was measured once has no interval and is marked unstable.

Exit status: 0 all files are imported, 1 some could not be (they are named, the others are
imported), 2 wrong usage.
"""


class OsFamily(StrEnum):
    """Operating systems."""

    LINUX = "linux"
    WINDOWS = "windows"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("import", help=_HELP)(import_)


def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE|DIR", help="Older files.")],
    results_dir: Annotated[
        Path, typer.Option(metavar="DIR", help="Results directory to write to.")
    ] = Path("results"),
    host: Annotated[
        str | None, typer.Option(help="Name in the inventory; default: the file's hostname.")
    ] = None,
    fleet: Annotated[
        str | None, typer.Option(help="Group of machines that are meant to be identical.")
    ] = None,
    os_family: Annotated[
        OsFamily, typer.Option("--os", help="What it ran on; the files don't say.")
    ] = OsFamily.LINUX,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import older files; the help text is above."""
    import json

    from vttbench.importing.documents import Origin
    from vttbench.importing.files import import_files
    from vttbench.store import ResultStore

    origin = Origin("", host, os_family.value, fleet)
    imported = import_files(paths, ResultStore(results_dir), origin, dry_run=dry_run)
    if as_json:
        answer = {
            "written": [
                {"path": str(entry.path), "result_id": entry.result.result_id}
                for entry in imported.written
            ],
            "known": imported.known,
            "skipped": imported.skipped,
            "problems": imported.problems,
        }
        typer.echo(json.dumps(answer, ensure_ascii=False))
    else:
        for entry in imported.written:
            variant = entry.result.benchmark.variant or ""
            typer.echo(f"{entry.path}  {entry.result.benchmark.name} {variant}".rstrip())
        verb = "would be imported" if dry_run else "imported"
        summary = f"{len(imported.written)} results {verb}, {imported.known} were there already"
        if imported.skipped:
            summary += f", {imported.skipped} files are in today's format already"
        typer.echo(summary)
    for problem in imported.problems:
        typer.echo(f"vttbench: {problem}", err=True)
    if imported.problems:
        raise typer.Exit(1)
