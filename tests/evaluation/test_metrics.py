"""The numbers against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from sklearn import metrics

from digitlab.errors import DataError
from digitlab.evaluation import (
    class_scores,
    confusion_counts,
    evaluate,
    log_loss,
    probabilities,
    wilson_interval,
)

Scored = tuple[NDArray[np.float64], NDArray[np.int64]]


@st.composite
def scored(draw: st.DrawFn) -> Scored:
    """Return logits and labels."""
    n = draw(st.integers(1, 60))
    logits = draw(hnp.arrays(np.float64, (n, 10), elements=st.floats(-30, 30)))
    return logits, draw(hnp.arrays(np.int64, n, elements=st.integers(0, 9)))


@settings(max_examples=60)
@given(scored())
def test_everything_is_what_scikit_learn_says(data: Scored) -> None:
    logits, labels = data
    result = evaluate(logits, labels, baseline_class=1)
    read = logits.argmax(axis=1)
    assert result.n == len(labels)
    assert result.accuracy == pytest.approx(metrics.accuracy_score(labels, read))
    assert result.baseline_accuracy == pytest.approx(metrics.accuracy_score(labels, np.ones_like(labels)))
    np.testing.assert_array_equal(result.confusion, metrics.confusion_matrix(labels, read, labels=range(10)))
    shares = metrics.confusion_matrix(labels, read, labels=range(10), normalize="true")
    np.testing.assert_allclose(result.confusion_shares, shares)
    expected = metrics.precision_recall_fscore_support(labels, read, labels=range(10), zero_division=0)
    ours = result.per_class
    for mine, theirs in zip((ours.precision, ours.recall, ours.f1, ours.support), expected, strict=True):
        np.testing.assert_allclose(mine, theirs)


@settings(max_examples=60)
@given(scored())
def test_log_loss_is_scikit_learns(data: Scored) -> None:
    logits, labels = data
    np.testing.assert_allclose(probabilities(logits).sum(axis=1), 1)
    # scikit-learn clips probabilities at the smallest step of the dtype; ours does not.
    expected = metrics.log_loss(labels, np.clip(probabilities(logits), 1e-300, 1), labels=range(10))
    if probabilities(logits)[np.arange(len(labels)), labels].min() > 1e-15:
        assert log_loss(logits, labels) == pytest.approx(expected, rel=1e-6, abs=1e-12)


@given(scored(), st.floats(-1e4, 1e4))
def test_log_loss_ignores_a_shift_of_all_logits(data: Scored, shift: float) -> None:
    logits, labels = data
    assert log_loss(logits + shift, labels) == pytest.approx(log_loss(logits, labels), abs=1e-9)


def test_exercise_fault_2_a_probability_of_zero_gives_a_finite_loss() -> None:
    logits = np.array([[2000.0] + [0.0] * 9, [0.0] * 10], np.float32)
    naive = probabilities(logits).astype(np.float32)
    with np.errstate(divide="ignore"):
        assert np.isinf(np.log(naive[0, 1]))  # the exercise's loss breaks here
    assert log_loss(logits[:1], [1]) == 2000
    assert log_loss(logits, [1, 3]) == pytest.approx((2000 + np.log(10)) / 2)


def test_worked_by_hand() -> None:
    counts = confusion_counts([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 0, 2], classes=3)
    np.testing.assert_array_equal(counts, [[2, 1, 0], [1, 1, 0], [0, 0, 1]])
    scores = class_scores(counts)
    np.testing.assert_allclose(scores.precision, [2 / 3, 1 / 2, 1])
    np.testing.assert_allclose(scores.recall, [2 / 3, 1 / 2, 1])
    np.testing.assert_allclose(scores.f1, [2 / 3, 1 / 2, 1])


def test_a_confusion_is_of_the_true_class_in_the_row_for_the_read_class_in_the_column() -> None:
    logits = np.eye(10)[[9, 9, 4, 7]]
    result = evaluate(logits, [4, 4, 4, 7], baseline_class=4)
    assert result.confusion[4, 9] == 2
    assert result.confusion[9, 4] == 0
    assert [(c.true, c.read_as, c.count) for c in result.most_confused()] == [(4, 9, 2)]


def test_the_score_has_the_keys_to_rely_on() -> None:
    result = evaluate(np.eye(10), np.arange(10), baseline_class=3)
    score = result.score()
    assert score["accuracy"] == 1
    assert score["interval"] == list(wilson_interval(10, 10))
    assert score["n"] == 10
    assert score["baseline"] == {"digit": 3, "accuracy": 0.1}
    assert result.most_confused() == []
    assert result.as_dict()["confusion"] == np.eye(10).astype(int).tolist()


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros(10), [0], "Expected logits"),
        (np.zeros((2, 10)), [0], "Expected logits"),
        (np.zeros((0, 10)), np.zeros(0, int), "Expected logits"),
        (np.zeros((1, 10)), [10], "whole numbers from 0 to 9"),
        (np.zeros((1, 10)), [-1], "whole numbers from 0 to 9"),
        (np.zeros((1, 10)), [0.5], "whole numbers from 0 to 9"),
        (np.full((1, 10), np.nan), [0], "must be finite"),
        (np.full((1, 10), np.inf), [0], "must be finite"),
    ],
)
def test_arrays_that_do_not_fit(logits: NDArray[np.float64], labels: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(logits, labels, baseline_class=0)
