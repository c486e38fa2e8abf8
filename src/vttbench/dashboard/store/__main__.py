"""``python -m vttbench.dashboard.store``: one look for new results, by settings in the environment.

A process of its own, because what it needs is much and needed seldom: its memory is given back,
and whatever goes wrong in it leaves the server alone. It prints how many of how many documents
it has read, a line each time.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys

from vttbench.dashboard.settings import Settings
from vttbench.dashboard.store.synchronising import synchronise


def main() -> int:
    """Look once."""
    parser = argparse.ArgumentParser(prog="python -m vttbench.dashboard.store")
    parser.add_argument("--full", action="store_true", help="compare every document")
    arguments = parser.parse_args()
    with contextlib.suppress(AttributeError, OSError):  # Windows has none, a unit may refuse it
        os.nice(10)  # who looks at a page comes first
    outcome = synchronise(Settings.from_environment(), full=arguments.full, on_progress=_say)
    sys.stdout.write(f"done {outcome.added} {outcome.removed}\n")
    return 0


def _say(done: int, of: int) -> None:
    sys.stdout.write(f"read {done} {of}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
