"""What a report tells: some runs on the same images, how good each is, and how they compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.evaluation import ALPHA, Calibration, Comparison, Evaluation, Looks, compare_all, probabilities
from digitlab.runs import Run
from digitlab.scoring import calibrate_run, evaluate_run, look_at_test, read_run, score_run
from digitlab.study import Study
from digitlab.workflow import Data

__all__ = ["Story", "Subject", "story_of_runs", "story_of_study"]


@dataclass(frozen=True, eq=False)
class Subject:
    """One run that is told of.

    Parameters
    ----------
    name
        What it is called.
    run
        The run, finished.
    images
        Those that it is scored on.
    logits : float64 (n, classes)
        What it makes of them.
    evaluation
        How good that is.
    validation
        How good it is on its own validation images, where `images` are others.
    calibration
        What its probabilities are worth on `images`.
    """

    name: str
    run: Run
    images: Dataset
    logits: NDArray[np.float64]
    evaluation: Evaluation
    validation: Evaluation | None
    calibration: Calibration

    @cached_property
    def probabilities(self) -> NDArray[np.float64]:
        """What it gives each class, float64 (n, classes)."""
        return probabilities(self.logits)

    @property
    def read_as(self) -> NDArray[np.intp]:
        """The class that each image is read as."""
        return np.asarray(self.logits.argmax(axis=1))


@dataclass(frozen=True, eq=False)
class Story:
    """Everything that a report tells.

    Parameters
    ----------
    data
        What the runs were trained on.
    split
        Which images they are scored on: "validation" or "test".
    subjects
        The runs, in the order to tell of them.
    comparisons
        Each pair on the same images; none where the images differ.
    alpha
        The level at which a difference is claimed.
    looks
        How often the test set has been looked at; None for validation.
    looks_inside
        Whether to judge units and to train again for a timeline, which takes a while.
    """

    data: Data
    split: str
    subjects: tuple[Subject, ...]
    comparisons: tuple[Comparison, ...]
    alpha: float
    looks: Looks | None
    looks_inside: bool = False

    @property
    def best(self) -> Subject:
        """The run with the highest accuracy; the first of several."""
        return max(self.subjects, key=lambda subject: subject.evaluation.accuracy)


def story_of_runs(
    runs: Mapping[str, Run], data: Data, split: str, *, alpha: float = ALPHA, looks_inside: bool = False
) -> Story:
    """Score finished runs, and compare each pair where they are scored on the same images.

    Scoring on the test set is a look at it, which the ledger keeps.

    Raises
    ------
    DataError
        If a run was trained on other data.
    RunError
        If a run is unfinished or damaged.
    """
    on_test = split == "test"
    for run in runs.values():
        run.params()
    images = {name: data.test if on_test else data.split_of(run).validation for name, run in runs.items()}
    looks: Looks | None = None
    if on_test:
        logits, looks = look_at_test(list(runs.values()), data)
    else:
        logits = [read_run(run, images[name]) for name, run in runs.items()]
    subjects = tuple(
        _subject(name, run, data, images[name], each, on_test)
        for (name, run), each in zip(runs.items(), logits, strict=True)
    )
    return Story(data, split, subjects, _comparisons(subjects, alpha), alpha, looks, looks_inside)


def story_of_study(study: Study, data: Data, *, alpha: float = ALPHA) -> Story:
    """Return the story of a comparison, which has looked at the test set already."""
    subjects = tuple(
        Subject(
            standing.name,
            standing.run,
            data.test,
            standing.logits,
            standing.test,
            standing.validation,
            calibrate_run(standing.run, data, data.test, standing.logits),
        )
        for standing in study.standings
    )
    return Story(data, "test", subjects, tuple(study.comparisons), alpha, study.looks)


def _subject(
    name: str, run: Run, data: Data, images: Dataset, logits: NDArray[np.float64], on_test: bool
) -> Subject:
    return Subject(
        name=name,
        run=run,
        images=images,
        logits=logits,
        evaluation=score_run(run, images, logits),
        validation=evaluate_run(run, data.split_of(run).validation) if on_test else None,
        calibration=calibrate_run(run, data, images, logits),
    )


def _comparisons(subjects: tuple[Subject, ...], alpha: float) -> tuple[Comparison, ...]:
    if len({subject.images.fingerprint for subject in subjects}) > 1:
        return ()
    right = {subject.name: subject.read_as == subject.images.labels for subject in subjects}
    return tuple(compare_all(right, writers=subjects[0].images.writers, alpha=alpha))
