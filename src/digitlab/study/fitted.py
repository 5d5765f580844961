"""Fitted models compared: several runs on the same data, each pair on the same test images."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import ALPHA, Comparison, Evaluation, Looks, compare_all
from digitlab.models import count_parameters
from digitlab.runs import Run
from digitlab.scoring import evaluate_run, look_at_test, score_run
from digitlab.workflow import Data

__all__ = ["Standing", "Study", "compare_runs"]


@dataclass(frozen=True, eq=False)
class Standing:
    """One run in a comparison.

    validation
        On the run's own validation images; the same for all runs of one split seed.
    logits
        On the test images, float64 (n, classes).
    """

    name: str
    run: Run
    validation: Evaluation
    test: Evaluation
    parameters: int
    train_seconds: float
    logits: NDArray[np.float64]

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "run": str(self.run.folder),
            "validation": self.validation.score(),
            "test": self.test.score(),
            "parameters": self.parameters,
            "train_seconds": self.train_seconds,
        }


@dataclass(frozen=True)
class Study:
    """What a comparison found."""

    dataset: str
    standings: list[Standing]
    comparisons: list[Comparison]
    looks: Looks

    @property
    def shares_validation(self) -> bool:
        """Whether all runs have the same validation images."""
        kept = [standing.run.config.data for standing in self.standings]
        return len({(each.split, each.split_seed) for each in kept}) == 1

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "dataset": self.dataset,
            "models": {standing.name: standing.as_dict() for standing in self.standings},
            "comparisons": [comparison.as_dict() for comparison in self.comparisons],
            "looks": self.looks.number,
        }


def compare_runs(runs: Mapping[str, Run], data: Data, *, alpha: float = ALPHA) -> Study:
    """Score finished runs on their own validation images and the test set, and compare each pair there.

    Each run's result on the test set is a look at it, which the ledger keeps.

    Parameters
    ----------
    runs
        Finished runs by the name to show, in the order to show them.
    data
        The data that all of them were trained on.
    alpha
        The level at which a difference is claimed.

    Raises
    ------
    DataError
        If a run was trained on other data.
    RunError
        If a run is unfinished or damaged.
    """
    standings, right = [], {}
    read, looks = look_at_test(list(runs.values()), data)
    for (name, run), logits in zip(runs.items(), read, strict=True):
        right[name] = logits.argmax(axis=1) == data.test.labels
        standings.append(
            Standing(
                name=name,
                run=run,
                validation=evaluate_run(run, data.split_of(run).validation),
                test=score_run(run, data.test, logits),
                parameters=count_parameters(run.params()),
                train_seconds=run.history()[-1].seconds,
                logits=logits,
            )
        )
    pairs = compare_all(right, writers=data.test.writers, alpha=alpha)
    return Study(data.train.name, standings, pairs, looks)
