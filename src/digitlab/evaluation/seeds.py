"""How good a way of training is: one way with several seeds, and two ways on the same seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from digitlab.errors import DataError
from digitlab.evaluation.bootstrap import writer_interval
from digitlab.evaluation.comparison import holm_over, say_difference, say_needed
from digitlab.evaluation.intervals import Interval
from digitlab.evaluation.mcnemar import ALPHA
from digitlab.evaluation.metrics import Evaluation
from digitlab.evaluation.student import paired_t, seeds_to_show, standard_error, t_interval

__all__ = [
    "SeedComparison",
    "SeedSpread",
    "compare_all_over_seeds",
    "compare_over_seeds",
    "seed_spread",
]


@dataclass(frozen=True)
class SeedSpread:
    """Results of one way of training with several seeds.

    Parameters
    ----------
    seeds
        How many.
    accuracy, log_loss
        Their means.
    accuracy_sd, log_loss_sd
        Their standard deviations, of the sample: divided by seeds - 1.
    interval
        The 95 % interval of the mean accuracy over all seeds, by Student's t: how far chance in training may
        have moved it. It does not cover the chance in the choice of these images.
    n, most
        The fewest and the most images that one of them was scored on.
    """

    seeds: int
    accuracy: float
    accuracy_sd: float
    interval: Interval
    log_loss: float
    log_loss_sd: float
    n: int
    most: int

    def score(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "accuracy": self.accuracy,
            "interval": list(self.interval),
            "accuracy_sd": self.accuracy_sd,
            "log_loss": self.log_loss,
            "log_loss_sd": self.log_loss_sd,
            "n": self.n,
            "seeds": self.seeds,
        }


@dataclass(frozen=True)
class SeedComparison:
    """Training b against training a with the same seeds, on the same n images.

    Parameters
    ----------
    seeds
        How many.
    difference
        Mean over seeds of accuracy of b minus accuracy of a.
    interval
        Its interval at 1 - alpha over seeds, paired, by Student's t.
    effect_size
        Cohen's d of paired differences: their mean divided by their standard deviation.
    p_value
        Of the paired t test.
    p_holm
        The p-value where it is one of several; see `holm`.
    seeds_needed
        How many seeds would show a difference as large as this beside its spread with a probability of
        `POWER`; None where there is no difference.
    over_writers
        The interval at 1 - alpha of the same mean difference for these very models and other people's digits;
        None where the writers are not known or too few.
    """

    a: str
    b: str
    seeds: int
    difference: float
    interval: Interval
    effect_size: float
    p_value: float
    p_holm: float
    alpha: float
    seeds_needed: int | None
    over_writers: Interval | None

    @property
    def is_claimed(self) -> bool:
        """Whether these two ways of training differ on these images, at alpha."""
        return self.p_holm < self.alpha

    @property
    def is_lost_to_holm(self) -> bool:
        """Whether it would be claimed alone, and among the others is not."""
        return self.p_value < self.alpha <= self.p_holm

    def sentence(self) -> str:
        """Say it in words."""
        return say_difference(
            self.a, self.b, self.difference, self.interval, self.alpha,
            claimed=self.is_claimed, on=f"by {self.seeds} seeds",
        )  # fmt: skip

    def size_sentence(self) -> str:
        """Say how large the difference is beside its spread, what shows it, and of whose digits."""
        people = self._people_sentence()
        size = abs(self.effect_size)
        if self.seeds_needed is None:
            return f"{'There is hardly a' if size else 'There is no'} difference on average.{people}"
        needed = say_needed(self.seeds_needed, self.seeds, "seeds", claimed=self.is_claimed)
        times = f"{size:.{1 if size < 10 else 0}f}"
        return f"The difference is {times} times its spread over seeds. {needed}{people}"

    def _people_sentence(self) -> str:
        if self.over_writers is None:
            return ""
        low, high = (100 * end for end in self.over_writers)
        percent = f"{100 * (1 - self.alpha):g} %"
        return (
            f" The mean difference of these very models on other people's digits: {low:+.2f} to {high:+.2f} "
            f"({percent})."
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
            "seeds": self.seeds,
            "seeds_needed": self.seeds_needed,
            "over_writers": self.over_writers and list(self.over_writers),
            "claim": "this way of training" if self.is_claimed else None,
        }


def seed_spread(evaluations: Sequence[Evaluation]) -> SeedSpread:
    """Return the means of one way of training over its seeds, and how they spread.

    Parameters
    ----------
    evaluations
        One for each seed, two or more.
    """
    accuracies = np.array([each.accuracy for each in evaluations])
    losses = np.array([each.log_loss for each in evaluations])
    sizes = [each.n for each in evaluations]
    return SeedSpread(
        seeds=len(evaluations),
        accuracy=float(accuracies.mean()),
        accuracy_sd=float(accuracies.std(ddof=1)),
        interval=_cut(t_interval(accuracies), 0.0),
        log_loss=float(losses.mean()),
        log_loss_sd=float(losses.std(ddof=1)),
        n=min(sizes),
        most=max(sizes),
    )


def compare_over_seeds(
    a: str,
    right_a: ArrayLike,
    b: str,
    right_b: ArrayLike,
    *,
    writers: ArrayLike | None = None,
    alpha: float = ALPHA,
    pairs: int = 1,
) -> SeedComparison:
    """Compare two ways of training by which of the same images each read right with each seed.

    Parameters
    ----------
    a, b
        Their names.
    right_a, right_b : bool (seeds, n)
        Whether each image was read right; the same row is the same seed.
    writers : integer (n,), optional
        Who wrote each image.
    alpha
        The level at which a difference is claimed.
    pairs
        How many are compared beside each other; the seeds that a claim takes are counted at alpha / pairs.

    Raises
    ------
    ConfigError
        If alpha is not within (0, 1), or too small for the resamples over writers.
    DataError
        If they are not of one shape, with two seeds or more.
    """
    first, second = np.asarray(right_a, np.bool_), np.asarray(right_b, np.bool_)
    if first.shape != second.shape or first.ndim != 2 or len(first) < 2 or not first.shape[1]:
        raise DataError(
            "Expected a row for each of two or more seeds and a column for each image, alike for both, "
            f"found {first.shape} and {second.shape}."
        )
    each = second.astype(float) - first
    differences, resolution = each.mean(axis=1), 1 / first.shape[1]
    spread = standard_error(differences, resolution) * math.sqrt(len(differences))
    effect_size = float(differences.mean()) / spread
    p_value = paired_t(differences, resolution=resolution)
    return SeedComparison(
        a=a,
        b=b,
        seeds=len(differences),
        difference=float(differences.mean()),
        interval=_cut(t_interval(differences, confidence=1 - alpha, resolution=resolution), -1.0),
        effect_size=effect_size,
        p_value=p_value,
        p_holm=p_value,
        alpha=alpha,
        seeds_needed=seeds_to_show(effect_size, alpha=alpha / pairs),
        over_writers=writer_interval(each.mean(axis=0), writers, confidence=1 - alpha),
    )


def compare_all_over_seeds(
    right: Mapping[str, ArrayLike], *, writers: ArrayLike | None = None, alpha: float = ALPHA
) -> list[SeedComparison]:
    """Compare every pair of several ways of training, with p-values by Holm over all pairs.

    Parameters
    ----------
    right
        Whether each image was read right, bool (seeds, n), by the way's name.
    writers : integer (n,), optional
        Who wrote each image.
    alpha
        The level at which a difference is claimed.
    """
    pairs = list(combinations(right, 2))
    return holm_over(
        [
            compare_over_seeds(a, right[a], b, right[b], writers=writers, alpha=alpha, pairs=len(pairs))
            for a, b in pairs
        ]
    )


def _cut(interval: Interval, least: float) -> Interval:
    """Return an interval within what an accuracy, or a difference of two, can be."""
    return Interval(max(least, interval.low), min(1.0, interval.high))
