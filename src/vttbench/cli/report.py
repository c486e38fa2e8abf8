"""``vttbench report``: results as tables."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vttbench.cli.errors import UserError

FOUND_ALARM = 3
"""Exit status where what ``--fail-on`` names was found."""

if TYPE_CHECKING:
    from vttbench.cli.report_views import Form
    from vttbench.reporting.selection import Selection

_HELP = """
Show results: by default the latest suite of each host.

**Which results**

- `vttbench report`: the latest suite of each host in `results/`
- `vttbench report results/ ../laptop/results/`: several directories as one
- `vttbench report --host zbook-01 --benchmark llama --since 7d`: a week of one benchmark

**One, or two side by side**

- `vttbench report --run 01a2119e`: one result in full, by the start of its id
- `vttbench report --diff zbook-01 zbook-02`: two hosts, suites, results or directories; the
difference, and whether it is larger than the noise

**What many results say** (docs/analysis.md)

- `vttbench report --lottery`: which of identical machines is best, by how much, and is that real
- `vttbench report --compare zbooks`: a fleet, or `--compare zbook-01,ms01`, side by side
- `vttbench report --regressions --since 7d --fail-on regression`: what got worse, and what changed
- `vttbench report --throttling`: what heat costs
- `vttbench report --assign team.yml --markdown`: who should get which machine

**Other forms**

- `vttbench report --markdown --output report.md`
- `vttbench report --csv --all-metrics > all.csv`
- `vttbench report --html --output report.html`: one file, for mail

Exit status: 0 the report was made (documents that can't be read are named at its end), 1 there was
nothing to show, 2 wrong usage, 3 what `--fail-on` names was found.
"""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("report", help=_HELP)(report)


def report(
    directories: Annotated[
        list[Path] | None,
        typer.Argument(metavar="DIR", help="Results directories; default: results"),
    ] = None,
    results_dir: Annotated[
        list[Path] | None,
        typer.Option(
            "--results-dir", metavar="DIR", help="The same as DIR.", rich_help_panel="Which"
        ),
    ] = None,
    suite: Annotated[
        str | None, typer.Option(metavar="ID", help="Only this suite.", rich_help_panel="Which")
    ] = None,
    play: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Only this run of ansible-playbook.", rich_help_panel="Which"
        ),
    ] = None,
    latest: Annotated[
        bool,
        typer.Option(
            "--latest", help="The latest suite of each host (default).", rich_help_panel="Which"
        ),
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Only what started since: 2026-11-25, 2026-11-25T07:00+02:00, 12h, 7d.",
            rich_help_panel="Which",
        ),
    ] = None,
    host: Annotated[
        str | None, typer.Option(help="Only this host.", rich_help_panel="Which")
    ] = None,
    benchmark: Annotated[
        str | None, typer.Option(help="Only this benchmark.", rich_help_panel="Which")
    ] = None,
    run: Annotated[
        str | None,
        typer.Option(metavar="ID", help="One result in full.", rich_help_panel="What is shown"),
    ] = None,
    diff: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B",
            help="Compare two hosts, suites, results or results directories.",
            rich_help_panel="What is shown",
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(
            metavar="GROUP",
            help="Hosts side by side: a fleet, hosts with commas, or all.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    lottery: Annotated[
        bool,
        typer.Option(
            "--lottery",
            help="Which machine of each fleet is best, and is that real.",
            rich_help_panel="What many results say",
        ),
    ] = False,
    regressions: Annotated[
        bool,
        typer.Option(
            "--regressions",
            help="What got worse or better, when, and what changed then.",
            rich_help_panel="What many results say",
        ),
    ] = False,
    throttling: Annotated[
        bool,
        typer.Option(
            "--throttling",
            help="Which machines slow down by heat, and by how much.",
            rich_help_panel="What many results say",
        ),
    ] = False,
    assign: Annotated[
        Path | None,
        typer.Option(
            metavar="TEAM.YML",
            help="Who should get which machine.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    across: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIELD",
            help="Compare although this condition differs, e.g. power_profile; may be repeated.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NUMBER",
            help="How much a benchmark, metric or area counts in the lottery's score.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    prices: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="YAML of host and price: score per money.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    least: Annotated[
        float,
        typer.Option(
            metavar="PERCENT",
            min=0.0,
            help="Smaller steps are no regression.",
            rich_help_panel="What many results say",
        ),
    ] = 1.0,
    fail_on: Annotated[
        str | None,
        typer.Option(
            metavar="WHAT",
            help="Exit with 3 if there is a regression (or throttling): for scheduled jobs.",
            rich_help_panel="What many results say",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Compare although versions, parameters or power source differ.",
            rich_help_panel="What is shown",
        ),
    ] = False,
    all_metrics: Annotated[
        bool,
        typer.Option(
            "--all-metrics",
            help="Not only the metrics that repeating aims at.",
            rich_help_panel="What is shown",
        ),
    ] = False,
    all_attempts: Annotated[
        bool,
        typer.Option(
            "--all-attempts",
            help="Attempts that a later one replaces too.",
            rich_help_panel="What is shown",
        ),
    ] = False,
    footer: Annotated[
        bool,
        typer.Option(
            "--footer",
            help="Say where results are and how to look at them.",
            rich_help_panel="What is shown",
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object.", rich_help_panel="Form")
    ] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="One line a metric.", rich_help_panel="Form")
    ] = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Markdown tables.", rich_help_panel="Form")
    ] = False,
    as_html: Annotated[
        bool, typer.Option("--html", help="One self-contained page.", rich_help_panel="Form")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write there.", rich_help_panel="Form"),
    ] = None,
) -> None:
    """Show results; the help text is above, with the examples."""
    from vttbench.cli.report_analysis import Options, Wish, analysed
    from vttbench.cli.report_views import Form, compared, listed, single
    from vttbench.reporting.selection import Selection

    form = _form(as_json=as_json, as_csv=as_csv, as_markdown=as_markdown, as_html=as_html)
    if output is not None and form is Form.TERMINAL:
        raise UserError("--output needs one of --json, --csv, --markdown, --html")
    analysis = Wish.of(
        compare=compare,
        lottery=lottery,
        regressions=regressions,
        throttling=throttling,
        assign=assign,
        others={"--run": run is not None, "--diff": diff is not None},
    )
    if fail_on is not None and analysis is None:
        raise UserError("--fail-on goes with --regressions or --throttling")
    if latest and (suite or play or since):
        raise UserError("--latest does not go with --suite, --play or --since")
    places = _existing([*(directories or []), *(results_dir or [])] or [Path("results")])
    selection = Selection(host, benchmark, suite, play, None if since is None else moment(since))
    alarm = False
    if analysis is not None:
        options = Options(
            all_metrics=all_metrics,
            force=force,
            across=tuple(across or ()),
            weights=tuple(weight or ()),
            prices=prices,
            least_percent=least,
            fail_on=fail_on,
        )
        text, alarm = analysed(places, selection, analysis, options, form)
    elif run is not None:
        text = single(places, run, form)
    elif diff is not None:
        text = compared(places, diff, selection, form, all_metrics=all_metrics, force=force)
    else:
        text = listed(places, selection, form, all_metrics=all_metrics, all_attempts=all_attempts)
        if footer and form is Form.TERMINAL:
            _footer(places, selection)
    _deliver(text, output)
    if alarm:
        raise typer.Exit(FOUND_ALARM)


def _deliver(text: str | None, output: Path | None) -> None:
    if text is None:
        return
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(f"can't write {output}: {error.strerror}") from error


def moment(text: str, now: datetime | None = None) -> datetime:
    """Read a point in time: a date, a time, or how long ago as ``90m``, ``12h``, ``7d``, ``4w``.

    Args:
        text: what the user wrote; without an offset it is local time.
        now: for how long ago; default is now.

    Raises:
        UserError: it is neither.
    """
    units = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
    try:
        if text[-1:] in units and text[:-1].isdigit():
            return (now or datetime.now(UTC)) - timedelta(**{units[text[-1]]: int(text[:-1])})
        return datetime.fromisoformat(text).astimezone()
    except (ValueError, OverflowError):
        raise UserError(
            f"--since {text}: not a time; write 2026-11-25, 2026-11-25T07:00 or 12h, 7d"
        ) from None


def _form(*, as_json: bool, as_csv: bool, as_markdown: bool, as_html: bool) -> Form:
    from vttbench.cli.report_views import Form

    wanted = {
        Form.JSON: as_json,
        Form.CSV: as_csv,
        Form.MARKDOWN: as_markdown,
        Form.HTML: as_html,
    }
    chosen = [form for form, wish in wanted.items() if wish]
    if len(chosen) > 1:
        raise UserError(f"one form at a time, not {' and '.join(f'--{form}' for form in chosen)}")
    return chosen[0] if chosen else Form.TERMINAL


def _existing(directories: Sequence[Path]) -> list[Path]:
    for directory in directories:
        if not directory.is_dir():
            raise UserError(
                f"no results directory {directory}: measure with `make benchmark`, or name "
                "another: vttbench report DIR",
                status=1,
            )
    return list(directories)


def _footer(places: Sequence[Path], selection: Selection) -> None:
    where = ", ".join(str(place.resolve()) for place in places)
    again = f"vttbench report --suite {selection.suite_id}" if selection.suite_id else ""
    typer.echo(f"\nResults: {where}" + (f"  (this table again: {again})" if again else ""))
    server = os.environ.get("MLFLOW_TRACKING_URI", "")
    if server.startswith(("http://", "https://")):
        typer.echo(f"Look at them: {without_credentials(server)}")
    else:
        typer.echo("Look at them: make mlflow-ui, then http://127.0.0.1:5000")


def without_credentials(url: str) -> str:
    """Return a URL without the user and password that may stand before its host."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    return f"{scheme}{separator}{authority.rpartition('@')[2]}{slash}{path}"
