"""How often steps are found, and how often noise is taken for one: the rates of docs/analysis.md.

    .venv/bin/python benchmarks/change_points/rates.py                  # what vttbench uses
    .venv/bin/python benchmarks/change_points/rates.py --series 2000 --others
        # beside methods that others use; `ruptures` must be importable for its rows

Prints Markdown. Every rate counts upwards and downwards. Noise has a standard deviation of 1 % (of
2 % where the heading says so); steps are of 3 %, so of three deviations at 1 %.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from vttbench.analysis.change_points import steps

Floats = NDArray[np.float64]
Finder = Callable[[Floats], list[int]]

LEAST = 0.01  # as `vttbench report --regressions` has it
NOISES = {
    "Gaussian": lambda rng, m, n: rng.normal(size=(m, n)),
    "Student's t, 3 degrees": lambda rng, m, n: rng.standard_t(3, (m, n)) / math.sqrt(3),
    "Student's t, 2 degrees": lambda rng, m, n: 0.5 * rng.standard_t(2, (m, n)),
    "skewed (exponential)": lambda rng, m, n: rng.exponential(size=(m, n)) - 1,
    "3 % of points wild": lambda rng, m, n: _wild(rng, m, n),
    "autocorrelated, 0.2": lambda rng, m, n: _autoregressive(rng, m, n, 0.2),
    "autocorrelated, 0.4": lambda rng, m, n: _autoregressive(rng, m, n, 0.4),
}
STEPS = [(20, 3), (20, 5), (20, 20), (95, 5), (10, 5)]


def ours(series: Floats) -> list[int]:
    """Return the places that vttbench finds."""
    return [step.index for step in steps(series, least=LEAST)]


def largest_t(threshold: float) -> Finder:
    """Return a finder that takes the largest t of all cuts and asks nothing more."""

    def find(series: Floats) -> list[int]:
        n = len(series)
        places = np.arange(3, n - 2)
        centred = series - series.mean()
        sums = np.cumsum(centred)[places - 1]
        between = sums**2 * n / (places * (n - places))
        within = np.maximum(centred @ centred - between, 1e-300)
        t = np.sqrt(between * (n - 2) / within)
        best = int(np.argmax(t))
        return [int(places[best])] if t[best] > threshold else []

    return find


def kernel(penalty: float) -> Finder:
    """Return ruptures' KernelCPD (linear) with a penalty times variance times log n."""
    import ruptures

    def find(series: Floats) -> list[int]:
        differences = np.diff(series)
        deviation = 1.4826 * float(np.median(np.abs(differences))) / math.sqrt(2)
        found = ruptures.KernelCPD(kernel="linear", min_size=3).fit(series[:, None])
        ends: list[int] = found.predict(pen=penalty * deviation**2 * math.log(len(series)))
        return ends[:-1]

    return find


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--series", type=int, default=10_000, help="series a cell")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", action="store_true", help="other methods too")
    options = parser.parse_args()
    finders: dict[str, Finder] = {"vttbench": ours}
    if options.others:
        finders |= {
            "largest t, threshold 3.69 (1 % by simulation)": largest_t(3.69),
            "largest t, threshold 4.19 (0.2 %)": largest_t(4.19),
        }
        try:
            finders |= {f"ruptures KernelCPD, penalty {p}": kernel(p) for p in (4, 6, 9)}
        except ImportError:
            print("(ruptures is not installed: its rows are left out)\n")
    print(f"{options.series} series a cell, seed {options.seed}\n")
    for name, find in finders.items():
        print(f"### {name}\n")
        _false_alarms(find, options.series, options.seed)
        _found(find, options.series, options.seed)


def _false_alarms(find: Finder, count: int, seed: int) -> None:
    print("False alarms in 100 points, in percent of series:\n")
    print("| noise | deviation 1 % | deviation 2 % | ms a series |")
    print("| --- | ---: | ---: | ---: |")
    for name, noise in NOISES.items():
        series = noise(np.random.default_rng(seed), count, 100)
        begin = time.perf_counter()
        rates = [
            100 * float(np.mean([bool(find(s * line)) for line in series])) for s in (0.01, 0.02)
        ]
        each = 1e3 * (time.perf_counter() - begin) / (2 * count)
        print(f"| {name} | {rates[0]:.2f} | {rates[1]:.2f} | {each:.2f} |", flush=True)
    print()


def _found(find: Finder, count: int, seed: int) -> None:
    print("Steps of 3 % at a deviation of 1 %, in percent of series:\n")
    print("| points before, after | noise | found | found within 2 points |")
    print("| --- | --- | ---: | ---: |")
    for before, after in STEPS:
        for name in ("Gaussian", "Student's t, 3 degrees"):
            rng = np.random.default_rng(seed + 1)
            series = 0.01 * NOISES[name](rng, count, before + after)
            series[:, before:] += 0.03 * np.where(np.arange(count) % 2, 1, -1)[:, None]
            places = [find(line) for line in series]
            found = 100 * np.mean([bool(each) for each in places])
            near = 100 * np.mean([any(abs(p - before) <= 2 for p in each) for each in places])
            print(f"| {before}, {after} | {name} | {found:.1f} | {near:.1f} |", flush=True)
    print()


def _autoregressive(rng: np.random.Generator, count: int, length: int, r: float) -> Floats:
    shocks = rng.normal(size=(count, length)) * math.sqrt(1 - r * r)
    found = np.empty((count, length))
    found[:, 0] = rng.normal(size=count)
    for i in range(1, length):
        found[:, i] = r * found[:, i - 1] + shocks[:, i]
    return found


def _wild(rng: np.random.Generator, count: int, length: int) -> Floats:
    wild = (rng.random((count, length)) < 0.03) * rng.exponential(8, size=(count, length))
    return np.asarray(rng.normal(size=(count, length)) - wild)


if __name__ == "__main__":
    main()
