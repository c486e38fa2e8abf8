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
    there = view.of(snapshot.summaries.latest, period=False)
    counted = {
        (workload, metric): count
        for workload, metric, count in there.group_by("workload", "metric").agg(pl.len()).rows()
    }
    blocks = snapshot.remembered("blocks", lambda: _blocks(snapshot))
    fitting = sorted(
        (block for block in blocks if (block["workload"], block["metric"]) in counted),
        key=lambda block: -counted[block["workload"], block["metric"]],
    )
    if not fitting:
        return Subject(None, [], [])
    workloads: dict[str, dict[str, Any]] = {}
    for block in fitting:
        workloads.setdefault(block["workload"], block)
    wanted = view.get("metric")
    chosen = view.get("workload")
    if chosen not in workloads:
        chosen = _first(fitting, wanted)["workload"]
    own = [block for block in fitting if block["workload"] == chosen]
    labels = _labels(list(workloads.values()))
    return Subject(_first(own, wanted), labels, [block["metric"] for block in own])


def _blocks(snapshot: Snapshot) -> list[dict[str, Any]]:
    """Return those with values: what repeats went on for first, then what there is most of."""
    blocks = snapshot.summaries.blocks.filter(pl.col("metric").is_not_null()).to_dicts()
    return sorted(
        blocks,
        key=lambda block: (
            not block["primary"], -block["length"], block["workload"], block["metric"],
        ),
    )  # fmt: skip


def _first(blocks: list[dict[str, Any]], metric: str) -> dict[str, Any]:
    """Return the first of this metric, or the first of all."""
    return next((block for block in blocks if block["metric"] == metric), blocks[0])


def _labels(workloads: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return value and label; what is called the same is told apart by its key."""
    labels = [words.workload(row) for row in workloads]
    return sorted(
        (
            (
                str(row["workload"]),
                label if labels.count(label) == 1 else f"{label} ({str(row['workload'])[:6]})",
            )
            for row, label in zip(workloads, labels, strict=True)
        ),
        key=lambda pair: pair[1],
    )
