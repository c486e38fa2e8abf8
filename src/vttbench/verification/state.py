"""What is known of one service after it was tried."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class ServiceState:
    """One row of the table that a deployment ends with.

    Attributes:
        service: name that people know, e.g. ``MLflow``.
        url: where it was tried; without any secret.
        version: as the service itself, or the record of its installation, says.
        state: ``ok`` or ``failed``.
        detail: what was proved, or what went wrong and what can be done.
    """

    service: str
    url: str
    version: str
    state: Literal["ok", "failed"]
    detail: str

    def as_facts(self) -> dict[str, str]:
        """Return plain data."""
        return asdict(self)


def table_of(states: list[ServiceState], width: int) -> str:
    """Return the table as text, ``width`` columns wide at most."""
    table = Table("service", "URL", "version", "state", "what was tried")
    for state in states:
        shown = state.state if state.state == "ok" else state.state.upper()
        table.add_row(state.service, state.url, state.version, shown, state.detail)
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        console.print(table)
    return capture.get()
