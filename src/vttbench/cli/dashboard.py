"""``vttbench dashboard``: all results in a browser."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated

import typer

from vttbench.cli.errors import UserError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("dashboard")(dashboard)


def dashboard(
    results_dir: Annotated[
        list[Path] | None,
        typer.Option(help="Results directory; may be given several times. Default: results."),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = 8050,
    mlflow: Annotated[
        str,
        typer.Option(
            help="Tracking server whose results are shown too, e.g. http://192.168.7.30:5000."
        ),
    ] = "",
    experiment: Annotated[str, typer.Option(help="Experiment of that server.")] = "",
    auth: Annotated[
        str,
        typer.Option(
            help="Tracking server whose accounts may look. Without it everybody who reaches "
            "the port may."
        ),
    ] = "",
    cache_dir: Annotated[
        Path | None,
        typer.Option(help="Where the columnar copy is kept. Default: below .vttbench."),
    ] = None,
    notes: Annotated[
        Path | None,
        typer.Option(help="File of annotations and thresholds. Default: below .vttbench."),
    ] = None,
    layout: Annotated[
        Path | None, typer.Option(help="YAML file that declares the cards of each page.")
    ] = None,
) -> None:
    """Show all results in a browser: compare, systems, models, trends.

    New results appear by themselves within seconds. Example:
    `vttbench dashboard --results-dir results --port 8050`
    """
    from vttbench.dashboard.settings import Settings, default_cache_dir
    from vttbench.tracking import destination

    _require_libraries()
    folders = tuple(path.resolve() for path in results_dir or ([] if mlflow else [Path("results")]))
    for folder in folders:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is no directory", status=1)
    state = destination.state_dir(destination.find_root(Path.cwd()))
    cache = cache_dir or default_cache_dir(state, folders, mlflow)
    settings = Settings(
        results_dirs=folders,
        cache_dir=cache.resolve(),
        notes_path=(notes or cache / "notes.sqlite").resolve(),
        mlflow_uri=mlflow.rstrip("/"),
        experiment=experiment or destination.experiment(os.environ),
        auth_uri=auth.rstrip("/"),
        layout_path=str(layout.resolve()) if layout else "",
    )
    _check_layout(layout)
    _require_port(host, port)
    from vttbench.dashboard.web.server import Service

    where = ", ".join([*(str(folder) for folder in folders), *([mlflow] if mlflow else [])])
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Results of {destination.display_uri(where)}", err=True)
    typer.echo(f"Dashboard: http://{shown}:{port}  (Ctrl-C ends it)", err=True)
    Service(settings, host, port).run()


def _require_libraries() -> None:
    from importlib.util import find_spec

    if missing := [name for name in ("dash", "gunicorn", "flask_compress") if not find_spec(name)]:
        raise UserError(
            f"the dashboard needs {', '.join(missing)}: `make dashboard` installs it, or "
            "pip install --require-hashes -r requirements/dashboard.txt",
            status=1,
        )


def _check_layout(path: Path | None) -> None:
    if path is None:
        return
    import yaml

    # All of it is checked when the worker starts; what is no YAML is better said at once.
    try:
        yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise UserError(f"--layout {path}: {error}") from error


def _require_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UserError(
                f"can't listen on {host}:{port} ({error.strerror}): another dashboard? "
                "Choose another --port",
                status=1,
            ) from error
