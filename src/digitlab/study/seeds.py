"""Ways of training compared: runs of several seeds each, paired by the seed on the same test images."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from digitlab.errors import ConfigError
from digitlab.evaluation import (
    ALPHA,
    Looks,
    SeedComparison,
    SeedSpread,
    compare_all_over_seeds,
    seed_spread,
)
from digitlab.models import count_parameters
from digitlab.runs import Run, check_alike
from digitlab.scoring import evaluate_run, look_at_test, score_run
from digitlab.workflow import Data

__all__ = ["SeedStanding", "SeedStudy", "compare_seed_runs", "shared_seeds", "with_seeds"]


@dataclass(frozen=True)
class SeedStanding:
    """One way of training in a comparison.

    runs
        By their seeds.
    validation
        On each run's own validation images.
    train_seconds
        Of all its runs together.
    """

    name: str
    runs: dict[int, Run]
    validation: SeedSpread
    test: SeedSpread
    test_accuracies: tuple[float, ...]
    parameters: int
    train_seconds: float

    @property
    def split(self) -> str:
        """How validation was taken from training."""
        return next(iter(self.runs.values())).config.data.split

    @property
    def folder(self) -> Path:
        """Where its runs are."""
        return next(iter(self.runs.values())).folder.parent

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "run": str(self.folder),
            "validation": self.validation.score(),
            "test": self.test.score() | {"accuracies": list(self.test_accuracies)},
            "parameters": self.parameters,
            "train_seconds": self.train_seconds,
        }


@dataclass(frozen=True)
class SeedStudy:
    """What a comparison of ways of training found; the baseline is always giving the commonest class."""

    dataset: str
    seeds: tuple[int, ...]
    standings: list[SeedStanding]
    comparisons: list[SeedComparison]
    looks: Looks
    baseline_class: int
    baseline_accuracy: float

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "dataset": self.dataset,
            "seeds": list(self.seeds),
            "models": {standing.name: standing.as_dict() for standing in self.standings},
            "comparisons": [comparison.as_dict() for comparison in self.comparisons],
            "looks": self.looks.number,
        }


def compare_seed_runs(
    ways: Mapping[str, Mapping[int, Run]], data: Data, *, alpha: float = ALPHA
) -> SeedStudy:
    """Score the finished runs of several ways of training, and compare each pair of ways over their seeds.

    Each run's result on the test set is a look at it,
    which the ledger keeps.

    Parameters
    ----------
    ways
        Finished runs by their seeds, the same for all, by the name to show.
    data
        The data that all of them were trained on.
    alpha
        The level at which a difference is claimed.

    Raises
    ------
    ConfigError
        If they have not the same two seeds or more, or runs that are to be averaged are not of one way of
        training.
    DataError
        If a run was trained on other data.
    RunError
        If a run is unfinished or damaged.
    """
    seeds = tuple(next(iter(ways.values())))
    with_seeds(ways, seeds)
    for runs in ways.values():
        check_alike({seed: run.config for seed, run in runs.items()}, runs[seeds[0]].folder.parent)
    read, looks = look_at_test([run for runs in ways.values() for run in runs.values()], data)
    standings, right, logits = [], {}, iter(read)
    for name, runs in ways.items():
        tests = [
            (score_run(run, data.test, each), each) for run, each in zip(runs.values(), logits, strict=False)
        ]
        right[name] = np.stack([each.argmax(axis=1) == data.test.labels for _, each in tests])
        standings.append(
            SeedStanding(
                name=name,
                runs=dict(runs),
                validation=seed_spread(
                    [evaluate_run(run, data.split_of(run).validation) for run in runs.values()]
                ),
                test=seed_spread([test for test, _ in tests]),
                test_accuracies=tuple(test.accuracy for test, _ in tests),
                parameters=count_parameters(runs[seeds[0]].params()),
                train_seconds=sum(run.history()[-1].seconds for run in runs.values()),
            )
        )
    pairs = compare_all_over_seeds(right, writers=data.test.writers, alpha=alpha)
    test = tests[0][0]
    return SeedStudy(
        data.train.name, seeds, standings, pairs, looks, test.baseline_class, test.baseline_accuracy
    )


def shared_seeds(ways: Mapping[str, Set[int]]) -> tuple[int, ...]:
    """Return the seeds that all have, in order; raise `ConfigError` if they are fewer than two."""
    shared = tuple(sorted(frozenset.intersection(*map(frozenset, ways.values()))))
    if len(shared) < 2:
        raise ConfigError(
            "Ways of training are compared seed by seed, over two or more that all have; "
            f"{_who_has(ways)}. Train the lacking ones with train --seeds."
        )
    return shared


def with_seeds(ways: Mapping[str, Mapping[int, Run]], seeds: Sequence[int]) -> dict[str, dict[int, Run]]:
    """Return the runs of these seeds; raise `ConfigError` if one of the ways lacks one of them."""
    if any(seed not in runs for runs in ways.values() for seed in seeds):
        raise ConfigError(
            f"The seeds {', '.join(map(str, seeds))} are to be compared, but "
            f"{_who_has({name: set(runs) for name, runs in ways.items()})}. Train the lacking ones with "
            "train --seeds, or compare fewer."
        )
    return {name: {seed: runs[seed] for seed in seeds} for name, runs in ways.items()}


def _who_has(ways: Mapping[str, Set[int]]) -> str:
    return "; ".join(f"{name} has {', '.join(map(str, sorted(each)))}" for name, each in ways.items())
