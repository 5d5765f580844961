"""Two proportions of the same images: McNemar's test, the interval of their difference, and what shows it."""

import math

from digitlab.evaluation.intervals import Interval, normal_quantile

__all__ = ["ALPHA", "POWER", "digits_to_show", "exact_mcnemar", "paired_interval"]

ALPHA = 0.05
"""The level at which a difference is claimed, where no other was fixed."""

POWER = 0.8
"""How often a difference that is there should be claimed, where it is asked how much that takes."""


def exact_mcnemar(only_a: int, only_b: int) -> float:
    """Return the two-sided p-value of the exact McNemar test.

    Were both equally good, each image that just one of them read right would be a fair
    coin: twice the smaller tail of Binomial(only_a + only_b, 1/2), at most 1
    (Q. McNemar, Psychometrika 12 (1947), 153-157, with the exact tail).
    """
    from scipy.special import bdtr  # a fifth of a second that training and reading should not pay

    return min(1.0, 2 * float(bdtr(min(only_a, only_b), only_a + only_b, 0.5)))


def digits_to_show(
    only_a: float, only_b: float, *, alpha: float = ALPHA, design_effect: float = 1.0
) -> int | None:
    """Return how many images McNemar's test needs to claim a difference with a probability of `POWER`.

    With the shares of images that only one reads right, their sum ψ and difference δ, it is
    (z₁ √ψ + z₂ √(ψ - δ²))² / δ², z₁ that of alpha on two sides and z₂ that of the power (R. J. Connor,
    "Sample size for testing differences in proportions for the paired-sample design", Biometrics 43
    (1987), 207-211), times the design effect.

    Parameters
    ----------
    only_a, only_b
        The shares of all images.
    design_effect
        How many times as many images by the same people tell as much as images by one person each.

    Returns
    -------
    int or None
        None where there is no difference, for no number would show one.
    """
    either, difference = only_a + only_b, only_b - only_a
    if difference == 0:
        return None
    z = normal_quantile(1 - alpha) * math.sqrt(either)
    z += normal_quantile(2 * POWER - 1) * math.sqrt(max(0.0, either - difference**2))
    return math.ceil(design_effect * (z / difference) ** 2)


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
