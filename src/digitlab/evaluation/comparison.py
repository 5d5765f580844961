"""Whether two fitted models differ on the same images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation.bootstrap import writer_interval
from digitlab.evaluation.intervals import Interval
from digitlab.evaluation.mcnemar import ALPHA, digits_to_show, exact_mcnemar, paired_interval

__all__ = [
    "Comparison",
    "compare_all",
    "compare_paired",
    "holm",
    "holm_over",
    "say_difference",
]


class Tested(Protocol):
    """A frozen dataclass with a p-value, and the one it has among several."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def p_value(self) -> float:
        """Alone."""

    @property
    def p_holm(self) -> float:
        """Among several."""


Pair = TypeVar("Pair", bound=Tested)


@dataclass(frozen=True)
class Comparison:
    """Model `b` against model `a` on the same n images.

    Parameters
    ----------
    difference
        Accuracy of b minus accuracy of a.
    interval
        Its interval at 1 - alpha: over writers where they are known (`writer_interval`), else
        `paired_interval`.
    p_value
        Of the exact McNemar test, see `exact_mcnemar`.
    only_a, only_b
        How many images a alone, b alone read right.
    over_writers
        Whether the interval is over writers.
    p_holm
        The p-value where it is one of several; see `holm`.
    alpha
        The level, fixed before anything was looked at.
    n
        How many images.
    digits_needed
        How many images would show a difference as large as this with a probability of `POWER`; None where
        there is no difference. See `digits_to_show`.
    """

    a: str
    b: str
    difference: float
    interval: Interval
    p_value: float
    only_a: int
    only_b: int
    over_writers: bool
    p_holm: float
    alpha: float
    n: int
    digits_needed: int | None

    @property
    def is_claimed(self) -> bool:
        """Whether these two fitted models differ: the exact test and the interval both say so at alpha."""
        return self.p_holm < self.alpha and not self.interval.low <= 0 <= self.interval.high

    @property
    def is_lost_to_holm(self) -> bool:
        """Whether it would be claimed alone, and among the others is not."""
        return replace(self, p_holm=self.p_value).is_claimed and not self.is_claimed

    @property
    def effect_size(self) -> float:
        """Cohen's g: of the images that only one read right, the share that b did, minus a half."""
        return self.only_b / (self.only_a + self.only_b) - 0.5 if self.only_a + self.only_b else 0.0

    def sentence(self) -> str:
        """Say it in words; a difference is claimed where the exact test and the interval both do."""
        return say_difference(
            self.a, self.b, self.difference, self.interval, self.alpha,
            claimed=self.is_claimed, on="on these images",
        )  # fmt: skip

    def size_sentence(self) -> str:
        """Say how large the difference is beside chance, and how many images would show it."""
        if self.digits_needed is None:
            return f"Each read {self.only_a} right that the other did not."
        better, more = (self.b, self.only_b) if self.difference > 0 else (self.a, self.only_a)
        of_both = self.only_a + self.only_b
        return (
            f"Of {of_both:,} that only one of them read right, {better} read {more:,}. "
            f"{say_needed(self.digits_needed, self.n, 'digits', claimed=self.is_claimed)}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "difference": self.difference,
            "interval": list(self.interval),
            "p_value": self.p_value,
            "p_holm": self.p_holm,
            "alpha": self.alpha,
            "effect_size": self.effect_size,
            "digits_needed": self.digits_needed,
            "over_writers": self.over_writers,
            "claim": "these fitted models" if self.is_claimed else None,
        }


def say_difference(
    a: str, b: str, difference: float, interval: Interval, alpha: float, *, claimed: bool, on: str
) -> str:
    """Say in words how many more digits in 100 one of two reads, or that nobody can tell."""
    low, high = (100 * end for end in interval)
    percent, difference = f"{100 * (1 - alpha):g} %", 100 * difference
    decimals = 1 if abs(difference) >= 0.95 and high - low >= 0.3 else 2
    if not claimed:
        return (
            f"{b} and {a} cannot be told apart {on}: a difference of {difference:+.{decimals}f} "
            f"digits in 100 ({percent}: {low:+.{decimals}f} to {high:+.{decimals}f})."
        )
    better, worse, sign = (b, a, 1) if difference > 0 else (a, b, -1)
    low, high = sorted((sign * low, sign * high))
    return (
        f"{better} reads {abs(difference):.{decimals}f} more digits in 100 than {worse} "
        f"({percent}: {low:.{decimals}f} to {high:.{decimals}f})."
    )


def say_needed(needed: int, had: int, what: str, *, claimed: bool) -> str:
    """Say in words how many images, or seeds, would show a difference of this size."""
    if not claimed and needed > had:
        more = f"{needed - had:,} more {what}" if needed - had > 1 else f"one more of these {what}"
        return f"To show a difference of this size, four times in five, takes {more}."
    return f"To find a difference of this size anew, four times in five, takes {needed:,} {what}."


def compare_paired(
    a: str,
    right_a: ArrayLike,
    b: str,
    right_b: ArrayLike,
    *,
    writers: ArrayLike | None = None,
    alpha: float = ALPHA,
    pairs: int = 1,
) -> Comparison:
    """Compare two models by which of the same images each read right.

    Parameters
    ----------
    a, b
        Their names.
    right_a, right_b : bool (n,)
        Whether each image was read right.
    writers : integer (n,), optional
        Who wrote each image.
    alpha
        The level at which a difference is claimed.
    pairs
        How many are compared beside each other; the images that a claim takes are counted at alpha / pairs,
        where Holm's correction begins.

    Raises
    ------
    ConfigError
        If alpha is not within (0, 1), or too small for the resamples over writers.
    DataError
        If they are not two vectors of one length.
    """
    first, second = _right(right_a), _right(right_b)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise DataError(f"Expected two vectors over the same images, found {first.shape} and {second.shape}.")
    only_a, only_b, n = int((first & ~second).sum()), int((second & ~first).sum()), len(first)
    naive = paired_interval(only_a, only_b, n, confidence=1 - alpha)
    over_writers = writer_interval(second.astype(float) - first, writers, confidence=1 - alpha)
    # People who differ tell less than as many strangers; that they tell more is chance.
    design_effect = max(1.0, (over_writers.width / naive.width) ** 2) if over_writers else 1.0
    p_value = exact_mcnemar(only_a, only_b)
    return Comparison(
        a=a,
        b=b,
        difference=(only_b - only_a) / n,
        interval=over_writers or naive,
        p_value=p_value,
        only_a=only_a,
        only_b=only_b,
        over_writers=over_writers is not None,
        p_holm=p_value,
        alpha=alpha,
        n=n,
        digits_needed=digits_to_show(
            only_a / n, only_b / n, alpha=alpha / pairs, design_effect=design_effect
        ),
    )


def compare_all(
    right: Mapping[str, ArrayLike], *, writers: ArrayLike | None = None, alpha: float = ALPHA
) -> list[Comparison]:
    """Compare every pair of several models on the same images, with p-values by Holm over all pairs.

    Parameters
    ----------
    right
        Whether each image was read right, bool (n,), by the model's name.
    writers : integer (n,), optional
        Who wrote each image.
    alpha
        The level at which a difference is claimed.
    """
    pairs = list(combinations(right, 2))
    return holm_over(
        [
            compare_paired(a, right[a], b, right[b], writers=writers, alpha=alpha, pairs=len(pairs))
            for a, b in pairs
        ]
    )


def holm_over(pairs: Sequence[Pair]) -> list[Pair]:
    """Return comparisons with their p-values adjusted for there being several; see `holm`."""
    adjusted = holm([pair.p_value for pair in pairs])
    return [replace(pair, p_holm=p) for pair, p in zip(pairs, adjusted, strict=True)]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that may each be held against one level: no false claim in the family at that level.

    Of m values the i-th smallest is multiplied by m - i + 1, and none is less than one before it or more
    than 1 (S. Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Statist. 6
    (1979), 65-70).
    """
    adjusted, largest = [0.0] * len(p_values), 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = largest
    return adjusted


def _right(values: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(values, np.bool_)
