"""Calibration against scikit-learn, worked numbers and what must hold."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from digitlab.errors import ConfigError, DataError
from digitlab.evaluation import (
    brier,
    calibration_of,
    coverage_from,
    error_by_chance,
    fit_temperature,
    least_confidence,
    log_loss,
    probabilities,
    reliability,
)

seeds = st.integers(0, 2**32)


def drawn(seed: int, n: int = 400, sharpness: float = 1.0) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return logits, and labels that are drawn from the logits' own probabilities times `sharpness`."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2, size=(n, 5))
    shares = probabilities(sharpness * logits)
    labels = (shares.cumsum(axis=1) < generator.random((n, 1))).sum(axis=1)
    return logits, np.minimum(labels, 4)


def test_worked_by_hand() -> None:
    shares = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
    labels = np.array([0, 1, 1, 1])  # right, wrong, right, right; sorted by confidence: 0.6 0.7 | 0.8 0.9
    found = reliability(shares, labels, bins=2)
    np.testing.assert_allclose(found.confidence, [0.65, 0.85])
    np.testing.assert_allclose(found.accuracy, [1.0, 0.5])
    assert found.counts.tolist() == [2, 2]
    assert found.error == pytest.approx((0.35 + 0.35) / 2)
    parts = brier(shares, labels, bins=2)
    assert parts.score == pytest.approx((0.1**2 + 0.8**2 + 0.3**2 + 0.4**2) / 4)
    assert parts.reliability == pytest.approx(0.35**2)
    assert parts.resolution == pytest.approx(0.25**2)
    assert parts.uncertainty == pytest.approx(0.75 * 0.25)


@settings(max_examples=30)
@given(seed=seeds, bins=st.integers(1, 40))
def test_the_parts_of_the_brier_score_sum_to_it(seed: int, bins: int) -> None:
    logits, labels = drawn(seed, 100)
    shares = probabilities(logits)
    parts = brier(shares, labels, bins=bins)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within
    assert parts.score == pytest.approx(total, abs=1e-12)
    right, confidence = shares.argmax(axis=1) == labels, shares.max(axis=1)
    assert parts.score == pytest.approx(brier_score_loss(right, confidence))


@settings(max_examples=20)
@given(seed=seeds)
def test_the_bins_are_scikit_learns_quantiles(seed: int) -> None:
    logits, labels = drawn(seed, 300)
    shares = probabilities(logits)
    found = reliability(shares, labels, bins=10)
    right, confidence = shares.argmax(axis=1) == labels, shares.max(axis=1)
    accuracy, mean = calibration_curve(right, confidence, n_bins=10, strategy="quantile")
    np.testing.assert_allclose(found.accuracy, accuracy)
    np.testing.assert_allclose(found.confidence, mean)
    assert ((found.low <= found.accuracy) & (found.accuracy <= found.high)).all()


def test_probabilities_that_are_true_are_calibrated_and_sharper_ones_are_not() -> None:
    logits, labels = drawn(1, 40_000)
    assert reliability(probabilities(logits), labels).error < 0.012
    assert reliability(probabilities(3 * logits), labels).error > 0.1


@pytest.mark.parametrize("sharpness", [0.25, 1.0, 4.0])
def test_the_temperature_undoes_what_made_logits_too_sharp_or_too_flat(sharpness: float) -> None:
    logits, labels = drawn(2, 20_000, sharpness)
    temperature = fit_temperature(logits, labels)
    assert temperature == pytest.approx(1 / sharpness, rel=0.05)
    best = log_loss(logits / temperature, labels)
    for other in np.geomspace(1 / 32, 32, 30):
        assert best <= log_loss(logits / other, labels) + 1e-9


def test_where_all_are_right_the_temperature_stays_finite() -> None:
    logits = np.eye(4)
    assert 1 / 64 <= fit_temperature(logits, np.arange(4)) < 0.05
    assert 30 < fit_temperature(logits, (np.arange(4) + 1) % 4) <= 64


@settings(max_examples=30)
@given(seed=seeds, target=st.floats(0.3, 1.0))
def test_from_that_confidence_on_the_target_is_met_and_from_no_lower_one(seed: int, target: float) -> None:
    logits, labels = drawn(seed, 120)
    shares = probabilities(logits.round(1))
    confidence, right = shares.max(axis=1), shares.argmax(axis=1) == labels
    levels = [level for level in confidence if right[confidence >= level].mean() >= target]
    least = least_confidence(shares, labels, target=target)
    assert least == min(levels, default=None)
    if least is None:
        return
    found = coverage_from(shares, labels, least)
    assert found is not None
    taken = confidence >= least
    assert found.coverage == taken.mean()
    assert found.accuracy == right[taken].mean() >= target
    assert found.interval.low <= found.accuracy <= found.interval.high
    assert coverage_from(shares, labels, 1.01) is None


def test_true_probabilities_are_off_by_as_much_as_chance_says() -> None:
    off, expected = [], []
    for seed in range(40):
        logits, labels = drawn(seed)
        off.append(reliability(probabilities(logits), labels).error)
        expected.append(error_by_chance(probabilities(logits)))
    assert np.mean(off) == pytest.approx(np.mean(expected), rel=0.1)
    assert np.mean(expected) > 0.04


def test_all_of_it_at_once() -> None:
    logits, labels = drawn(3, 2000, 2.0)
    whole = calibration_of(logits, labels, temperature=0.5, sure_from=0.9)
    assert whole.tempered.error < whole.reliability.error
    assert whole.tempered_brier.score < whole.brier.score
    assert whole.tempered_log_loss < log_loss(logits, labels)
    assert whole.curve[-1].tolist() == [1.0, (logits.argmax(axis=1) == labels).mean()]
    assert (np.diff(whole.curve[:, 0]) > 0).all()
    assert whole.sure is not None
    assert whole.sure.accuracy > 0.9
    assert calibration_of(logits, labels, temperature=0.5, sure_from=None).as_dict()["sure"] is None
    said = whole.as_dict()
    assert said["ece"] == whole.reliability.error
    assert said["brier"].keys() == {"score", "reliability", "resolution", "uncertainty", "within"}


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match=r"worst row is off by 2\. Logits become probabilities"):
        reliability([[1.0, 2.0]], [0])
    with pytest.raises(DataError, match="worst row is off by nan"):
        reliability([[1.0, np.nan]], [0])
    with pytest.raises(DataError, match=r"found \(2, 2\) and \(1,\)"):
        brier(np.eye(2), [0])
    with pytest.raises(ConfigError, match="above 0 and at most at 1, not at 2"):
        least_confidence(np.eye(2), [0, 1], target=2)
    with pytest.raises(ConfigError, match="1 or more bins, not 0"):
        reliability(np.eye(2), [0, 1], bins=0)
