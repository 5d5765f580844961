"""How sure a proportion is."""

import math
from statistics import NormalDist
from typing import NamedTuple

from digitlab.errors import ConfigError

__all__ = ["Interval", "normal_quantile", "wilson_interval"]


class Interval(NamedTuple):
    """Both ends of an interval."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far apart they are."""
        return self.high - self.low


def wilson_interval(successes: int, n: int, *, confidence: float = 0.95) -> Interval:
    """Return the Wilson score interval of a proportion.

    Parameters
    ----------
    successes, n
        How many of how many independent trials succeeded.
    confidence
        The share of such intervals that should cover the true proportion.

    Returns
    -------
    Interval
        Within [0, 1], and never empty, also at 0 and at n successes.

    Raises
    ------
    ConfigError
        If n is not positive, or successes are not among 0..n.

    Notes
    -----
    (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), E. B. Wilson, "Probable inference,
    the law of succession, and statistical inference", JASA 22 (1927), 209-212.
    """
    if not 0 <= successes <= n or n < 1:
        raise ConfigError(f"A proportion needs 0 <= successes <= n and n >= 1, not {successes} of {n}.")
    z = normal_quantile(confidence)
    p = successes / n
    centre = p + z**2 / (2 * n)
    reach = z * math.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    scale = 1 + z**2 / n
    # At 0 and n the exact ends are 0 and 1; rounding would leave them an ulp off.
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == n else (centre + reach) / scale
    return Interval(low, high)


def normal_quantile(confidence: float) -> float:
    """Return the z that leaves (1 - confidence) / 2 in each tail of the standard normal distribution."""
    if not 0 < confidence < 1:
        raise ConfigError(f"A confidence lies between 0 and 1, not at {confidence:g}.")
    return NormalDist().inv_cdf((1 + confidence) / 2)
