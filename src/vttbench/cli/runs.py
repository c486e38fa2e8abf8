"""``vttbench runs``: what stands in MLflow, as MLflow has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vttbench.cli.errors import UserError

if TYPE_CHECKING:
    from vttbench.tracking.backend import Run


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("runs")(runs)


def runs(
    at: Annotated[
        str | None,
        typer.Option(help="Tracking URI. Default: MLFLOW_TRACKING_URI, or this checkout's store."),
    ] = None,
    experiment: Annotated[str | None, typer.Option(help="MLflow experiment.")] = None,
    where: Annotated[
        str, typer.Option(help="Condition in MLflow's search syntax, e.g. \"tags.host = 'ms01'\".")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="Only so many, the newest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print all of each run as JSON.")] = False,
) -> None:
    """List the runs of the experiment as MLflow has them, the newest first.

    Example: `vttbench runs --where "tags.benchmark = 'llama'"`
    """
    import os
    from pathlib import Path

    from vttbench.tracking import destination
    from vttbench.tracking.backend import connect
    from vttbench.tracking.errors import TrackingError

    root = destination.find_root(Path.cwd())
    uri = destination.resolve(at, {} if at else os.environ, root)
    name = experiment or destination.experiment(os.environ)
    try:
        backend = connect(uri)
        experiment_id = backend.experiment(name, create=False)
        found = [] if experiment_id is None else backend.search(experiment_id, where, newest=limit)
        backend.close()
    except TrackingError as error:
        raise UserError(str(error), status=1) from error
    if as_json:
        import json
        from dataclasses import asdict

        typer.echo(json.dumps([asdict(run) for run in found], indent=2))
        return
    if not found:
        typer.echo(f"No runs in {name} at {destination.display_uri(uri)}.")
        return
    _table(found, f"{name} at {destination.display_uri(uri)}")


def _table(found: list[Run], title: str) -> None:
    from datetime import UTC, datetime

    from rich.console import Console
    from rich.table import Table

    table = Table(title=title)
    for column in ("started (UTC)", "run", "benchmark", "status", "result", "run id"):
        table.add_column(column)
    for run in found:
        started = datetime.fromtimestamp(run.start_ms / 1000, UTC)
        table.add_row(
            f"{started:%Y-%m-%d %H:%M:%S}",
            run.name,
            run.tags.get("benchmark", run.tags.get("vttbench.kind", "")),
            run.tags.get("status", run.status.lower()),
            run.tags.get("result_id", ""),
            run.run_id,
        )
    Console().print(table)
