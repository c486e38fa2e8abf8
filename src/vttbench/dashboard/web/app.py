"""The Dash application: one page whose content follows the URL."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dash
import flask
from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html
from flask_compress import Compress

from vttbench.dashboard import words
from vttbench.dashboard.elements import element
from vttbench.dashboard.notes import NoteStore
from vttbench.dashboard.pages import load_cards
from vttbench.dashboard.pages.layout import OWN, read_layout
from vttbench.dashboard.selecting import subject
from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store.snapshot import Current
from vttbench.dashboard.view import View
from vttbench.dashboard.web import access, controls, document, export, noting, rendering, state
from vttbench.dashboard.web.first_view import SCRIPTS, FirstViews
from vttbench.dashboard.web.rendering import Renderer

_TICK_MS = 2_000
_ASSETS = Path(__file__).parent.parent / "assets"


def make_app(settings: Settings) -> dash.Dash:
    """Make the application; results are read from its copy, which something else keeps up to date.

    Args:
        settings: where the copy, the notes and the layout are.

    Raises:
        LayoutError: the layout file is wrong.
    """
    load_cards()
    layout = read_layout(Path(settings.layout_path) if settings.layout_path else OWN)
    notes = NoteStore(settings.notes_path)
    current = Current(settings.cache_dir)
    renderer = Renderer(current, notes, layout, settings.mlflow_uri)
    server = flask.Flask("vttbench.dashboard")
    server.config |= {
        "COMPRESS_ALGORITHM": ["gzip"],
        "COMPRESS_LEVEL": 2,
        "COMPRESS_MIN_SIZE": 2000,
    }
    if settings.auth_uri:
        access.protect(server, settings.auth_uri)
    Compress(server)
    app = _Application(
        "vttbench.dashboard",
        server=server,  # type: ignore[arg-type]  # its stub forgot what its docs say
        title="vttbench",
        update_title="",
        assets_folder=str(_ASSETS),
        suppress_callback_exceptions=True,
        index_string=document.INDEX,
        assets_ignore=f"^({'|'.join(map(re.escape, SCRIPTS))})$",
        serve_locally=True,
    )
    app.first_views = FirstViews(renderer, _ASSETS, app.get_asset_url(""))
    app.layout = lambda: _layout(current, notes, renderer)
    _register(app, renderer, current)
    noting.register(app, current, notes)
    state.add_routes(server, settings, current, notes)
    export.add_routes(server, current, renderer)
    document.protect(server)
    with server.test_request_context("/?print=1"):
        # Dash serves its scripts only once it has named them in a document, and which worker
        # process a browser asks for them is a matter of chance.
        app.index()  # type: ignore[no-untyped-call]  # Dash
    return app


class _Application(dash.Dash):
    """An application whose document shows the page before the application itself is there."""

    first_views: FirstViews

    def interpolate_index(self, **parts: str) -> str:  # type: ignore[override]  # called by names
        """Return the document around the application."""
        asked = flask.request
        view = View.parse(asked.path, asked.query_string.decode())
        # Paper waits, and has no use for anything twice.
        first = "" if asked.args.get("print") else self.first_views.html(view)
        scripts = self.first_views.scripts(first, parts["scripts"] + parts["renderer"])
        made = parts | {"first": first, "scripts": scripts, "renderer": ""}
        # In one go: Dash's own way would look for marks in the names of hosts, too.
        return re.sub(r"\{%(\w+)%\}", lambda mark: made[mark[1]], self.index_string)


def _layout(current: Current, notes: NoteStore, renderer: Renderer) -> html.Div:
    snapshot = current.get()
    view = _asked_for()
    parts: list[Any] = [
        dcc.Location(id="url", refresh="callback-nav"),
        dcc.Store(id="version", data=state.version_of(snapshot, notes)),
        dcc.Interval(id="tick", interval=_TICK_MS),
        element("A", "To the content", href="#main", className="skip"),
        controls.header(None),
        element("Div", id="status", role="status", className="status"),
        element(
            "Main",
            [
                element("Div", id="heading"),
                controls.bar(snapshot),
                # The first page comes along, instead of being asked for when this is there.
                element("Div", renderer.page(view), id="content", data_first=renderer.key(view)),
                noting.form(),
            ],
            id="main",
            tabIndex=-1,
        ),
        element("Div", id="said", role="alert", className="unseen"),
    ]
    return html.Div(parts)


def _asked_for() -> View:
    """Return the view of the page that asks for this layout."""
    parts = urlsplit(flask.request.referrer or "/")
    return View.parse(parts.path, parts.query)


def _register(app: dash.Dash, renderer: Renderer, current: Current) -> None:
    single = [controls.identifier(name) for name in ("workload", "metric", "sort", "group")]

    @app.callback(
        Output("content", "children"),
        Output("heading", "children"),
        Output("pages", "children"),
        Output("filters", "data-page"),
        *(Output(one, "options") for one in single),
        *(Output(one, "placeholder") for one in single),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("version", "data"),
        State("content", "data-first"),
    )
    def show(path: str | None, search: str | None, _version: str, first: str) -> list[Any]:
        view = View.parse(path, search)
        page = renderer.layout.page(view.path)
        there = not dash.ctx.triggered_id and first == renderer.key(view)
        content = dash.no_update if there else renderer.page(view)
        used = page.filters if page else ()
        cards = [spec.card for spec in page.cards] if page else []
        about = subject(current.get(), view)
        choices: dict[str, list[dict[str, str]]] = {
            "workload": [{"value": key, "label": label} for key, label in about.workloads],
            "metric": [{"value": name, "label": words.metric(name)} for name in about.metrics],
            "sort": [
                *({"value": name, "label": words.metric(name)} for name in about.metrics),
                {"value": "name", "label": "name"},
            ],
            "group": [{"value": value, "label": label} for value, label in controls.GROUPS],
        }
        labels = dict(about.workloads)
        shown = {
            "workload": labels.get(about.workload, "any"),
            "metric": words.metric(about.metric),
            "sort": words.metric(about.metric),
            "group": "fleet",
        }
        return [
            content,
            rendering.heading(page, view),
            rendering.navigation(renderer.layout, view),
            " ".join(
                [
                    *used,
                    *(["noting"] if "annotations" in cards else []),
                    *(["hidden"] if page is None or page.hidden else []),
                ]
            ),
            *(choices[one["name"]] for one in single),
            *(shown[one["name"]] for one in single),
        ]

    @app.callback(
        Output(controls.identifier("host"), "options"),
        Input(controls.identifier("host"), "search_value"),
        Input("version", "data"),
        State(controls.identifier("host"), "value"),
        prevent_initial_call=True,
    )
    def search_host(typed: str | None, _version: str, chosen: Any) -> list[str]:  # noqa: ANN401
        return controls.options(current.get(), "host", chosen, typed or "")

    in_the_browser: Any = app.clientside_callback  # it has no types
    for name, output, inputs in (
        ("controlsFromUrl", Output("filters", "data-url"), [Input("url", "search")]),
        (
            "urlFromControls",
            Output("filters", "data-chosen"),
            [
                Input({"type": "filter", "name": ALL}, "value"),
                State("url", "search"),
            ],
        ),
        (
            "openPoint",
            Output("said", "data-opened"),
            [Input({"type": "figure", "name": ALL}, "clickData")],
        ),
        ("nameWindow", Output("heading", "data-named"), [Input("heading", "children")]),
    ):
        in_the_browser(ClientsideFunction("vttbench", name), output, *inputs)
    in_the_browser(
        ClientsideFunction("vttbench", "tick"),
        Output("version", "data"),
        Output("status", "children"),
        Output("status", "className"),
        Input("tick", "n_intervals"),
        State("version", "data"),
    )
