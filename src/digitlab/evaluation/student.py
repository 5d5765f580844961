"""Student's t: how sure a mean of a few seeds is, and how many seeds it takes."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import DataError
from digitlab.evaluation.intervals import Interval
from digitlab.evaluation.mcnemar import ALPHA, POWER

__all__ = ["paired_t", "seeds_to_show", "standard_error", "t_interval"]

MOST_SEEDS = 10**9


def standard_error(values: ArrayLike, resolution: float = 0.0) -> float:
    """Return s / √n of two or more values that can be measured in steps of `resolution`; see `paired_t`."""
    numbers = _numbers(values)
    spread = max(float(numbers.std(ddof=1)), resolution)
    return spread / math.sqrt(len(numbers))


def t_interval(values: ArrayLike, *, confidence: float = 0.95, resolution: float = 0.0) -> Interval:
    """Return Student's interval of a mean: mean ± t · s / √n, t with n - 1 degrees of freedom.

    Parameters
    ----------
    values : float (n,)
        Two or more.
    resolution
        The step in which values can be measured; see `paired_t`.
    """
    from scipy.special import stdtrit  # a fifth of a second that training and reading should not pay

    numbers = _numbers(values)
    reach = stdtrit(len(numbers) - 1, (1 + confidence) / 2) * standard_error(numbers, resolution)
    return Interval(float(numbers.mean() - reach), float(numbers.mean() + reach))


def paired_t(differences: ArrayLike, *, resolution: float = 0.0) -> float:
    """Return the two-sided p-value of the paired t test, of no mean difference.

    Student (W. S. Gosset), "The probable error of a mean", Biometrika 6 (1908), 1-25.

    Parameters
    ----------
    differences : float (n,)
        Two or more.
    resolution
        The step in which differences can be measured: 1 / images for accuracies. Where they are all alike,
        their spread is not zero but too small to be seen, and is taken to be one step.
    """
    from scipy.special import stdtr

    numbers = _numbers(differences)
    mean, error = float(numbers.mean()), standard_error(numbers, resolution)
    if mean == 0:
        return 1.0
    return min(1.0, 2 * float(stdtr(len(numbers) - 1, -abs(mean) / error))) if error else 0.0


def seeds_to_show(effect_size: float, *, alpha: float = ALPHA) -> int | None:
    """Return how many seeds the paired t test needs to claim a difference with a probability of `POWER`.

    The least n whose noncentral t distribution, with n - 1 degrees of freedom and centre d √n, has at least
    that share beyond the ends of the test (J. Cohen, "Statistical power analysis for the behavioral
    sciences", 2nd ed. (1988), chapter 2).

    Parameters
    ----------
    effect_size
        Cohen's d of paired differences.

    Returns
    -------
    int or None
        At least 2; None where there is no difference, or one too small for a billion seeds.
    """
    from scipy.special import nctdtr, stdtrit

    size = abs(effect_size)

    def suffices(n: int) -> bool:
        end, centre = float(stdtrit(n - 1, 1 - alpha / 2)), size * math.sqrt(n)
        # Far from the ends the noncentral distribution underflows to nan.
        missed = 0.0 if centre > end + 40 else float(nctdtr(n - 1, centre, end))
        return 1 - missed >= POWER

    fails, n = 1, 2
    while not suffices(n):
        if n >= MOST_SEEDS:
            return None
        fails, n = n, min(2 * n, MOST_SEEDS)
    while n - fails > 1:
        middle = (fails + n) // 2
        fails, n = (fails, middle) if suffices(middle) else (middle, n)
    return n


def _numbers(values: ArrayLike) -> NDArray[np.float64]:
    numbers = np.asarray(values, np.float64)
    if numbers.ndim != 1 or len(numbers) < 2:
        raise DataError(f"A spread needs the values of two or more seeds, found {numbers.shape}.")
    return numbers
