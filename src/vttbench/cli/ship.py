"""``vttbench ship``: bring to MLflow what could not be shipped when it was measured."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vttbench.tracking.shipping import Tally
    from vttbench.tracking.spool import Entry, Spool


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ship")(ship)


def ship(
    to: Annotated[
        str | None,
        typer.Option(help="Ship there, whatever destination the results were meant for."),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option(
            "--all", help="Ship every document below the results directory, not just the spool."
        ),
    ] = False,
    results_dir: Annotated[
        Path | None, typer.Option(help="For --all. Default: results/ of this checkout.")
    ] = None,
    experiment: Annotated[
        str | None, typer.Option(help="MLflow experiment. Default: the one they were meant for.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the counts as JSON.")] = False,
) -> None:
    """Bring to MLflow what could not be shipped when it was measured.

    Each result becomes exactly one run, however often this is repeated and whoever else ships it.
    Results go where they were meant to go: to the server of the run that measured them.

    Exit code 1 if something is left; it is then tried again by the next `ship` or the next play.

    Examples: `vttbench ship` · `vttbench ship --all --to http://192.168.7.30:5000`
    """
    import os

    from vttbench.tracking import destination
    from vttbench.tracking.spool import Spool

    root = destination.find_root(Path.cwd())
    spool = Spool(destination.spool_dir(root))
    target = destination.resolve(to, {}, root) if to else None
    entries = spool.pending()
    if everything:
        uri = target or destination.resolve(None, os.environ, root)
        entries += _unspooled(entries, results_dir or root / "results", uri)
    if experiment:
        from dataclasses import replace

        entries = [replace(entry, experiment=experiment) for entry in entries]
    groups: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        groups[target or entry.tracking_uri].append(entry)
    for play in spool.plays():
        if play.finished_at or play.interrupted:
            groups.setdefault(target or play.tracking_uri, [])
    tallies = {
        uri: _ship(spool, uri, group, redirected=target is not None)
        for uri, group in groups.items()
    }
    _print(tallies, as_json=as_json)
    if any(tally.left or tally.problem for tally in tallies.values()):
        raise typer.Exit(1)


def _unspooled(spooled: list[Entry], results_dir: Path, uri: str) -> list[Entry]:
    """Return the documents below a directory that do not stand in the spool."""
    import os

    from vttbench.store.results import ResultStore
    from vttbench.tracking import destination
    from vttbench.tracking.spool import Entry

    known = {entry.path.resolve() for entry in spooled}
    experiment = destination.experiment(os.environ)
    # The id is read with the document; until then the path stands for it.
    return [
        Entry(str(path), path, uri, experiment, spooled=False)
        for path in ResultStore(results_dir).paths()
        if path.resolve() not in known
    ]


def _ship(spool: Spool, uri: str, entries: list[Entry], *, redirected: bool) -> Tally:
    from vttbench.tracking.errors import TrackingError
    from vttbench.tracking.shipping import Shipping

    shipping = Shipping(spool, uri, all_plays=redirected)
    try:
        shipping.ship(entries)
        if shipping.tally.problem is None:
            shipping.finish_plays()
    except TrackingError as error:
        shipping.tally.problem = str(error)
    finally:
        shipping.close()
    return shipping.tally


def _print(tallies: dict[str, Tally], *, as_json: bool) -> None:
    import json

    from vttbench.tracking.destination import display_uri

    if as_json:
        rows = [
            {
                "destination": display_uri(uri),
                "shipped": len(tally.shipped),
                "left": tally.left,
                "refused": tally.refused,
                "problem": tally.problem,
            }
            for uri, tally in tallies.items()
        ]
        typer.echo(json.dumps(rows, indent=2))
        return
    if not tallies:
        typer.echo("Nothing to ship: the spool is empty.")
    for uri, tally in tallies.items():
        typer.echo(f"MLflow: {len(tally.shipped)} shipped, {tally.left} left -> {display_uri(uri)}")
        for reason in tally.refused.values():
            typer.echo(f"  refused: {reason}", err=True)
        if tally.problem:
            typer.echo(f"  {tally.problem}", err=True)
