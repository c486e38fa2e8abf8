"""Notes and thresholds that people have added."""

from __future__ import annotations

from vttbench.dashboard import words
from vttbench.dashboard.elements import element, link
from vttbench.dashboard.pages.card import Card, Context, card
from vttbench.dashboard.selecting import subject


@card("annotations")
def notes_card(context: Context) -> Card:
    """List the notes on what is shown, and the bounds of its metric."""
    run = context.view.path.startswith("/run")
    wanted = context.view.path.removeprefix("/run").strip("/") if run else ""
    about = subject(context.snapshot, context.view)
    chosen = list(context.view.many.get("host", ())) or None
    notes = context.notes.annotations("" if run else about.workload, None if run else chosen)
    if run:
        notes = [note for note in notes if note.result_id == wanted]
    body = []
    bound = None if run else context.notes.threshold(about.metric, about.workload)
    if bound is not None:
        limits = [
            f"{text} {words.quantity(value, about.unit)}"
            for text, value in (("at least", bound.low), ("at most", bound.high))
            if value is not None
        ]
        text = (
            f"Threshold of {words.metric(about.metric)}: {' and '.join(limits)} "
            f"({bound.author}, {words.when(bound.made_at)})"
        )
        body.append(element("P", text))
    if not notes:
        body.append(
            element(
                "P", "Nobody has noted anything here. “Add a note” is below.", className="quiet"
            )
        )
        return Card(summary="Notes", body=body)
    items = [
        element(
            "Li",
            [
                element("Strong", words.day(note.at)),
                f" {note.host}: " if note.host else " ",
                note.text,
                element(
                    "Span", f" – {note.author}, {words.when(note.made_at)} ", className="quiet"
                ),
                link("its result", f"/run/{note.result_id}") if note.result_id and not run else "",
                " ",
                element(
                    "Button",
                    "take away",
                    id={"type": "note-remove", "number": note.id},
                    type="button",
                    className="no-print",
                    n_clicks=0,
                ),
            ],
        )
        for note in notes
    ]
    return Card(summary="Notes", body=[*body, element("Ul", items)])
