"""Labels in doubt: against cleanlab, the authors' own library, and worked by hand."""

from typing import Any

import numpy as np
import pytest
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from hypothesis import example, given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.errors import DataError
from digitlab.evaluation import find_suspects, probabilities

seeds = st.integers(0, 2**32)


def drawn(seed: int, *, sharpness: float, wrong: float, n: int = 300) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return probabilities of six classes, and labels of which a share was drawn anew."""
    generator = np.random.default_rng(seed)
    truth = generator.permutation(np.arange(n) % 6)
    logits = generator.normal(size=(n, 6)) + sharpness * np.eye(6)[truth]
    labels = np.where(generator.random(n) < wrong, generator.integers(0, 6, n), truth)
    return probabilities(logits), labels


def unconfident_winner(shares: NDArray[Any], labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where the likeliest class is below its threshold, and two or more others are not."""
    reached = shares >= find_suspects(shares, labels).thresholds - 1e-6
    of_likeliest: NDArray[np.bool_] = reached[np.arange(len(shares)), shares.argmax(axis=1)]
    several: NDArray[np.bool_] = reached.sum(axis=1) > 1
    return several & ~of_likeliest


def nearly_even(shares: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell where the likeliest class is hardly likelier than the next, which cleanlab takes for a tie."""
    second, first = np.sort(shares, axis=1)[:, -2:].T
    even: NDArray[np.bool_] = first - second < 1e-5
    return even


@settings(max_examples=60)
@example(seed=69078, sharpness=1.4134432281942275, wrong=0.5)
@given(seed=seeds, sharpness=st.floats(0, 6), wrong=st.floats(0, 0.5))
def test_confident_learning_is_cleanlabs(seed: int, sharpness: float, wrong: float) -> None:
    shares, labels = drawn(seed, sharpness=sharpness, wrong=wrong)
    ours = find_suspects(shares, labels).confident
    theirs = find_label_issues(labels, shares, filter_by="confident_learning", n_jobs=1)
    # There the paper takes the likeliest of the classes that reach their threshold, cleanlab that of all.
    differ = unconfident_winner(shares, labels) | nearly_even(shares)
    np.testing.assert_array_equal(ours[~differ], theirs[~differ])
    assert not (ours & ~theirs & ~nearly_even(shares)).any()


@settings(max_examples=30)
@given(seed=seeds, sharpness=st.floats(0, 6))
def test_the_ranking_is_cleanlabs(seed: int, sharpness: float) -> None:
    shares, labels = drawn(seed, sharpness=sharpness, wrong=0.2)
    found = find_suspects(shares, labels)
    scores = get_label_quality_scores(labels, shares, method="normalized_margin")
    np.testing.assert_allclose((found.margin + 1) / 2, scores, atol=1e-12)
    assert (np.diff(scores[found.order]) >= -1e-12).all()
    assert found.misread == (shares.argmax(axis=1) != labels).sum()
    issues = find_label_issues(labels, shares, filter_by="confident_learning", n_jobs=1)
    if not (unconfident_winner(shares, labels) | nearly_even(shares)).any():
        ranked = [each.index for each in found.first(len(labels)) if each.confident]
        assert set(ranked) == set(np.flatnonzero(issues))


SHARES = np.array(
    [
        [0.90, 0.05, 0.05],  # 0, and so read
        [0.80, 0.15, 0.05],  # 0, and so read
        [0.10, 0.85, 0.05],  # 0, and as sure of 1 as where it is right
        [0.05, 0.80, 0.15],  # 1
        [0.40, 0.45, 0.15],  # 1, barely
        [0.30, 0.35, 0.35],  # 0, and nothing is sure
    ]
)
LABELS = np.array([0, 0, 0, 1, 1, 0])


def test_worked_by_hand() -> None:
    found = find_suspects(SHARES, LABELS)
    np.testing.assert_allclose(found.thresholds, [2.1 / 4, 1.25 / 2, np.inf])
    assert found.confident.tolist() == [False, False, True, False, False, False]
    assert (found.found, found.misread) == (1, 2)
    assert found.order.tolist() == [2, 5, 4, 1, 3, 0]
    worst, next_ = found.first(2)
    assert (worst.rank, worst.index, worst.label, worst.suggested) == (1, 2, 0, 1)
    assert (worst.label_probability, worst.suggested_probability) == (0.1, 0.85)
    assert worst.is_misread
    assert worst.confident
    assert (next_.index, next_.suggested, next_.confident) == (5, 1, False)
    assert len(found.first(99)) == 6


def test_a_label_that_is_the_likeliest_is_never_counted_as_wrong() -> None:
    # Class 1 is confident from 0.2 on, class 0 from 0.9: the last image reaches 1's threshold alone.
    shares = np.array([[1.0, 0.0], [1.0, 0.0], [0.8, 0.2], [0.7, 0.3]])
    assert find_suspects(shares, np.array([0, 0, 1, 0])).confident.tolist() == [False] * 4


def test_equal_probabilities_reach_their_own_mean() -> None:
    shares = np.tile([0.1, 0.7, 0.2], (7, 1))
    found = find_suspects(shares, np.ones(7, int))
    assert found.found == 0
    assert find_suspects(shares, np.array([1, 1, 1, 1, 1, 1, 0])).confident.tolist() == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("shares", "labels", "message"),
    [
        (SHARES[:4], LABELS, r"Expected probabilities \(n, classes\) and labels \(n,\), found \(4, 3\) and"),
        (SHARES * 2, LABELS, "Probabilities are not negative and sum to one"),
        (SHARES, LABELS + 2, "Labels must be whole numbers from 0 to 2"),
        (SHARES, LABELS - 1, "Labels must be whole numbers from 0 to 2"),
        (SHARES, LABELS.astype(float), "Labels must be whole numbers"),
    ],
)
def test_what_cannot_be_judged_is_refused(shares: Any, labels: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        find_suspects(shares, labels)
