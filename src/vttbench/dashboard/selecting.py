"""Which workload and metric a page is about, when the URL leaves that open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl

from vttbench.dashboard import words
from vttbench.dashboard.store.snapshot import Snapshot
from vttbench.dashboard.view import View


@dataclass(frozen=True)
class Subject:
    """A metric of a workload.

    Attributes:
        block: its row of the table of blocks; None when nothing matches.
        workloads: what else could be looked at: value and label.
        metrics: the metrics of this workload.
    """

    block: dict[str, Any] | None
    workloads: list[tuple[str, str]]
    metrics: list[str]

    @property
    def workload(self) -> str:
        """Key of the workload; empty when nothing matches."""
        return str(self.block["workload"]) if self.block else ""

    @property
    def metric(self) -> str:
        """Name of the metric; empty when nothing matches."""
        return str(self.block["metric"]) if self.block else ""

    @property
    def unit(self) -> str:
        """Unit of the metric."""
        return str(self.block["unit"] or "") if self.block else ""

    @property
    def higher_is_better(self) -> bool:
        """Direction of the metric."""
        return bool(self.block["higher_is_better"]) if self.block else True

    @property
    def title(self) -> str:
        """What it is, for people."""
        if self.block is None:
            return "nothing"
        return f"{words.workload(self.block)}: {words.metric(self.metric)}"


def subject(snapshot: Snapshot, view: View) -> Subject:
    """Choose what a page is about.

    The URL decides where it says something that exists under its filters; else it is what most
    hosts have run, and of that the metric that repeats went on for.
    """
    # Every card of a page asks, and the page itself.
    return snapshot.remembered(("subject", view.query()), lambda: _subject(snapshot, view))


def _subject(snapshot: Snapshot, view: View) -> Subject:
    blocks = snapshot.summaries.blocks.filter(pl.col("metric").is_not_null())
    there = view.of(snapshot.summaries.latest, period=False)
    counted = there.group_by("workload", "metric").agg(pl.len().alias("fitting"))
    fitting = blocks.join(counted, on=["workload", "metric"], how="inner").sort(
        ["fitting", "primary", "length", "workload", "metric"],
        descending=[True, True, True, False, False],
    )
    if fitting.is_empty():
        return Subject(None, [], [])
    workloads = fitting.unique("workload", keep="first", maintain_order=True)
    chosen = view.get("workload")
    if not fitting["workload"].is_in([chosen]).any():
        chosen = ""
    wanted = view.get("metric")
    if not chosen:
        with_metric = fitting.filter(pl.col("metric") == wanted)
        chosen = str((with_metric if with_metric.height else fitting)["workload"][0])
    own = fitting.filter(pl.col("workload") == chosen)
    with_metric = own.filter(pl.col("metric") == wanted)
    block = (with_metric if with_metric.height else own).row(0, named=True)
    labels = _labels(workloads)
    return Subject(block, labels, [str(name) for name in own["metric"]])


def _labels(workloads: pl.DataFrame) -> list[tuple[str, str]]:
    """Return value and label; what is called the same is told apart by its key."""
    rows = list(workloads.iter_rows(named=True))
    labels = [words.workload(row) for row in rows]
    return sorted(
        (
            (
                str(row["workload"]),
                label if labels.count(label) == 1 else f"{label} ({str(row['workload'])[:6]})",
            )
            for row, label in zip(rows, labels, strict=True)
        ),
        key=lambda pair: pair[1],
    )
