"""Results of a tracking server as documents on this machine: they can be shown without it."""

from __future__ import annotations

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store.status import Status


class Mirror:
    """Documents of one experiment.

    Args:
        settings: which server, and where the documents go.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def poll(self, status: Status) -> None:
        """Bring what is new here."""
