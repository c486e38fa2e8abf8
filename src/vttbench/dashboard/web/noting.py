"""The form with which people add notes and thresholds, and what it does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import dash
import flask
import polars as pl
from dash import ALL, Input, Output, State, dcc

from vttbench.dashboard.elements import Element, element
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.selecting import subject
from vttbench.dashboard.store.snapshot import Current
from vttbench.dashboard.view import View, moment


def form() -> Element:
    """Return the form; pages that have no use for it don't show it."""
    return element(
        "Details",
        [
            element("Summary", "Add a note or a threshold"),
            element(
                "Div",
                [
                    _field("text", "Note", "repasted, fan replaced, …"),
                    _field("at", "On (date)", "today"),
                    _field("author", "Your name", "", persistence=True),
                    element("Button", "Add note", id="note-add", type="button", n_clicks=0),
                ],
                className="form",
            ),
            element(
                "Div",
                [
                    _field("low", "At least", "no lower bound"),
                    _field("high", "At most", "no upper bound"),
                    element(
                        "Button", "Set threshold", id="threshold-set", type="button", n_clicks=0
                    ),
                ],
                className="form form-threshold",
            ),
            element("P", "", id="noted", role="status", className="quiet"),
        ],
        id="noting",
        className="card full no-print",
    )


def _field(name: str, label: str, hint: str, **more: Any) -> Element:  # noqa: ANN401
    return element(
        "Div",
        [
            element("Span", label, className="label", id=f"note-label-{name}"),
            dcc.Input(id=f"note-{name}", type="text", placeholder=hint, autoComplete="off", **more),
        ],
        className="control",
        role="group",
        aria_labelledby=f"note-label-{name}",
    )


def author(typed: str | None) -> str:
    """Return who somebody is: by the password that was asked for, else what they say."""
    return str(flask.g.get("user") or (typed or "").strip() or "somebody")


def register(app: dash.Dash, current: Current, notes: NoteStore) -> None:
    """Have the form do what its buttons say."""

    @app.callback(
        Output("noted", "children"),
        Output("note-text", "value"),
        Input("note-add", "n_clicks"),
        State("note-text", "value"),
        State("note-at", "value"),
        State("note-author", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def add(
        _clicks: int, text: str | None, at: str | None, by: str | None, path: str, search: str
    ) -> tuple[str, Any]:
        view, snapshot = View.parse(path, search), current.get()
        hosts = view.many.get("host", ())
        about = {"host": hosts[0] if len(hosts) == 1 else "", "workload": "", "result_id": ""}
        when = moment(at or "", datetime.now(UTC), end=False) if at else datetime.now(UTC)
        if when is None:
            return f"“{at}” is no date: write 2026-11-25.", dash.no_update
        if view.path.startswith("/run/"):
            wanted = view.path.removeprefix("/run/")
            rows = snapshot.rows.filter(pl.col("result_id") == wanted)
            if rows.is_empty():
                return "There is no such result.", dash.no_update
            row = rows.row(0, named=True)
            when = when if at else row["started_at"]
            about = {"host": row["host"], "workload": row["workload"], "result_id": wanted}
        elif view.get("workload"):
            about["workload"] = view.get("workload")
        try:
            notes.annotate(text or "", author(by), when, **about)
        except ValueError as error:
            return str(error), dash.no_update
        return "Noted.", ""

    @app.callback(
        Output("noted", "children", allow_duplicate=True),
        Input({"type": "note-remove", "number": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def remove(clicks: list[int]) -> Any:  # noqa: ANN401  # a text or Dash's no_update
        chosen = dash.ctx.triggered_id
        if not any(clicks) or not chosen:
            return dash.no_update
        notes.remove(int(chosen["number"]))
        return "Taken away."

    @app.callback(
        Output("noted", "children", allow_duplicate=True),
        Input("threshold-set", "n_clicks"),
        State("note-low", "value"),
        State("note-high", "value"),
        State("note-author", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def bound(
        _clicks: int, low: str | None, high: str | None, by: str | None, path: str, search: str
    ) -> str:
        about = subject(current.get(), View.parse(path, search))
        if about.block is None:
            return "Choose a workload first."
        try:
            limits = [float(text.replace(",", ".")) if text else None for text in (low, high)]
            notes.bound(about.metric, about.workload, limits[0], limits[1], author(by))
        except ValueError as error:
            return f"That did not work: {error}"
        return f"Set for {about.title}." if any(limits) else f"Taken away for {about.title}."
