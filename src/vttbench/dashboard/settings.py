"""What the dashboard is told when it starts, and hands on to its processes."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

VARIABLE = "VTTBENCH_DASHBOARD_SETTINGS"
"""Environment variable with the settings as JSON, for processes that the dashboard starts."""

PRINTER_VARIABLE = "VTTBENCH_DASHBOARD_PRINTER"
"""Environment variable with what the browser that prints pages shows instead of a password."""


@dataclass(frozen=True)
class Settings:
    """Where results come from, where what is made of them is kept, and who may look.

    Attributes:
        results_dirs: results directories, read as one.
        cache_dir: columnar copy of the results; may be deleted at any time.
        notes_path: SQLite file with annotations and thresholds; not to be deleted.
        mlflow_uri: tracking server whose results are shown too, or empty.
        experiment: its experiment.
        auth_uri: tracking server that is asked whether a user name and password are right; empty
            lets everybody in.
        layout_path: YAML file that declares the cards of each page, or empty for the own one.
        poll_s: seconds between two looks for new results.
        reconcile_s: seconds between two comparisons of everything, which find what changed in
            place or was missed.
        team_path: roles and weights, machines' prices; see ``vttbench report --assign``.
    """

    results_dirs: tuple[Path, ...]
    cache_dir: Path
    notes_path: Path
    mlflow_uri: str = ""
    experiment: str = "vtt-hw-benchmarks"
    auth_uri: str = ""
    layout_path: str = ""
    poll_s: float = 2.0
    reconcile_s: float = 600.0
    team_path: str = ""

    @property
    def mirror_dir(self) -> Path:
        """Results directory with the documents that came from MLflow."""
        return self.cache_dir / "mirror"

    @property
    def roots(self) -> tuple[Path, ...]:
        """All results directories, that of MLflow's documents included."""
        return (*self.results_dirs, self.mirror_dir) if self.mlflow_uri else self.results_dirs

    def to_environment(self) -> dict[str, str]:
        """Return the variables by which another process gets the same settings."""
        plain = {
            name: [str(path) for path in value]
            if isinstance(value, tuple)
            else str(value)
            if isinstance(value, Path)
            else value
            for name, value in asdict(self).items()
        }
        return {VARIABLE: json.dumps(plain)}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Return the settings that :meth:`to_environment` wrote.

        Raises:
            KeyError: the variable is not set.
        """
        plain = json.loads(environ[VARIABLE])
        plain["results_dirs"] = tuple(Path(path) for path in plain["results_dirs"])
        for name in ("cache_dir", "notes_path"):
            plain[name] = Path(plain[name])
        return cls(**plain)


def default_cache_dir(state_dir: Path, results_dirs: tuple[Path, ...], mlflow_uri: str) -> Path:
    """Return a folder of its own for each combination of sources.

    Args:
        state_dir: ``.vttbench`` of the checkout.
        results_dirs: what is shown.
        mlflow_uri: tracking server or empty.
    """
    sources = "\n".join([*(str(path.resolve()) for path in results_dirs), mlflow_uri])
    return state_dir / "dashboard" / hashlib.sha256(sources.encode()).hexdigest()[:12]
