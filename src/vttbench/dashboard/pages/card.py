"""A card: one answer, as picture, as table and as data to take away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from vttbench.dashboard.figures import Figure
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.store.snapshot import Snapshot
from vttbench.dashboard.view import View


@dataclass(frozen=True)
class Context:
    """What a card is made from.

    Attributes:
        snapshot: all results.
        view: what somebody wants to see.
        notes: annotations and thresholds.
        options: what the layout file says to this card.
        mlflow: address of the tracking server that people use, or empty.
    """

    snapshot: Snapshot
    view: View
    notes: NoteStore
    options: Mapping[str, Any] = field(default_factory=dict)
    mlflow: str = ""


@dataclass(frozen=True)
class Card:
    """What a card shows.

    Attributes:
        summary: the answer in one or two sentences; it also tells a screen reader what the
            picture shows.
        figure: for Plotly.
        body: components of Dash, where a picture isn't it.
        table: the numbers behind it, as shown below the picture and exported.
        notice: what the reader must know to judge it, e.g. what was left out.
        empty: why there is nothing, and what to do; all else is ignored then.
    """

    summary: str = ""
    figure: Figure | None = None
    body: list[Any] = field(default_factory=list)
    table: pl.DataFrame | None = None
    notice: list[Any] = field(default_factory=list)
    empty: str = ""


Builder = Callable[[Context], Card]
REGISTRY: dict[str, Builder] = {}
"""Builder by the name that the layout file calls it."""


def card(name: str) -> Callable[[Builder], Builder]:
    """Register a builder of cards."""

    def register(builder: Builder) -> Builder:
        REGISTRY[name] = builder
        return builder

    return register
