"""What reading loses where a unit is taken out, image by image."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import Interval, losses, paired_interval, t_interval

__all__ = ["Cost", "Reading", "cost_of", "knowledge_share"]

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Cost:
    """What reading loses where a unit is taken out, on the same images.

    Parameters
    ----------
    log_loss
        The rise of the log loss, in nats an image.
    log_loss_interval
        Its 95 % interval: Student's, over images.
    moved
        How far the loss of an image moves, up or down, on average.
    accuracy
        The fall of the accuracy, a share of the images.
    accuracy_interval
        Its 95 % interval, that of Bonett and Price.
    of_classes
        The rise of the log loss on the images of each class.
    serves
        The classes whose log loss rises by more than chance makes it, the most first.
    """

    log_loss: float
    log_loss_interval: Interval
    moved: float
    accuracy: float
    accuracy_interval: Interval
    of_classes: tuple[float, ...]
    serves: tuple[int, ...]

    def is_below(self, limit: float) -> bool:
        """Whether the log loss rises by no more than `limit`, and no fewer images are seen to be right."""
        return self.log_loss <= limit and self.accuracy_interval.low <= 0


@dataclass(frozen=True, eq=False)
class Reading:
    """How a network reads some images, one by one.

    losses : float64 (n,)
        The log loss of each.
    right : bool (n,)
        Whether it is read right.
    labels : integer (n,)
    classes
        How many there are.
    """

    losses: NDArray[np.float64]
    right: NDArray[np.bool_]
    labels: NDArray[np.uint8]
    classes: int

    @classmethod
    def of(cls, logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> "Reading":
        """Read logits, float (n, classes)."""
        return cls(losses(logits, labels), logits.argmax(axis=1) == labels, labels, logits.shape[1])

    @property
    def log_loss(self) -> float:
        """The mean loss, in nats an image."""
        return float(self.losses.mean())

    @property
    def accuracy(self) -> float:
        """The share of images read right."""
        return float(self.right.mean())


def cost_of(whole: Reading, logits: NDArray[np.float32]) -> Cost:
    """Return what is lost where a unit is taken out, from the logits that are left, float (n, classes)."""
    left = Reading.of(logits, whole.labels)
    rise = left.losses - whole.losses
    gained, lost = int((left.right & ~whole.right).sum()), int((whole.right & ~left.right).sum())
    of_classes = [rise[whole.labels == each] for each in range(whole.classes)]
    return Cost(
        log_loss=float(rise.mean()),
        log_loss_interval=t_interval(rise, confidence=CONFIDENCE),
        moved=float(np.abs(rise).mean()),
        accuracy=(lost - gained) / len(rise),
        accuracy_interval=paired_interval(gained, lost, len(rise), confidence=CONFIDENCE),
        of_classes=tuple(float(each.mean()) if len(each) else 0.0 for each in of_classes),
        serves=served(of_classes),
    )


def served(of_classes: list[NDArray[np.float64]]) -> tuple[int, ...]:
    """Return the classes whose losses rise by more than chance, the largest rise first.

    Chance in the choice of the images would name one of all of them wrongly once in 20 times: each has
    Student's interval at 1 - 0.05 / classes (Bonferroni).
    """
    confidence = 1 - (1 - CONFIDENCE) / len(of_classes)
    rising = {
        number: float(each.mean())
        for number, each in enumerate(of_classes)
        if len(each) > 1 and t_interval(each, confidence=confidence).low > 0
    }
    return tuple(sorted(rising, key=lambda number: -rising[number]))


def knowledge_share(log_loss: float, classes: int, units: int) -> float:
    """Return an even share of what a network knows beside one that guesses, in nats an image.

    It is (log(classes) - log loss) / units; 0 for a network that knows nothing.
    """
    return max(0.0, math.log(classes) - log_loss) / units
