"""Which digits a model misreads most surely, what they look like, and where two models differ."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation import probabilities

__all__ = ["Disagreement", "Mistake", "Mistakes", "Neighbour", "disagreement", "find_mistakes", "nearest"]

BLOCK = 8192
# Rounding in float32 may swap two that are nearly as far: so many more are measured exactly.
SPARE = 5


@dataclass(frozen=True)
class Neighbour:
    """A training digit that looks like another digit.

    index, label
        Which of the training images, and what it is.
    distance
        The root of the summed squared differences of their pixels, in grey values.
    """

    index: int
    label: int
    distance: float


@dataclass(frozen=True)
class Mistake:
    """A digit that was read wrong.

    index
        Which of the images.
    true, read_as
        What it is, and what it was read as.
    read_probability, true_probability
        What the model gave these two.
    neighbours
        The training digits that are most like it, the nearest first.
    """

    index: int
    true: int
    read_as: int
    read_probability: float
    true_probability: float
    neighbours: tuple[Neighbour, ...]

    @property
    def sentence(self) -> str:
        """What happened, and what the nearest training digits say."""
        labels = ", ".join(str(each.label) for each in self.neighbours)
        return (
            f"image {self.index}, a {self.true} read as {self.read_as} with "
            f"{100 * self.read_probability:.1f} %; its nearest training digits are {labels}."
        )


@dataclass(frozen=True)
class Mistakes:
    """What a model reads wrong on some images.

    n, wrong
        How many images, and how many of them were read wrong.
    surest
        The mistakes with the highest probabilities, the surest first.
    """

    n: int
    wrong: int
    surest: tuple[Mistake, ...]

    @property
    def sentence(self) -> str:
        """How many there are, the surest one, and whether the nearest training digits mislead too."""
        if not self.surest:
            return f"All {self.n:,} images are read right."
        nearest = [each.neighbours[0].label for each in self.surest]
        read = sum(label == each.read_as for label, each in zip(nearest, self.surest, strict=True))
        true = sum(label == each.true for label, each in zip(nearest, self.surest, strict=True))
        return (
            f"{self.wrong:,} of {self.n:,} images are read wrong. The surest mistake is "
            f"{self.surest[0].sentence} Of the {len(self.surest)} surest, the nearest training digit is of "
            f"the digit read in {read}, and of the true one in {true}."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Disagreement:
    """Where two models differ on the same images.

    Attributes
    ----------
    only_a, only_b : intp
        The images that only the first, or only the second, read right.
    labels_a, labels_b : int64 (classes,)
        How many of these are of each digit.
    both, neither : int
        How many images both read right, and both wrong.
    """

    only_a: NDArray[np.intp]
    only_b: NDArray[np.intp]
    labels_a: NDArray[np.int64]
    labels_b: NDArray[np.int64]
    both: int
    neither: int

    def sentence(self, a: str, b: str) -> str:
        """Return how often each of the models `a` and `b` alone is right, and on which digits."""
        return (
            f"{a} alone reads {_counted(self.labels_a)} right, {b} alone {_counted(self.labels_b)}; "
            f"both read {self.both:,} right and {self.neither:,} wrong."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "only_a": self.only_a.tolist(),
            "only_b": self.only_b.tolist(),
            "labels_a": self.labels_a.tolist(),
            "labels_b": self.labels_b.tolist(),
            "both": self.both,
            "neither": self.neither,
        }


def find_mistakes(
    logits: ArrayLike,
    labels: NDArray[np.integer[Any]],
    pixels: NDArray[np.uint8],
    training_pixels: NDArray[np.uint8],
    training_labels: NDArray[np.integer[Any]],
    *,
    count: int = 24,
    neighbours: int = 3,
) -> Mistakes:
    """Find the surest mistakes of a model, and the training digits that are most like them.

    Parameters
    ----------
    logits : float (n, classes)
        What the model made of the images.
    labels : integer (n,)
        What they are.
    pixels : uint8 (n, h, w)
        The images.
    training_pixels, training_labels : uint8 (m, h, w), integer (m,)
        What the model learned from.
    count, neighbours
        How many mistakes at most, and how many training digits for each.

    Raises
    ------
    DataError
        If there are not as many images and labels as logits.
    """
    shares = probabilities(logits)
    if not len(shares) == len(labels) == len(pixels):
        raise DataError(
            f"Expected as many images and labels as logits, {len(shares)}; "
            f"found {len(pixels)} images and {len(labels)} labels."
        )
    read = shares.argmax(axis=1)
    wrong = np.flatnonzero(read != labels)
    surest = wrong[np.argsort(-shares[wrong, read[wrong]], kind="stable")][: max(count, 0)]
    if not len(surest):
        return Mistakes(len(labels), len(wrong), ())
    indices, distances = nearest(pixels[surest], training_pixels, neighbours)
    found = [
        Mistake(
            int(image),
            int(labels[image]),
            int(read[image]),
            float(shares[image, read[image]]),
            float(shares[image, labels[image]]),
            tuple(
                Neighbour(int(i), int(training_labels[i]), float(d)) for i, d in zip(near, far, strict=True)
            ),
        )
        for image, near, far in zip(surest, indices, distances, strict=True)
    ]
    return Mistakes(len(labels), len(wrong), tuple(found))


def nearest(
    pixels: NDArray[np.uint8], among: NDArray[np.uint8], count: int
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return which pictures of `among` are nearest to each of `pixels`, and how far they are.

    |a - b|² = |a|² + |b|² - 2 a·b, as products of whole blocks in float32; the nearest are then measured
    exactly, in whole numbers. Of two that are as far, the first in `among` comes first.

    Parameters
    ----------
    pixels : uint8 (n, h, w)
    among : uint8 (m, h, w)
    count
        How many for each, at most m.

    Returns
    -------
    indices : intp (n, count)
        The nearest first.
    distances : float64 (n, count)
        Euclidean, in grey values.
    """
    queries = _rows(pixels)
    # |a|² is the same for all that a is compared with.
    far = np.concatenate(
        [
            (block**2).sum(axis=1) - 2 * (queries @ block.T)
            for block in (_rows(among[start : start + BLOCK]) for start in range(0, len(among), BLOCK))
        ],
        axis=1,
    )
    candidates = np.sort(np.argsort(far, axis=1, kind="stable")[:, : count + SPARE], axis=1)
    squares = np.stack([_squared(one, among[chosen]) for one, chosen in zip(pixels, candidates, strict=True)])
    order = np.argsort(squares, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(candidates, order, axis=1), np.sqrt(np.take_along_axis(squares, order, axis=1))


def disagreement(
    right_a: NDArray[np.bool_], right_b: NDArray[np.bool_], labels: NDArray[np.integer[Any]]
) -> Disagreement:
    """Say where two models differ.

    Parameters
    ----------
    right_a, right_b : bool (n,)
        Whether each model read each of the same images right.
    labels : integer (n,)
        What they are.

    Raises
    ------
    DataError
        If there are not as many of each.
    """
    if not right_a.shape == right_b.shape == labels.shape:
        raise DataError(
            "Two models are compared on the same images: expected as many answers of each as labels, "
            f"{labels.shape}; found {right_a.shape} and {right_b.shape}."
        )
    only_a, only_b = np.flatnonzero(right_a & ~right_b), np.flatnonzero(right_b & ~right_a)
    classes = int(labels.max()) + 1
    return Disagreement(
        only_a,
        only_b,
        np.bincount(labels[only_a], minlength=classes),
        np.bincount(labels[only_b], minlength=classes),
        int((right_a & right_b).sum()),
        int((~right_a & ~right_b).sum()),
    )


def _rows(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    return pixels.reshape(len(pixels), -1).astype(np.float32)


def _squared(one: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.int64]:
    differences = others.astype(np.int64) - one.astype(np.int64)
    return np.asarray((differences**2).sum(axis=(1, 2)))


def _counted(labels: Sequence[int] | NDArray[np.int64], most: int = 3) -> str:
    """Return how many images there are, and of which digits most of them are."""
    counts = np.asarray(labels)
    total = int(counts.sum())
    first = [digit for digit in np.argsort(-counts, kind="stable")[:most] if counts[digit]]
    if not first:
        return "0"
    return f"{total:,} (most often {', '.join(f'{digit}: {counts[digit]}' for digit in first)})"
