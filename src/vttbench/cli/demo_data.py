"""``vttbench demo-data``: results of a fleet that does not exist."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from vttbench.cli.errors import UserError

_HELP = """
Write results of a fleet that does not exist, to try reports and the dashboard on.

Four laptops of one kind (one is the best, one gets slower with a driver, one throttles), a desktop
and a server; more hosts are rigs in fleets of eight. Each document says that it is demo data, and
`demo-data.json` in the directory names what is planted, so that you can see whether it is found.

- `vttbench demo-data --results-dir demo`
- `vttbench report --results-dir demo --lottery`
- `vttbench report --results-dir demo --regressions`
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo-data", help=_HELP)(demo_data)


def demo_data(
    results_dir: Annotated[
        Path, typer.Option("--results-dir", metavar="DIR", help="Where to write them.")
    ],
    hosts: Annotated[int, typer.Option(min=4, max=2000, help="How many machines.")] = 6,
    sessions: Annotated[
        int, typer.Option(min=1, max=2000, help="How often each was measured, every third day.")
    ] = 24,
    seed: Annotated[int, typer.Option(min=0, help="Same seed and end, same results.")] = 2,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="End of the last session; default: now.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what is planted as JSON.")] = False,
) -> None:
    """Write the documents; the help text is above, with the examples."""
    import json
    from dataclasses import asdict
    from datetime import UTC, datetime

    from vttbench.cli.report import moment
    from vttbench.demo.fleet import truths, write

    end = datetime.now(UTC).replace(microsecond=0) if until is None else moment(until)
    if any(results_dir.glob("*/*/*.json")):
        raise UserError(
            f"{results_dir} holds results already: demo data does not belong among them; "
            "name a new directory",
            status=1,
        )
    results_dir.mkdir(parents=True, exist_ok=True)
    count = write(results_dir, hosts, sessions, seed, end)
    planted = truths(hosts, sessions, seed, end)
    if as_json:
        found = {"results": count, "planted": [asdict(truth) for truth in planted]}
        typer.echo(json.dumps(found, indent=2, ensure_ascii=False, default=datetime.isoformat))
        return
    typer.echo(f"{count} results of {hosts} hosts in {results_dir}. Planted:")
    for truth in planted:
        since = "" if truth.since is None else f" since {truth.since:%Y-%m-%d}"
        typer.echo(f"  {truth.kind:12} {truth.host}: {truth.what}{since}")
    typer.echo(f"Now: vttbench report --results-dir {results_dir} --lottery")
