"""Systems: how are all the machines?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.elements import Element, element, link
from vttbench.dashboard.notes import Threshold
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.pages.parts import badge, nothing_fits, pager, status_badge
from vttbench.dashboard.still import still
from vttbench.dashboard.view import View, window

ROWS = 50
STALE_AFTER = timedelta(days=30)
_HEADLINES = 5


@card("health")
def health(context: Context) -> Card:
    """Count the machines, and those that want somebody to look."""
    hosts = _judged(context)
    if hosts.is_empty():
        return nothing_fits(context)
    healthy = int((hosts["concern"] == 0).sum())
    tiles = [
        _tile(str(hosts.height), "machine" if hosts.height == 1 else "machines", ""),
        _tile(str(healthy), "well", "good"),
        *(
            _tile(str(int(hosts[column].sum())), text, level if hosts[column].any() else "")
            for column, text, level in (
                ("unreachable", "not reachable", "bad"),
                ("failed", "failed lately", "bad"),
                ("throttled", "throttled lately", "warn"),
                ("warned", "not fit before a run", "warn"),
                ("stale", "silent for 30 days", "warn"),
            )
        ),
    ]
    return Card(
        summary=f"{healthy} of {words.count(hosts.height, 'machine')} are well.",
        body=[element("Div", tiles, className="tiles")],
    )


def _tile(number: str, text: str, level: str) -> Element:
    return element("Div", [element("B", number), text], className=f"tile {level}")


@card("systems")
def systems(context: Context) -> Card:
    """List every machine with its newest numbers, those in trouble first."""
    hosts = _judged(context)
    if hosts.is_empty():
        return nothing_fits(context)
    wanted = context.view.get("sort")
    if wanted == "name":
        hosts = hosts.sort("host")
    elif wanted == "age":
        hosts = hosts.sort("started_at")
    else:
        hosts = hosts.sort(["concern", "host"], descending=[True, False])
    page = context.view.page_number
    part = hosts.slice((page - 1) * ROWS, ROWS)
    if part.is_empty():
        page, part = 1, hosts.slice(0, ROWS)
    headlines = _headlines(context)
    values = _values(context, headlines, part["host"])
    table = _table(context.view, part, headlines, values, context)
    orders = [
        (text, context.view.having(sort=value, page=None))
        for text, value in (("trouble first", None), ("by name", "name"), ("oldest first", "age"))
    ]
    order = element(
        "P",
        ["Order: ", *_joined([link(text, view.url()) for text, view in orders])],
        className="quiet no-print",
    )
    export = hosts.select(
        "host", "fleet", "os_family", "os", "cpu", "gpu", "machine", "memory_gb", "results",
        "sessions", "started_at", "status", "error", "unreachable", "failed", "throttled",
        "warned", "stale", "preflight_warnings", "result_id",
    )  # fmt: skip
    return Card(
        summary=f"{words.count(hosts.height, 'machine')}",
        body=[order, table, *pager(context.view, page, hosts.height, ROWS, "machine")],
        table=export,
    )


def _joined(links: list[Element]) -> list[Any]:
    parts: list[Any] = []
    for one in links:
        parts += [" · ", one] if parts else [one]
    return parts


def _judged(context: Context) -> pl.DataFrame:
    """Return the hosts that fit, with what is wrong with each; texts as texts."""
    # Both cards of the page ask.
    key = ("judged", context.view.query(), window())
    return context.snapshot.remembered(key, lambda: _judge(context))


def _judge(context: Context) -> pl.DataFrame:
    hosts = context.view.of(context.snapshot.summaries.hosts, period=False)
    others = {"benchmark", "model", "quant", "backend", "tag"} & set(context.view.many)
    if others:
        fitting = context.view.of(context.snapshot.summaries.latest, period=False)["host"].unique()
        hosts = hosts.filter(pl.col("host").is_in(fitting.implode()))
    silent_since = datetime.now(UTC) - STALE_AFTER
    texts = [name for name, kind in hosts.schema.items() if isinstance(kind, pl.Enum)]
    judged = hosts.with_columns(
        *(pl.col(name).cast(pl.String) for name in texts),
        (pl.col("error_kind").cast(pl.String) == "unreachable")
        .fill_null(value=False)
        .alias("unreachable"),
        pl.col("failed_lately").fill_null(value=False).alias("failed"),
        pl.col("throttled_lately").fill_null(value=False).alias("throttled"),
        pl.col("warned_lately").fill_null(value=False).alias("warned"),
        (pl.col("started_at") < silent_since).alias("stale"),
    )
    return judged.with_columns(
        (
            8 * pl.col("unreachable").cast(pl.Int32)
            + 4 * pl.col("failed").cast(pl.Int32)
            + 2 * pl.col("throttled").cast(pl.Int32)
            + pl.col("warned").cast(pl.Int32)
            + pl.col("stale").cast(pl.Int32)
        ).alias("concern")
    )


def _headlines(context: Context) -> list[dict[str, Any]]:
    """Return one metric a benchmark: of what most hosts have run, what counts most."""
    blocks = context.view.of(context.snapshot.summaries.blocks, period=False)
    return (
        blocks.filter(pl.col("metric").is_not_null())
        .sort(["hosts", "primary", "length"], descending=True)
        .unique("benchmark", keep="first", maintain_order=True)
        .head(_HEADLINES)
        .sort(pl.col("benchmark").cast(pl.String))
        .to_dicts()
    )


def _values(
    context: Context, headlines: list[dict[str, Any]], hosts: pl.Series
) -> dict[tuple[str, str, str], dict[str, Any]]:
    wanted = [(block["workload"], block["metric"]) for block in headlines]
    # One question instead of five, that lets a few too many through.
    rows = (
        context.snapshot.summaries.latest.filter(
            pl.col("workload").is_in([workload for workload, _ in wanted])
            & pl.col("metric").is_in([metric for _, metric in wanted])
            & pl.col("host").is_in(hosts.implode())
        )
        .select("workload", "metric", "host", "value", "result_id", "started_at")
        .to_dicts()
    )
    return {(row["workload"], row["metric"], row["host"]): row for row in rows}


def _table(
    view: View,
    part: pl.DataFrame,
    headlines: list[dict[str, Any]],
    values: dict[tuple[str, str, str], dict[str, Any]],
    context: Context,
) -> Element:
    now = datetime.now(UTC)
    head = [element("Th", text, scope="col") for text in ("Machine", "Health", "Newest result")]
    for block in headlines:
        about = f"{words.workload(block)}, {words.metric(block['metric'])}"
        compare = view.on("/").having(workload=block["workload"], metric=block["metric"])
        head.append(
            element(
                "Th",
                link(f"{block['benchmark']} ({block['unit'] or '1'})", compare.url(), title=about),
                scope="col",
                className="number",
            )
        )
    head.append(element("Th", "Results", scope="col", className="number"))
    bounds = [context.notes.threshold(block["metric"], block["workload"]) for block in headlines]
    rows = [
        element("Tr", _row(view, row, headlines, bounds, values, now))
        for row in part.iter_rows(named=True)
    ]
    parts = [
        element("Caption", "All machines"),
        element("Thead", element("Tr", head)),
        element("Tbody", rows),
    ]
    return still(element("Table", parts), className="scroll", tabIndex=0)


def _row(
    view: View,
    row: dict[str, Any],
    headlines: list[dict[str, Any]],
    bounds: list[Threshold | None],
    values: dict[tuple[str, str, str], dict[str, Any]],
    now: datetime,
) -> list[Element]:
    name = str(row["host"])
    own = view.on("/trends").choosing("host", name)
    what = ", ".join(str(row[key]) for key in ("machine", "os") if row[key])
    cells = [
        element(
            "Th",
            [link(name, own.url()), element("Div", what, className="quiet")],
            scope="row",
        ),
        element("Td", _verdicts(row)),
        element(
            "Td",
            [
                link(words.age(row["started_at"], now), f"/run/{row['result_id']}",
                     title=words.when(row["started_at"])),
                " ",
                status_badge(row["status"]),
            ],
        ),
    ]  # fmt: skip
    for block, bound in zip(headlines, bounds, strict=True):
        value = values.get((block["workload"], block["metric"], name))
        if value is None:
            cells.append(element("Td", "—", className="number"))
            continue
        out = bound is not None and bound.broken_by(value["value"])
        text = words.quantity(value["value"], "")
        cells.append(
            element(
                "Td",
                link(text, f"/run/{value['result_id']}", title=words.when(value["started_at"])),
                className="number out" if out else "number",
                title="outside of its threshold" if out else None,
            )
        )
    cells.append(element("Td", f"{row['results']:,}".replace(",", "\u00a0"), className="number"))
    return cells


def _verdicts(row: dict[str, Any]) -> list[Any]:
    """Return what is wrong with a machine, as words on coloured ground."""
    found: list[Any] = []
    if row["unreachable"]:
        found.append(badge("not reachable", "bad", row["error"]))
    if row["failed"]:
        found.append(badge("failed lately", "bad", row["error"]))
    if row["throttled"]:
        found.append(badge("throttled", "warn", "slowed down by heat in its newest day"))
    if row["warned"]:
        found.append(badge("preflight", "warn", row["preflight_warnings"]))
    if row["stale"]:
        found.append(badge("silent", "warn", "no result for 30 days"))
    spaced: list[Any] = []
    for one in found or [badge("well", "good")]:
        spaced += [one, " "]
    return spaced
