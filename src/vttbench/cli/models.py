"""``vttbench models``: synthetic models, and what of the inventory is in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from vttbench.models.inventory import Inventory, Mode
    from vttbench.models.listing import Listing
    from vttbench.models.selection import Selected

_HELP = """Models to measure with: make synthetic ones, see which of yours are found.

Speed depends on a model's shape and the type of its weights, not on their values. So a *synthetic*
model (random weights in the shape of a real one) is measured like the real one, and needs no
download.

For example:

    vttbench models presets

    vttbench models synth --like llama-3.2-1b --quant Q4_0 --output ~/models

    vttbench models list --dir /srv/models --inventory models.yml --mode light
"""

app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="markdown")


def register(root: typer.Typer) -> None:
    """Add the group ``models`` to the command line."""
    root.add_typer(app, name="models")


def _preset_names(incomplete: str) -> list[str]:
    from vttbench.models.presets import PRESETS

    return [name for name in PRESETS if name.startswith(incomplete)]


def _quant_names(incomplete: str) -> list[str]:
    from vttbench.models.fill import QUANTS

    return [name for name in QUANTS if name.startswith(incomplete.upper())]


@app.command()
def synth(
    like: Annotated[
        str,
        typer.Option(help="Shape of the model: see `presets`.", autocompletion=_preset_names),
    ],
    quant: Annotated[
        str,
        typer.Option(help="Type of the weights: Q4_0, Q8_0, F16.", autocompletion=_quant_names),
    ] = "Q4_0",
    seed: Annotated[
        int, typer.Option(min=0, help="The same seed gives the same bytes, on every machine.")
    ] = 1,
    split: Annotated[
        int | None,
        typer.Option(min=1, help="Write so many parts, NAME-00001-of-0000N.gguf, not one file."),
    ] = None,
    output: Annotated[
        Path, typer.Option(help="Folder; it is made if need be.", file_okay=False)
    ] = Path(),
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Write a synthetic model, `synthetic-<preset>-<quant>.gguf`, at the speed of the disk.

    If the very same model is there already, nothing is written.

    For example:

        vttbench models synth --like llama-3.2-1b

        vttbench models synth --like qwen3-30b-a3b --quant Q8_0 --split 4 --output /srv/models
    """
    from vttbench.models.errors import ModelError
    from vttbench.models.synthetic import file_name, write_synthetic

    try:
        made = write_synthetic(output / file_name(like, quant), like, quant, seed, split)
    except (ModelError, OSError) as error:
        raise _failure(error) from error
    if as_json:
        typer.echo(
            json.dumps(
                {
                    "files": [str(file.absolute()) for file in made.files],
                    "size_bytes": made.size_bytes,
                    "written": made.written,
                    "seconds": round(made.seconds, 3),
                },
                indent=2,
            )
        )
        return
    size = f"{made.size_bytes / 1e6:,.0f} MB"
    if not made.written:
        typer.echo(f"{made.files[0]} is there already ({size})")
        return
    speed = made.size_bytes / 1e6 / made.seconds
    parts = f" in {len(made.files)} parts" if len(made.files) > 1 else ""
    typer.echo(
        f"{made.files[0]}: {size}{parts} written in {made.seconds:.1f} s ({speed:,.0f} MB/s)"
    )


@app.command()
def presets(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
) -> None:
    """Show the shapes that synthetic models can have, and how large they are."""
    from vttbench.models.fill import QUANTS
    from vttbench.models.presets import PRESETS

    rows = [
        {
            "name": preset.name,
            "like": preset.like,
            "architecture": preset.architecture,
            "parameters": preset.parameters,
            "experts": preset.experts,
            # Norms and routers are larger than this, by less than 1 %.
            "size_gb": {
                quant.name: round(quant.size(preset.parameters) / 1e9, 3)
                for quant in QUANTS.values()
            },
        }
        for preset in PRESETS.values()
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("preset", "shape of")
    for heading in ("parameters", *(f"{name}, GB" for name in QUANTS)):
        table.add_column(heading, justify="right")
    for preset in PRESETS.values():
        sizes = [f"{quant.size(preset.parameters) / 1e9:.2f}" for quant in QUANTS.values()]
        table.add_row(preset.name, preset.like, f"{preset.parameters / 1e6:,.0f} M", *sizes)
    Console().print(table)


@app.command("list")
def list_(
    folder: Annotated[
        Path,
        typer.Option("--dir", help="Folder with models.", exists=True, file_okay=False),
    ],
    mode: Annotated[
        str | None,
        typer.Option(
            envvar="MODEL_CONFIG_MODE",
            help="light, default or all. Without an inventory: all.",
        ),
    ] = None,
    inventory: Annotated[
        Path | None, typer.Option(help="Inventory of named models, models.yml.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, not a table.")] = False,
) -> None:
    """Show which models a run would measure, and what is missing, and why.

    Ends with status 1 if there is none at all, as a run would.

    For example:

        vttbench models list --dir /srv/models

        vttbench models list --dir /srv/models --inventory models.yml --mode light --json
    """
    from vttbench.models.errors import ModelError
    from vttbench.models.inventory import Inventory, Mode, load_inventory
    from vttbench.models.selection import select

    try:
        named = load_inventory(inventory) if inventory else Inventory()
        chosen_mode = Mode.of(mode or ("default" if inventory else "all"))
        models = select(named, chosen_mode, _listing(folder, named, chosen_mode))
    except ModelError as error:
        raise _failure(error) from error
    if as_json:
        typer.echo(json.dumps([model.as_facts() for model in models], indent=2))
        return
    _print_models(models, folder.absolute())


def _listing(folder: Path, named: Inventory, mode: Mode) -> Listing:
    from vttbench.models.listing import FileEntry, Listing
    from vttbench.models.selection import paths_outside

    root = folder.absolute()
    outside = [Path(path) for path in paths_outside(named, mode, str(root))]
    return Listing(
        str(root),
        Listing.of_directory(root).files
        + tuple(FileEntry(str(path), path.stat().st_size) for path in outside if path.is_file()),
    )


def _print_models(models: list[Selected], folder: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table()
    table.add_column("model", overflow="fold")
    table.add_column("status")
    table.add_column("GB", justify="right")
    table.add_column("parts", justify="right")
    table.add_column(f"file in {folder}, or what is wrong", overflow="fold")
    for model in models:
        there = model.status == "ok"
        file = model.file.removeprefix(f"{folder}/")
        remark = "\n".join([file if there else str(model.reason), *model.warnings])
        size = f"{model.size_bytes / 1e9:.2f}" if model.parts else "-"
        table.add_row(model.name, model.status, size, str(len(model.parts)), remark)
    Console().print(table)


def _failure(error: Exception) -> typer.Exit:
    typer.echo(f"Error: {error}", err=True)
    return typer.Exit(1)
