"""Writing a result so that nothing can be lost between disk and MLflow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from vttbench.measuring import journal
from vttbench.result import Result
from vttbench.store.results import ResultStore, Stored
from vttbench.tracking import destination
from vttbench.tracking.spool import Spool


@dataclass(frozen=True)
class Recorder:
    """Where results of one checkout go.

    Attributes:
        results_dir: the results directory.
        state_dir: the checkout's ``.vttbench``.
        tracking_uri: where they are to be shipped; None when nobody ships (no callback).
    """

    results_dir: Path
    state_dir: Path
    tracking_uri: str | None

    @classmethod
    def of(cls, results_dir: Path, state_dir: Path, environ: Mapping[str, str]) -> Recorder:
        """Make a recorder; the callback says in the environment that it is there and ships."""
        shipped = bool(environ.get("VTTBENCH_PLAY_ID"))
        uri = destination.resolve(None, environ, state_dir.parent) if shipped else None
        return cls(results_dir, state_dir, uri)

    def write(self, result: Result, raw_dir: Path | None) -> Stored:
        """Write a result; the spool learns of it before it appears.

        Raises:
            StoreError: the results directory can't be written.
        """
        announce: Callable[[Path], None] | None = None
        uri = self.tracking_uri
        if uri is not None:
            spool = Spool(self.state_dir / "spool")

            def announce(path: Path) -> None:
                spool.intend(result.result_id, path, uri)

        return ResultStore(self.results_dir).write(result, raw_dir, announce=announce)

    def recover(self) -> list[Stored]:
        """Write the results of steps whose controller was killed.

        Returns:
            What was written. A journal that can't be read is left where it is.
        """
        recovered = []
        for draft, raw_dir, remove in journal.abandoned(self.state_dir):
            recovered.append(self.write(draft, raw_dir))
            remove()
        return recovered
