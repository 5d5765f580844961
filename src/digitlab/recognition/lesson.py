"""How a run goes on learning: the settings, the mixture, and what is held out of it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset, Split
from digitlab.data.stratify import fold_numbers
from digitlab.errors import ConfigError, DataError
from digitlab.runs import Run
from digitlab.training import Augmentation, Fitted, TrainingConfig, fit, state_from

__all__ = ["Lesson", "held_out", "learn_once", "learning_config", "mixed"]

FOLDS = 3
# Own digits are few: without changes they would be learned by heart.
NATURAL = Augmentation(shift=1, rotate=10, scale=0.1, shear=10, stroke=0.4, elastic=0.8)


@dataclass(frozen=True)
class Lesson:
    """How a run goes on learning; chosen by cross-validation over writers, see `benchmarks/learning.py`.

    Parameters
    ----------
    share
        Of all images seen, the share that are own digits; each is seen as often as that takes.
    steps
        How many batches to learn from.
    learning_rate
        The highest; None for a share, `RATE`, of the run's own.
    seed
        Decides everything random.

    Raises
    ------
    ConfigError
        If the share does not lie between 0 and 1.
    """

    share: float = 0.2
    steps: int = 500
    learning_rate: float | None = None
    seed: int = 0

    RATE: ClassVar[float] = 0.1

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ConfigError(
                f"The share of own digits lies between 0 and 1, not at {self.share:g}: with none nothing new "
                "is learned, and with nothing else the rest is forgotten."
            )


def learn_once(
    run: Run, split: Split, own: Dataset, lesson: Lesson, *, rows: NDArray[np.intp] | None = None
) -> Fitted:
    """Let a finished run go on learning from its training images and own digits, of these all or some `rows`.

    The others are not seen; they are there so that what was compiled for all serves for some too.
    """
    config = learning_config(run, lesson)
    state = state_from(run.config.model, config, run.params())
    some = np.arange(len(own)) if rows is None else rows
    return fit(run.config.model, config, mixed(split, own, some, lesson.share), state=state)


def learning_config(run: Run, lesson: Lesson) -> TrainingConfig:
    """Return the settings of the learning: the run's own, but for a small rate that rises and falls once.

    Images are changed at random as far as the run's own training did or, where it did not, as `NATURAL` says.
    """
    own = run.config.training
    rate = own.learning_rate * Lesson.RATE if lesson.learning_rate is None else lesson.learning_rate
    return replace(
        own,
        steps=lesson.steps,
        periods=1,
        learning_rate=rate,
        schedule="one-cycle",
        patience=None,
        augmentation=NATURAL if own.augmentation.is_off else own.augmentation,
        seed=lesson.seed,
    )


def mixed(split: Split, own: Dataset, rows: NDArray[np.intp], share: float) -> Split:
    """Return a split whose training images are `share` own digits, `rows` named as often as that takes.

    Its validation images are those of `split`.

    Raises
    ------
    DataError
        If the own digits are not of the same height and width, or no `rows` are named.
    """
    if not len(rows):
        raise DataError("There are no own digits to mix in: expected one row or more, found none. Name some.")
    both = split.whole.joined(replace(own, writers=None))
    wanted = max(1, round(len(split.training_rows) * share / (1 - share)))
    named = np.resize(len(split.whole) + rows, wanted)
    return replace(
        split, official=both, added=None, training_rows=np.concatenate([split.training_rows, named])
    )


def held_out(own: Dataset, seed: int) -> Iterator[NDArray[np.bool_]]:
    """Yield, for each fold, which own digits are held out: all of some writers, else a share of each.

    There are three folds, or as many as there are writers or, of one writer, images, if these are fewer.
    Nothing is yielded for a single image.
    """
    if own.writers is not None:
        for people in np.array_split(np.unique(own.writers), min(FOLDS, len(np.unique(own.writers)))):
            yield np.isin(own.writers, people)
    elif len(own) > 1:
        numbers = fold_numbers(own.labels, min(FOLDS, len(own)), seed)
        for fold in np.unique(numbers):
            yield numbers == fold
