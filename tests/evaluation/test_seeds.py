"""Ways of training compared over seeds, against SciPy, statsmodels, worked numbers and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower

from digitlab.errors import DataError
from digitlab.evaluation import (
    compare_all_over_seeds,
    compare_over_seeds,
    evaluate,
    paired_t,
    seed_spread,
    seeds_to_show,
    t_interval,
)

samples = st.lists(st.floats(-1, 1), min_size=2, max_size=12).filter(lambda values: np.std(values) > 1e-6)


@given(samples, st.floats(0.5, 0.999))
def test_students_interval_and_test_are_scipys(values: list[float], confidence: float) -> None:
    expected = stats.ttest_1samp(values, 0)
    assert paired_t(values) == pytest.approx(expected.pvalue, rel=1e-6)
    np.testing.assert_allclose(
        t_interval(values, confidence=confidence), expected.confidence_interval(confidence), atol=1e-9
    )


@settings(max_examples=25)
@given(st.floats(0.15, 1.5), st.sampled_from([0.01, 0.05, 0.1]))
def test_the_seeds_needed_are_those_of_statsmodels(size: float, alpha: float) -> None:
    found = seeds_to_show(-size, alpha=alpha)
    assert found is not None
    # statsmodels counts both ends, the far one adds next to nothing.
    power = TTestPower().power(size, found, alpha)
    assert power >= 0.8 - 1e-3
    assert found == 2 or TTestPower().power(size, found - 1, alpha) < 0.8 + 1e-3


def test_no_number_of_seeds_shows_no_difference() -> None:
    assert seeds_to_show(0.0) is None
    assert seeds_to_show(1e-9) is None
    assert seeds_to_show(0.01) == 78_491
    assert seeds_to_show(1e6) == 2


def drawn(
    seed: int, gain: float, seeds: int = 6, n: int = 800
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return what two ways of training read right, the second better by `gain` on average."""
    generator = np.random.default_rng(seed)
    skill = generator.normal(0.9, 0.01, (2, seeds, 1)) + np.array([0, gain])[:, None, None]
    right = generator.random((2, seeds, n)) < skill
    return right[0], right[1]


def test_a_comparison_over_seeds_is_scipys_paired_test() -> None:
    a, b = drawn(0, 0.03)
    found = compare_over_seeds("a", a, "b", b, alpha=0.01)
    expected = stats.ttest_rel(b.mean(axis=1), a.mean(axis=1))
    assert found.p_value == pytest.approx(expected.pvalue)
    np.testing.assert_allclose(found.interval, expected.confidence_interval(0.99))
    each = b.mean(axis=1) - a.mean(axis=1)
    assert found.effect_size == pytest.approx(each.mean() / each.std(ddof=1))
    assert found.seeds == 6
    assert found.difference == pytest.approx(each.mean())
    swapped = compare_over_seeds("b", b, "a", a, alpha=0.01)
    assert swapped.difference == pytest.approx(-found.difference)
    assert swapped.p_value == pytest.approx(found.p_value)


def test_pairs_are_adjusted_as_statsmodels_does() -> None:
    right = {"a": drawn(1, 0)[0], "b": drawn(1, 0.01)[1], "c": drawn(2, 0.02)[1]}
    pairs = compare_all_over_seeds(right)
    assert [(pair.a, pair.b) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    _, expected, _, _ = multipletests([pair.p_value for pair in pairs], method="holm")
    np.testing.assert_allclose([pair.p_holm for pair in pairs], expected)


def test_no_difference_is_claimed_as_seldom_as_alpha_says() -> None:
    found = [compare_over_seeds("a", a, "b", b).is_claimed for a, b in (drawn(s, 0) for s in range(400))]
    assert 0.02 <= np.mean(found) <= 0.085


def test_differences_that_are_all_alike_are_not_infinitely_sure() -> None:
    a, b = np.zeros((2, 500), bool), np.zeros((2, 500), bool)
    b[:, 0] = True
    found = compare_over_seeds("a", a, "b", b)
    # One image of 500 with both seeds: the mean is one step of 0.002 and the spread is taken to be one, so t = √2.
    assert found.effect_size == pytest.approx(1)
    assert found.p_value == pytest.approx(2 * stats.t.sf(np.sqrt(2), 1))
    assert not found.is_claimed
    same = compare_over_seeds("a", a, "b", a)
    assert (same.p_value, same.effect_size, same.seeds_needed, same.difference) == (1, 0, None, 0)
    assert "There is no difference on average." in same.size_sentence()


def test_it_is_said_in_words() -> None:
    a, b = drawn(0, 0.05)
    claimed = compare_over_seeds("linear", a, "mlp", b)
    assert claimed.is_claimed
    assert claimed.sentence().startswith("mlp reads 4.2 more digits in 100 than linear (95 %: ")
    assert claimed.size_sentence() == (
        "The difference is 1.7 times its spread over seeds. To find a difference of this size anew, four times in "
        "five, takes 5 seeds."
    )
    assert claimed.as_dict()["claim"] == "this way of training"
    a, b = drawn(3, 0.0)
    unclaimed = compare_over_seeds("linear", a, "mlp", b, alpha=0.01)
    assert "cannot be told apart by 6 seeds: a difference of" in unclaimed.sentence()
    assert "digits in 100 (99 %: " in unclaimed.sentence()
    assert "more seeds." in unclaimed.size_sentence()
    assert unclaimed.as_dict()["claim"] is None


def test_other_peoples_digits_are_another_interval() -> None:
    a, b = drawn(0, 0.05)
    writers = np.arange(800) // 20
    found = compare_over_seeds("a", a, "b", b, writers=writers)
    assert found.over_writers is not None
    assert found.over_writers.width > found.interval.width / 4
    low, high = found.over_writers
    said = f"The mean difference of these very models on other people's digits: {100 * low:+.2f} to {100 * high:+.2f} (95 %)."
    assert said in found.size_sentence()
    assert found.as_dict()["over_writers"] == [low, high]


def test_the_spread_over_seeds() -> None:
    labels = np.zeros(100, int)
    logits = [np.where(np.arange(100)[:, None] < right, [2.0, 0.0], [0.0, 2.0]) for right in (90, 92, 97)]
    scores = [evaluate(each, labels, baseline_class=0) for each in logits]
    found = seed_spread(scores)
    assert (found.seeds, found.n) == (3, 100)
    assert found.accuracy == pytest.approx(0.93)
    assert found.accuracy_sd == pytest.approx(np.std([0.90, 0.92, 0.97], ddof=1))
    expected = stats.ttest_1samp([0.90, 0.92, 0.97], 0).confidence_interval(0.95)
    np.testing.assert_allclose(found.interval, [expected.low, min(1, expected.high)])


@pytest.mark.parametrize("shapes", [((2, 5), (2, 6)), ((1, 5), (1, 5)), ((5,), (5,)), ((3, 0), (3, 0))])
def test_a_comparison_over_seeds_needs_the_same_images(shapes: tuple[tuple[int, ...], ...]) -> None:
    a, b = (np.zeros(shape, bool) for shape in shapes)
    with pytest.raises(DataError, match=r"Expected a row for each of two or more seeds"):
        compare_over_seeds("a", a, "b", b)


def test_a_spread_needs_two_seeds() -> None:
    with pytest.raises(DataError, match=r"A spread needs the values of two or more seeds, found \(1,\)"):
        t_interval([0.5])
