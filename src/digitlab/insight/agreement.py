"""Whether two maps of one picture say the same where both say much."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Agreement", "agreement_in_sign"]

Map = NDArray[np.float64]


@dataclass(frozen=True)
class Agreement:
    """In how many places two maps have which signs: ++, --, +- and -+."""

    above: int
    below: int
    first_above: int
    second_above: int

    @property
    def agree(self) -> int:
        """In how many places the signs are the same."""
        return self.above + self.below

    @property
    def both(self) -> int:
        """How many places were compared."""
        return self.agree + self.first_above + self.second_above


def agreement_in_sign(a: Map, b: Map, *, part: float = 0.25) -> Agreement:
    """Compare the signs of two maps where both are large.

    Parameters
    ----------
    a, b
        Of one shape, such as the falls of windows and another map's sums in them.
    part
        Large is what is in this upper share of a map's absolute values, among the places where
        either map is not 0.
    """
    told = (a != 0) | (b != 0)
    if not told.any():
        return Agreement(0, 0, 0, 0)
    both = (a != 0) & (b != 0)
    for each in (a, b):
        both &= np.abs(each) >= np.quantile(np.abs(each[told]), 1 - part)
    first, second = a[both] > 0, b[both] > 0
    counts = (first & second, ~first & ~second, first & ~second, ~first & second)
    return Agreement(*(int(each.sum()) for each in counts))
