"""Whether two fitted models differ on the same images."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation.bootstrap import writer_interval
from digitlab.evaluation.intervals import Interval, normal_quantile

__all__ = ["Comparison", "compare_all", "compare_paired", "exact_mcnemar", "holm", "paired_interval"]

SIGNIFICANCE = 0.05


@dataclass(frozen=True)
class Comparison:
    """Model `b` against model `a` on the same n images.

    Parameters
    ----------
    difference
        Accuracy of b minus accuracy of a.
    interval
        Its 95 % interval: over writers where they are known (`writer_interval`), else `paired_interval`.
    p_value
        Of the exact McNemar test, see `exact_mcnemar`.
    only_a, only_b
        How many images a alone, b alone read right.
    over_writers
        Whether the interval is over writers.
    p_holm
        The p-value where it is one of several; see `holm`.
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

    @property
    def is_claimed(self) -> bool:
        """Whether these two fitted models differ: at 5 % by the exact test, and 0 is outside the interval."""
        return self.p_holm < SIGNIFICANCE and not self.interval.low <= 0 <= self.interval.high

    def sentence(self) -> str:
        """Say it in words; a difference is claimed where the exact test and the interval both do."""
        low, high = (100 * end for end in self.interval)
        difference = 100 * self.difference
        decimals = 1 if abs(difference) >= 0.95 else 2
        if not self.is_claimed:
            return (
                f"{self.b} and {self.a} cannot be told apart on these images: a difference of "
                f"{difference:+.{decimals}f} digits in 100 "
                f"(95 %: {low:+.{decimals}f} to {high:+.{decimals}f})."
            )
        better, worse, sign = (self.b, self.a, 1) if difference > 0 else (self.a, self.b, -1)
        low, high = sorted((sign * low, sign * high))
        return (
            f"{better} reads {abs(difference):.{decimals}f} more digits in 100 than {worse} "
            f"(95 %: {low:.{decimals}f} to {high:.{decimals}f})."
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
            "over_writers": self.over_writers,
        }


def compare_paired(
    a: str, right_a: ArrayLike, b: str, right_b: ArrayLike, *, writers: ArrayLike | None = None
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

    Raises
    ------
    DataError
        If they are not two vectors of one length.
    """
    first, second = _right(right_a), _right(right_b)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise DataError(f"Expected two vectors over the same images, found {first.shape} and {second.shape}.")
    only_a, only_b, n = int((first & ~second).sum()), int((second & ~first).sum()), len(first)
    over_writers = writer_interval(second.astype(float) - first, writers)
    p_value = exact_mcnemar(only_a, only_b)
    return Comparison(
        a=a,
        b=b,
        difference=(only_b - only_a) / n,
        interval=over_writers or paired_interval(only_a, only_b, n),
        p_value=p_value,
        only_a=only_a,
        only_b=only_b,
        over_writers=over_writers is not None,
        p_holm=p_value,
    )


def compare_all(right: Mapping[str, ArrayLike], *, writers: ArrayLike | None = None) -> list[Comparison]:
    """Compare every pair of several models on the same images, with p-values by Holm over all pairs.

    Parameters
    ----------
    right
        Whether each image was read right, bool (n,), by the model's name.
    writers : integer (n,), optional
        Who wrote each image.
    """
    pairs = [compare_paired(a, right[a], b, right[b], writers=writers) for a, b in combinations(right, 2)]
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


def exact_mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p-value of the exact McNemar test.

    Were both equally good, each image that just one of them read right would be a fair
    coin: twice the smaller tail of Binomial(only_a + only_b, 1/2), at most 1
    (Q. McNemar, Psychometrika 12 (1947), 153-157, with the exact tail).
    """
    from scipy.special import bdtr  # a fifth of a second that training and reading should not pay

    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def paired_interval(only_a: int, only_b: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the Bonett-Price interval of the difference of two paired proportions, b minus a.

    An adjusted Wald interval: with one image added to each discordant count,
    p₁ = (only_a + 1) / (n + 2), p₂ = (only_b + 1) / (n + 2), it is
    p₂ - p₁ ± z √((p₁ + p₂ - (p₂ - p₁)²) / (n + 2)), cut to [-1, 1].
    D. G. Bonett and R. M. Price, "Adjusted Wald confidence interval for a difference of
    binomial proportions based on paired data", J. Educ. Behav. Stat. 37 (2012), 479-488.
    """
    first, second = (only_a + 1) / (n + 2), (only_b + 1) / (n + 2)
    centre = second - first
    reach = normal_quantile(confidence) * math.sqrt((first + second - centre**2) / (n + 2))
    return Interval(max(-1.0, centre - reach), min(1.0, centre + reach))


def _right(values: ArrayLike) -> NDArray[np.bool_]:
    return np.asarray(values, np.bool_)
