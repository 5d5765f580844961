"""How often intervals that should cover the truth 95 times in 100 do, by simulation.

    python benchmarks/coverage.py --times 2000

draws test sets from populations whose truth is known, and counts how often each interval covers it. There
are 297 writers of 8 to 130 digits, as in MNIST's test set, and people differ in how well they are read
(logit-normal; a second model is as good in the mean, and half as much of its skill is with other people).
Prints a Markdown table, and writes every number to `results/coverage.json`.
"""

import argparse
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from record import today, versions, write

from digitlab.evaluation import Interval, group_bootstrap, paired_interval, wilson_interval

WRITERS = 297
SPREADS = {"people alike": 0.0, "people differ": 0.75, "people differ much": 1.5}
ACCURACIES = (0.928, 0.983, 0.9956)
RESAMPLES = 2000
HEADER = "| test set | digits right, % | interval | covers % | its width, points |"


class Population(NamedTuple):
    """People and how well their digits are read; what is true of all of them."""

    name: str
    mean: float
    spread: float
    truth: float


def main() -> None:
    """Simulate, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=2000)
    times = parser.parse_args().times
    results = []
    for accuracy in ACCURACIES:
        for name, spread in SPREADS.items():
            people = population(name, accuracy, spread)
            results += covered(people, times)
    write(
        "coverage", {"date": today(), "times": times, **versions(("digitlab", "numpy")), "results": results}
    )
    print("\n".join([HEADER, "|---|---|---|---|---|", *map(row, results)]))
    print(f"\nn = {times} simulated test sets each, {RESAMPLES} resamples, {today()}")


def population(name: str, accuracy: float, spread: float) -> Population:
    """Return people of whose digits `accuracy` are right in the mean, found by bisection."""
    normal = np.random.default_rng(0).normal(size=400_000)
    low, high = -10.0, 20.0
    for _ in range(60):
        mean = (low + high) / 2
        low, high = (mean, high) if logistic(mean + spread * normal).mean() < accuracy else (low, mean)
    return Population(name, mean, spread, float(logistic(mean + spread * normal).mean()))


def logistic(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-values))."""
    return 1 / (1 + np.exp(-values))


def covered(people: Population, times: int) -> list[dict[str, object]]:
    """Return, for each interval, how often it covers the truth, and its mean width."""
    hits: dict[str, list[bool]] = {}
    widths: dict[str, list[float]] = {}
    for seed in range(times):
        generator = np.random.default_rng([seed, 1])
        writers = test_set(generator)
        shared, *own = generator.normal(size=(3, WRITERS)) * np.sqrt(0.5)
        right, other = (
            generator.random(len(writers)) < logistic(people.mean + people.spread * (shared + each))[writers]
            for each in own
        )
        for name, (interval, truth) in {
            "Wilson": (wilson_interval(int(right.sum()), len(right)), people.truth),
            "over writers": (resampled(right, writers, seed), people.truth),
            "difference: Bonett-Price": (paired(right, other), 0.0),
            "difference: over writers": (resampled(right.astype(float) - other, writers, seed), 0.0),
        }.items():
            hits.setdefault(name, []).append(interval.low <= truth <= interval.high)
            widths.setdefault(name, []).append(interval.width)
    return [
        {
            "test_set": people.name,
            "truth": people.truth,
            "interval": name,
            "coverage": float(np.mean(hits[name])),
            "width": float(np.mean(widths[name])),
        }
        for name in hits
    ]


def test_set(generator: np.random.Generator) -> NDArray[np.intp]:
    """Return who wrote each digit: sizes spread as in MNIST's test set, median 21, 8 to 130."""
    sizes = np.clip(np.exp(generator.normal(np.log(25), 0.75, WRITERS)), 8, 130).astype(int)
    return np.repeat(np.arange(WRITERS), sizes)


def resampled(
    values: NDArray[np.bool_] | NDArray[np.float64], writers: NDArray[np.intp], seed: int
) -> Interval:
    """Return the bootstrap interval over writers."""
    interval = group_bootstrap(values, writers, resamples=RESAMPLES, seed=seed)
    assert interval is not None
    return interval


def paired(right: NDArray[np.bool_], other: NDArray[np.bool_]) -> Interval:
    """Return the Bonett-Price interval of the difference."""
    return paired_interval(int((other & ~right).sum()), int((right & ~other).sum()), len(right))


def row(result: dict[str, object]) -> str:
    """Return a row of the table."""
    truth, coverage, width = (100 * float(str(result[name])) for name in ("truth", "coverage", "width"))
    return f"| {result['test_set']} | {truth:.2f} | {result['interval']} | {coverage:.1f} | {width:.2f} |"


if __name__ == "__main__":
    main()
