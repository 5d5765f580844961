"""A run that goes on learning from own digits: what it gained, what it lost, and what it became."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.errors import DataError
from digitlab.evaluation import Comparison, Evaluation, compare_paired, evaluate
from digitlab.models import predict_logits
from digitlab.recognition.lesson import Lesson, held_out, learn_once
from digitlab.recognition.own_digits import OwnDigits
from digitlab.recognition.reading import OnPicture, prepare_pictures
from digitlab.recognition.recognizer import Recognizer
from digitlab.runs import LearnRecord, Run, RunConfig, write_learned
from digitlab.training import Fitted
from digitlab.workflow import Data

__all__ = ["BeforeAfter", "Collected", "Learned", "collect", "learn", "write_lesson"]

OnFold = Callable[[int, int], None]
"""Called with how many trainings are done, and of how many."""


@dataclass(frozen=True, eq=False)
class Collected:
    """Own digits as a model sees them.

    Attributes
    ----------
    dataset
        Their pixels and labels, and as `writers` which of the `names` each is by, if there are several.
    names
        The groups, in natural order.
    folder
        Where they are.
    empty
        The pictures in which nothing was found; they are in no data set.
    errors
        The pictures that cannot be opened, and why.
    """

    dataset: Dataset
    names: tuple[str, ...]
    folder: Path
    empty: tuple[Path, ...]
    errors: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """The same images read before the learning and after it."""

    before: Evaluation
    after: Evaluation
    comparison: Comparison

    @classmethod
    def of(cls, images: Dataset, before: Any, after: Any, baseline: int) -> "BeforeAfter":
        """Score the logits of before and of after, float (n, classes) each."""
        was, became = (
            evaluate(each, images.labels, baseline_class=baseline, writers=images.writers)
            for each in (before, after)
        )
        was_right, is_right = (each.argmax(axis=1) == images.labels for each in (before, after))
        found = compare_paired("before", was_right, "after", is_right, writers=images.writers)
        return cls(was, became, found)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "before": self.before.score(),
            "after": self.after.score(),
            "comparison": self.comparison.as_dict(),
        }


@dataclass(frozen=True, eq=False)
class Learned:
    """What came of the learning.

    Attributes
    ----------
    fitted
        What learned from all own digits.
    own
        How well own digits are read that were not learned from; None if there are too few to hold any out.
    writers
        The same for each writer: how many digits, accuracy before and after; nothing where there is one.
    by_writer
        Whether those held out are by other people than those learned from.
    folds
        How many times some were held out.
    validation
        How well the run's own validation images are read.
    """

    fitted: Fitted
    own: BeforeAfter | None
    writers: tuple[tuple[str, int, float, float], ...]
    by_writer: bool
    folds: int
    validation: BeforeAfter

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "own": self.own and self.own.as_dict(),
            "folds": self.folds,
            "by_writer": self.by_writer,
            "per_writer": [
                {"writer": name, "n": n, "before": before, "after": after}
                for name, n, before, after in self.writers
            ],
            "validation": self.validation.as_dict(),
            "steps": self.fitted.config.steps,
            "learning_rate": self.fitted.config.learning_rate,
        }


def collect(recognizer: Recognizer, own: OwnDigits, *, on_picture: OnPicture | None = None) -> Collected:
    """Open own digits and find their ink.

    Raises
    ------
    DataError
        If none of them can be learned from.
    """
    sources = [(str(each.file), each.file) for each in own.pictures]
    pixels, kept, empty, errors = [], [], [], []
    found = (each for some in prepare_pictures(recognizer, sources, on_picture=on_picture) for each in some)
    for picture, (name, ink) in zip(own.pictures, found, strict=True):
        if isinstance(ink, str):
            errors.append((name, ink))
        elif ink.nothing:
            empty.append(picture.file)
        else:
            pixels.append(ink.pixels)
            kept.append(picture)
    if not kept:
        why = errors[0][1] if errors else f"Nothing was found in {empty[0]}."
        raise DataError(f"There is no digit to learn from among {len(sources):,} pictures. The first: {why}")
    names = replace(own, pictures=tuple(kept)).writers
    numbers = np.array([names.index(each.writer) for each in kept])
    dataset = Dataset(
        np.stack(pixels),
        np.array([each.label for each in kept], np.uint8),
        own.folder.resolve().name or "own",
        numbers if len(names) > 1 else None,
    )
    return Collected(dataset, names, own.folder, tuple(empty), tuple(errors))


def learn(run: Run, data: Data, own: Collected, lesson: Lesson, *, on_fold: OnFold | None = None) -> Learned:
    """Let a finished run go on learning, and tell what it gained and what it lost.

    What it gains is measured on own digits held out, fold by fold: each time the run learns from the others
    alone. Then it learns from all of them, and what it lost is measured on the run's own validation images.

    Parameters
    ----------
    run
        A finished run.
    data
        Those that it was trained on.
    own
        Own digits, as the run sees them.
    lesson
        How.
    on_fold
        Called before the first training and after each.

    Raises
    ------
    ConfigError
        If a setting is out of range.
    DataError
        If the data are others.
    DivergedError
        If a loss is no longer finite.
    """
    split, baseline = data.split_of(run), run.config.data.baseline_digit
    folds = list(held_out(own.dataset, lesson.seed))
    say = on_fold or (lambda done, total: None)
    say(0, len(folds) + 1)
    images, before = own.dataset, _logits(run, own.dataset.pixels)
    after = np.zeros_like(before)
    for number, out in enumerate(folds, 1):
        fitted = learn_once(run, split, images, lesson, rows=np.flatnonzero(~out))
        after[out] = fitted.read(images.pixels[out])
        say(number, len(folds) + 1)
    fitted = learn_once(run, split, images, lesson)
    say(len(folds) + 1, len(folds) + 1)
    validation = split.validation
    return Learned(
        fitted,
        BeforeAfter.of(images, before, after, baseline) if folds else None,
        _per_writer(own, before, after) if folds else (),
        images.writers is not None,
        len(folds),
        BeforeAfter.of(
            validation,
            _logits(run, validation.pixels),
            fitted.read(validation.pixels).astype(np.float64),
            baseline,
        ),
    )


def write_lesson(folder: Path, run: Run, own: Collected, lesson: Lesson, learned: Learned) -> Run:
    """Write what a run has become into a new run folder.

    Raises
    ------
    RunExistsError, StorageError
        As `create_run`.
    """
    record = LearnRecord(
        run=str(run.folder),
        model_digest=run.model_digest(),
        own_folder=str(own.folder),
        own_fingerprint=own.dataset.fingerprint,
        own_images=len(own.dataset),
        own_counts=own.dataset.class_counts.tolist(),
        own_share=lesson.share,
    )
    fitted = learned.fitted
    config = RunConfig(fitted.model, fitted.config, run.config.data, learned_from=record)
    return write_learned(folder, config, fitted.params, fitted.history)


def _per_writer(
    own: Collected, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[tuple[str, int, float, float], ...]:
    images = own.dataset
    if images.writers is None:
        return ()
    right = [each.argmax(axis=1) == images.labels for each in (before, after)]
    masks = ((own.names[number], images.writers == number) for number in np.unique(images.writers))
    return tuple(
        (name, int(mask.sum()), float(right[0][mask].mean()), float(right[1][mask].mean()))
        for name, mask in masks
    )


def _logits(run: Run, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    return predict_logits(run.config.model, run.params(), pixels).astype(np.float64)
