"""Whether a probability means what it says: of the digits read with 90 %, nine in ten should be right.

Everything here is about the answer that a model gives, its most probable class: the confidence is the
probability of that class, and the event is that it is right.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import ConfigError
from digitlab.evaluation.intervals import wilson_interval
from digitlab.evaluation.metrics import log_loss, probabilities
from digitlab.evaluation.selective import Coverage, answers, coverage_curve, coverage_from

__all__ = [
    "Brier",
    "Calibration",
    "Reliability",
    "brier",
    "calibration_of",
    "error_by_chance",
    "fit_temperature",
    "reliability",
]

BINS = 15
COLDEST, HOTTEST = 1 / 64, 64.0

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence and accuracy in bins of equally many images, least confident first; arrays (bins,).

    Parameters
    ----------
    confidence, accuracy
        The mean confidence of each bin, and the share that was right.
    low, high
        The 95 % Wilson interval of that share.
    counts
        How many images each bin has.
    """

    confidence: Floats
    accuracy: Floats
    low: Floats
    high: Floats
    counts: NDArray[np.int64]

    @property
    def error(self) -> float:
        """The expected calibration error: Σ counts · |accuracy - confidence| / n.

        Naeini, Cooper and Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
        AAAI 2015, here with bins of equal mass, which need no choice of edges where nearly
        all confidences are near one (Nguyen and O'Connor, EMNLP 2015).
        """
        return float(np.average(np.abs(self.accuracy - self.confidence), weights=self.counts))


@dataclass(frozen=True)
class Brier:
    """The Brier score of the answer given, and its parts over the same bins.

    score = reliability - resolution + uncertainty + within

    Parameters
    ----------
    score
        The mean of (confidence - right)².
    reliability
        How far confidence is from accuracy in the bins; 0 is best.
    resolution
        How far the bins' accuracies are from that of all; the more the better.
    uncertainty
        accuracy · (1 - accuracy), which no confidence can change.
    within
        What lies inside the bins: the variance of the confidences there, less twice their covariance
        with being right.

    Notes
    -----
    A. H. Murphy, J. Appl. Meteorol. 12 (1973), 595-600; the part within bins, which makes the sum
    exact, D. B. Stephenson et al., Weather and Forecasting 23 (2008), 752-757.
    """

    score: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """What a model's probabilities are worth on one labelled set.

    Parameters
    ----------
    reliability, brier
        Of the probabilities as they are.
    temperature
        What to divide logits by, fitted on validation.
    tempered, tempered_brier, tempered_log_loss
        The same of the probabilities at that temperature, and their log loss in nats.
    sure
        What is read with the confidence, at that temperature, from which on 99.9 % of validation were right;
        None where not even the surest were.
    by_chance
        The expected calibration error that probabilities which mean what they say would have on so many
        images, for no bin is ever quite right by chance.
    curve
        Accuracy against coverage, float64 (n, 2): what is right among the surest 1, 2, ... n images.
    """

    reliability: Reliability
    brier: Brier
    temperature: float
    tempered: Reliability
    tempered_brier: Brier
    tempered_log_loss: float
    sure: Coverage | None
    by_chance: float
    curve: Floats

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        sure = self.sure and {
            "confidence": self.sure.confidence,
            "coverage": self.sure.coverage,
            "accuracy": self.sure.accuracy,
            "interval": list(self.sure.interval),
        }
        return {
            "ece": self.reliability.error,
            "ece_by_chance": self.by_chance,
            "brier": vars(self.brier),
            "temperature": self.temperature,
            "tempered": {
                "ece": self.tempered.error,
                "brier": vars(self.tempered_brier),
                "log_loss": self.tempered_log_loss,
            },
            "sure": sure,
        }


def calibration_of(
    logits: ArrayLike,
    labels: ArrayLike,
    *,
    temperature: float,
    sure_from: float | None,
    writers: ArrayLike | None = None,
) -> Calibration:
    """Return what the probabilities of some logits are worth, as they are and at a temperature.

    Parameters
    ----------
    logits : float (n, classes)
    labels : integer (n,)
    temperature, sure_from
        Fitted on other images; see `fit_temperature` and `least_confidence`.
    writers : integer (n,), optional
        Who wrote each image.
    """
    scores = np.asarray(logits, np.float64)
    plain, tempered = probabilities(scores), probabilities(scores / temperature)
    return Calibration(
        reliability=reliability(plain, labels),
        brier=brier(plain, labels),
        temperature=temperature,
        tempered=reliability(tempered, labels),
        tempered_brier=brier(tempered, labels),
        tempered_log_loss=log_loss(scores / temperature, labels),
        sure=None if sure_from is None else coverage_from(tempered, labels, sure_from, writers=writers),
        by_chance=error_by_chance(tempered),
        curve=coverage_curve(tempered, labels),
    )


def reliability(shares: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> Reliability:
    """Return confidence and accuracy in bins of equally many images.

    Parameters
    ----------
    shares : float (n, classes)
        Probabilities; each row sums to one.
    labels : integer (n,)
    bins
        How many; fewer where there are fewer images.
    """
    confidence, right = answers(shares, labels)
    parts = _binned(confidence, bins)
    counts = np.array([len(part) for part in parts])
    successes = np.array([right[part].sum() for part in parts])
    ends = np.array([wilson_interval(int(k), int(n)) for k, n in zip(successes, counts, strict=True)])
    means = np.array([confidence[part].mean() for part in parts])
    return Reliability(means, successes / counts, ends[:, 0], ends[:, 1], counts)


def brier(shares: ArrayLike, labels: ArrayLike, *, bins: int = BINS) -> Brier:
    """Return the Brier score of the answers, and its parts; the parameters are those of `reliability`."""
    confidence, right = answers(shares, labels)
    parts = _binned(confidence, bins)
    weights = np.array([len(part) for part in parts]) / len(right)
    means = np.array([confidence[part].mean() for part in parts])
    accuracies = np.array([right[part].mean() for part in parts])
    base = right.mean()
    inside = [
        ((confidence[part] - mean) ** 2 - 2 * (confidence[part] - mean) * (right[part] - accuracy)).mean()
        for part, mean, accuracy in zip(parts, means, accuracies, strict=True)
    ]
    return Brier(
        score=float(((confidence - right) ** 2).mean()),
        reliability=float(weights @ (means - accuracies) ** 2),
        resolution=float(weights @ (accuracies - base) ** 2),
        uncertainty=float(base * (1 - base)),
        within=float(weights @ np.array(inside)),
    )


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Return the temperature that makes the log loss of logits / temperature least.

    One number cannot change which class is the most probable, so the accuracy stays. It must be fitted on
    images that neither trained the model nor will test it (Guo et al. 2017, "On calibration of modern
    neural networks", section 4.2).

    Parameters
    ----------
    logits : float (n, classes)
    labels : integer (n,)

    Returns
    -------
    float
        Between 1/64 and 64: where every image is right, the colder the better without end.
    """
    from scipy.optimize import minimize_scalar  # a fifth of a second that training should not pay

    scores = np.asarray(logits, np.float64)
    # The log loss is convex in 1 / temperature, so there is one least value.
    found = minimize_scalar(
        lambda inverse: log_loss(scores * inverse, labels),
        bounds=(1 / HOTTEST, 1 / COLDEST),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(1 / found.x)


def error_by_chance(shares: ArrayLike, *, bins: int = BINS, draws: int = 200, seed: int = 0) -> float:
    """Return the mean expected calibration error where each answer is right with just its probability."""
    confidence = np.asarray(shares, np.float64).max(axis=1)
    parts = _binned(confidence, bins)
    generator = np.random.default_rng(seed)
    off = [
        (generator.random((draws, len(part))) < confidence[part]).mean(axis=1) - confidence[part].mean()
        for part in parts
    ]
    return float(np.average(np.abs(off), axis=0, weights=[len(part) for part in parts]).mean())


def _binned(confidence: Floats, bins: int) -> list[NDArray[np.intp]]:
    """Return the indices of each bin's images, the least confident first."""
    if bins < 1:
        raise ConfigError(f"There must be 1 or more bins, not {bins}.")
    return np.array_split(np.argsort(confidence, kind="stable"), min(bins, len(confidence)))
