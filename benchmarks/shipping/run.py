"""How fast results get to MLflow, as ratios measured in one run. Takes a few minutes.

    python benchmarks/shipping/run.py                 ratios, start-up, dead servers
    python benchmarks/shipping/run.py --candidates    which server suits us best

With PostgreSQL's programs and psycopg installed a scratch cluster on loopback is used, else SQLite.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import statistics
import sys
import tempfile
import warnings
from pathlib import Path

import plays
import servers
import ways


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--candidates", action="store_true", help="compare servers instead")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds (default 3)")
    arguments = parser.parse_args()
    _be_quiet()
    with tempfile.TemporaryDirectory(prefix="vttbench-shipping-") as folder:
        if arguments.candidates:
            _candidates(Path(folder), arguments.rounds)
        else:
            _plays(Path(folder))
            _ratios(Path(folder), arguments.rounds)


def _ratios(folder: Path, rounds: int) -> None:
    with contextlib.ExitStack() as stack:
        stores = stack.enter_context(servers.database(folder))
        default = stack.enter_context(
            servers.server(folder / "default", stores[0], servers.DEFAULT, tuned=False)
        )
        tuned = stack.enter_context(
            servers.server(folder / "ours", stores[1], servers.OURS, tuned=True)
        )
        print(f"store: {stores[0].partition(':')[0]}; results/s, median of {rounds} rounds")
        for uri in (default, tuned):  # whatever is done once is done before
            ways.tutorial(uri, 2)
            ways.ours(uri, 5)
        speeds: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, way, uri, count in (
                ("tutorial way, default server", ways.tutorial, default, 15),
                ("tutorial way, our server", ways.tutorial, tuned, 40),
                ("our way, default server", ways.ours, default, 100),
                ("our way, our server", ways.ours, tuned, 150),
            ):
                speeds.setdefault(name, []).append(way(uri, count))
    median = {name: statistics.median(values) for name, values in speeds.items()}
    for name, value in median.items():
        spread = ", ".join(f"{speed:.1f}" for speed in speeds[name])
        print(f"  {name:30} {value:7.1f}   ({spread})")
    best = median["our way, our server"]
    first = best / median["tutorial way, default server"]
    second = best / median["tutorial way, our server"]
    print(f"  against (a) the tutorial way on a default server: {first:5.1f} x   goal 12 x")
    print(f"  against (b) the tutorial way on the same server:  {second:5.1f} x   goal  3 x")


def _plays(folder: Path) -> None:
    (folder / "checkout").mkdir()
    delay = plays.start_up(folder / "checkout", pairs=8)
    print(f"callback enabled: an empty play ends {delay:+.3f} s later   goal 0.1 s")
    for kind, seconds in plays.dead_server(folder / "checkout", pairs=3).items():
        print(f"server that {kind:8}: a play ends {seconds:+.1f} s later   goal 5 s")


def _candidates(folder: Path, rounds: int) -> None:
    with servers.database(folder) as stores, contextlib.ExitStack() as stack:
        running = {
            name: stack.enter_context(
                servers.server(folder / str(index), stores[1], options, tuned=True)
            )
            for index, (name, options) in enumerate(servers.CANDIDATES.items())
        }
        speeds: dict[tuple[str, str], list[float]] = {}
        for turn in range(rounds + 1):
            for name, uri in running.items():
                for way, count in ((ways.ours, 100), (ways.tutorial, 20)):
                    speed = way(uri, count if turn else 5)
                    if turn:  # the first turn is for warming up
                        speeds.setdefault((name, way.__name__), []).append(speed)
    print(f"store: {stores[1].partition(':')[0]}; results/s, median of {rounds} rounds")
    for (name, way_name), values in speeds.items():
        print(f"  {name:34} {way_name:9} {statistics.median(values):7.1f}")


def _be_quiet() -> None:
    warnings.filterwarnings("ignore")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for name in [name for name in os.environ if name.startswith("MLFLOW_TRACKING_")]:
        del os.environ[name]
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


if __name__ == "__main__":
    main()
