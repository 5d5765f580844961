"""How good a classifier is: arrays in, a frozen value out."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation.bootstrap import writer_interval
from digitlab.evaluation.intervals import Interval, wilson_interval

__all__ = [
    "ClassScores",
    "Confusion",
    "Evaluation",
    "class_scores",
    "confusion_counts",
    "evaluate",
    "log_loss",
    "losses",
    "probabilities",
]


@dataclass(frozen=True, eq=False)
class ClassScores:
    """Scores of each class, arrays of shape (classes,); 0 where there is nothing to divide by.

    precision
        Of the images read as this class, the share that are.
    recall
        Of the images of this class, the share read as it.
    f1
        The harmonic mean of the two.
    support
        How many images of this class there are.
    """

    precision: NDArray[np.float64]
    recall: NDArray[np.float64]
    f1: NDArray[np.float64]
    support: NDArray[np.int64]


@dataclass(frozen=True)
class Confusion:
    """`count` images of class `true` were read as class `read_as`."""

    true: int
    read_as: int
    count: int


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a classifier did on one labelled set.

    Parameters
    ----------
    accuracy
        The share of images read right.
    interval
        The 95 % interval of the accuracy: how far chance in the choice of these images may have
        moved it or, where the writers are known, chance in the choice of the people (see
        `writer_interval`). It does not cover the chance in training.
    log_loss
        Mean of -log(probability given to the true class), in nats.
    n
        How many images.
    confusion : int64 (classes, classes)
        Rows are the true class and columns the class read, as in scikit-learn.
    baseline_class
        The class that is most frequent in training.
    naive_interval
        Where `interval` is over writers, the 95 % Wilson interval, which takes each image to be somebody
        else's; else None, for `interval` is that.
    writers
        How many people wrote them, or None where nobody knows.
    """

    accuracy: float
    interval: Interval
    log_loss: float
    n: int
    confusion: NDArray[np.int64]
    baseline_class: int
    naive_interval: Interval | None = None
    writers: int | None = None

    @property
    def widening(self) -> float | None:
        """How many times as wide as the naive interval the one over writers is."""
        return self.interval.width / self.naive_interval.width if self.naive_interval else None

    @cached_property
    def per_class(self) -> ClassScores:
        """Precision, recall and F1 of each class."""
        return class_scores(self.confusion)

    @property
    def confusion_shares(self) -> NDArray[np.float64]:
        """The confusion matrix with each row divided by its sum; a row without images is 0."""
        return _ratio(self.confusion, self.confusion.sum(axis=1, keepdims=True))

    @property
    def baseline_accuracy(self) -> float:
        """The accuracy of always answering `baseline_class`."""
        return float(self.confusion[self.baseline_class].sum() / self.n)

    def most_confused(self, limit: int = 3) -> list[Confusion]:
        """Return the most frequent confusions of one class for another, most frequent first."""
        errors = self.confusion - np.diag(np.diag(self.confusion))
        order = np.argsort(-errors, axis=None, kind="stable")[:limit]
        cells = zip(*np.unravel_index(order, errors.shape), strict=True)
        return [Confusion(int(i), int(j), int(errors[i, j])) for i, j in cells if errors[i, j]]

    def score(self) -> dict[str, Any]:
        """Return the SCORE keys of the shell's JSON: accuracy, interval, log_loss, n; and more beside."""
        score = {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "log_loss": self.log_loss,
            "n": self.n,
            "baseline": {"digit": self.baseline_class, "accuracy": self.baseline_accuracy},
        }
        if self.writers is None:
            return score
        naive = self.naive_interval or self.interval
        return score | {
            "writers": self.writers,
            "naive_interval": list(naive),
            "widening": self.widening,
        }

    def as_dict(self) -> dict[str, Any]:
        """Return the SCORE keys, and with them the confusion matrix and the scores of each class."""
        scores = self.per_class
        return self.score() | {
            "confusion": self.confusion.tolist(),
            "confusion_shares": self.confusion_shares.tolist(),
            "per_class": {
                "precision": scores.precision.tolist(),
                "recall": scores.recall.tolist(),
                "f1": scores.f1.tolist(),
                "support": scores.support.tolist(),
            },
        }


def evaluate(
    logits: ArrayLike, labels: ArrayLike, *, baseline_class: int, writers: ArrayLike | None = None
) -> Evaluation:
    """Score logits against labels.

    Parameters
    ----------
    logits : float (n, classes)
        Scores before the softmax, as `predict_logits` returns them.
    labels : integer (n,)
        The true classes, in 0 .. classes - 1.
    baseline_class
        The most frequent class of the training set. It is asked for because the labels that
        are being predicted must not choose their own baseline.
    writers : integer (n,), optional
        Who wrote each image, as `Dataset.writers` has it.

    Raises
    ------
    DataError
        If shapes do not fit, there is no image, or a label or logit is out of range.
    """
    scores, truth = _checked(logits, labels)
    counts = confusion_counts(truth, scores.argmax(axis=1), scores.shape[1])
    right = int(np.trace(counts))
    naive = wilson_interval(right, len(truth))
    over_writers = writer_interval(scores.argmax(axis=1) == truth, writers)
    return Evaluation(
        accuracy=right / len(truth),
        interval=over_writers or naive,
        log_loss=log_loss(scores, truth),
        n=len(truth),
        confusion=counts,
        baseline_class=baseline_class,
        naive_interval=naive if over_writers else None,
        writers=None if writers is None else len(np.unique(np.asarray(writers))),
    )


def log_loss(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean over images of log Σ exp(logits) - logit of the true class, in nats.

    It is computed from logits in float64 and so is finite for every finite logit, also
    where the probability of the true class would round to 0.
    """
    return float(np.mean(losses(logits, labels)))


def losses(logits: ArrayLike, labels: ArrayLike) -> NDArray[np.float64]:
    """Return the log loss of each image, float64 (n,); see `log_loss`."""
    scores, truth = _checked(logits, labels)
    return np.asarray(_log_sum_exp(scores) - scores[np.arange(len(truth)), truth])


def probabilities(logits: ArrayLike) -> NDArray[np.float64]:
    """Return softmax(logits), float64 (n, classes); each row sums to one."""
    scores = np.asarray(logits, np.float64)
    return np.asarray(np.exp(scores - _log_sum_exp(scores)[:, None]))


def confusion_counts(labels: ArrayLike, predictions: ArrayLike, classes: int = 10) -> NDArray[np.int64]:
    """Count how often class i (row) was read as class j (column), int64 (classes, classes)."""
    cells = np.asarray(labels, np.int64) * classes + np.asarray(predictions, np.int64)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def class_scores(confusion: NDArray[np.int64]) -> ClassScores:
    """Return precision, recall, F1 and support of each class from a confusion matrix."""
    right, support, read = np.diag(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    return ClassScores(
        precision=_ratio(right, read),
        recall=_ratio(right, support),
        f1=_ratio(2 * right, read + support),
        support=support,
    )


def _log_sum_exp(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    largest = scores.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(scores - largest).sum(axis=1)) + largest[:, 0])


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros(np.broadcast(part, whole).shape), where=whole > 0)


def _checked(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    scores, truth = np.asarray(logits, np.float64), np.asarray(labels)
    if scores.ndim != 2 or truth.shape != scores.shape[:1] or not len(truth):
        raise DataError(
            "Expected logits (n, classes) and labels (n,) with n >= 1, "
            f"found {scores.shape} and {truth.shape}."
        )
    if not np.issubdtype(truth.dtype, np.integer) or truth.min() < 0 or truth.max() >= scores.shape[1]:
        raise DataError(f"Labels must be whole numbers from 0 to {scores.shape[1] - 1}, one for each image.")
    if not np.isfinite(scores).all():
        raise DataError("Logits must be finite; found NaN or infinity, the mark of a training that diverged.")
    return scores, truth.astype(np.int64)
