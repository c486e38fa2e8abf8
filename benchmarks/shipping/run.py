"""How fast results get to MLflow, as ratios measured in one run. Takes a few minutes.

    python benchmarks/shipping/run.py                 ratios, start-up, dead servers
    python benchmarks/shipping/run.py --candidates    which server suits us best
    python benchmarks/shipping/run.py --accounts PYTHON   the same with accounts, and their cost;
                                                      PYTHON has requirements/server.txt

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
from collections.abc import Iterator
from pathlib import Path

import plays
import servers
import ways


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--candidates", action="store_true", help="compare servers instead")
    parser.add_argument("--accounts", metavar="PYTHON", help="compare servers with accounts")
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds (default 3)")
    arguments = parser.parse_args()
    _be_quiet()
    with tempfile.TemporaryDirectory(prefix="vttbench-shipping-") as folder:
        if arguments.candidates or arguments.accounts:
            _candidates(Path(folder), arguments.rounds, arguments.accounts)
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


def _candidates(folder: Path, rounds: int, python: str | None) -> None:
    with servers.database(folder) as stores, contextlib.ExitStack() as stack:
        running: dict[str, str] = {}
        for name, options, remembered in _contenders(with_accounts=python is not None):
            running[name] = stack.enter_context(
                servers.server(
                    folder / str(len(running)),
                    stores[1],
                    options,
                    tuned=True,
                    python=python or sys.executable,
                    accounts=None if remembered is None else (stores[2], remembered),
                )
            )
        if python is not None:  # those without accounts don't look at it
            os.environ["MLFLOW_TRACKING_USERNAME"], os.environ["MLFLOW_TRACKING_PASSWORD"] = (
                servers.ACCOUNT
            )
        speeds: dict[tuple[str, str], list[float]] = {}
        for turn in range(rounds + 1):
            for name, uri in running.items():
                for way, count in ((ways.ours, 100), (ways.tutorial, 20)):
                    speed = way(uri, count if turn else 5)
                    if turn:  # the first turn is for warming up
                        speeds.setdefault((name, way.__name__), []).append(speed)
    print(f"store: {stores[1].partition(':')[0]}; results/s, median of {rounds} rounds")
    for (name, way_name), values in speeds.items():
        print(f"  {name:50} {way_name:9} {statistics.median(values):7.1f}")


def _contenders(*, with_accounts: bool) -> Iterator[tuple[str, tuple[str, ...], int | None]]:
    """Yield name, options and for how long passwords are remembered; None is without accounts."""
    for name, options in servers.CANDIDATES.items():
        yield name, options, servers.REMEMBERED_S if with_accounts else None
    if with_accounts:
        threads = servers.THREADS
        yield "the second, password checked each time", threads, servers.UNREMEMBERED_S
        yield "the second, without accounts", threads, None


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
