"""Intervals and the paired test against SciPy, published numbers and simulation."""

import numpy as np
import pytest
from hypothesis import given, strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from digitlab.errors import ConfigError, DataError
from digitlab.evaluation import (
    compare_all,
    compare_paired,
    digits_to_show,
    exact_mcnemar,
    holm,
    paired_interval,
    wilson_interval,
)

COUNTS = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(COUNTS, st.floats(0.5, 0.999))
def test_wilson_is_scipys(counts: tuple[int, int], confidence: float) -> None:
    successes, n = counts
    expected = stats.binomtest(successes, n).proportion_ci(confidence, method="wilson")
    found = wilson_interval(successes, n, confidence=confidence)
    np.testing.assert_allclose(found, [expected.low, expected.high], atol=1e-12)
    assert 0 <= found.low <= successes / n <= found.high <= 1
    assert found.low < found.high


def test_wilson_worked() -> None:
    # R. G. Newcombe, Statistics in Medicine 17 (1998), table I: the score method without correction.
    np.testing.assert_allclose(wilson_interval(81, 263), [0.2553, 0.3662], atol=5e-5)
    np.testing.assert_allclose(wilson_interval(15, 148), [0.0624, 0.1605], atol=5e-5)
    np.testing.assert_allclose(wilson_interval(0, 20), [0, 0.1611], atol=5e-5)


def test_wilson_covers_what_it_says() -> None:
    generator = np.random.default_rng(0)
    for p in (0.5, 0.9, 0.98):
        draws = generator.binomial(450, p, 4000)
        covered = [low <= p <= high for low, high in (wilson_interval(int(k), 450) for k in draws)]
        assert 0.93 <= np.mean(covered) <= 0.975


@pytest.mark.parametrize(("successes", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_wilson_of_the_impossible(successes: int, n: int) -> None:
    with pytest.raises(ConfigError, match="A proportion needs 0 <= successes <= n"):
        wilson_interval(successes, n)


@pytest.mark.parametrize("confidence", [0, 1, 1.5])
def test_a_confidence_that_is_none(confidence: float) -> None:
    with pytest.raises(ConfigError, match="A confidence lies between 0 and 1"):
        wilson_interval(1, 2, confidence=confidence)


@given(st.integers(0, 400), st.integers(0, 400))
def test_mcnemar_is_the_exact_binomial_test(only_a: int, only_b: int) -> None:
    expected = stats.binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    assert exact_mcnemar(only_a, only_b) == pytest.approx(expected, rel=1e-9)


def test_the_paired_interval_worked() -> None:
    # By hand: n = 21, discordant 1 and 7, so p1 = 2/23, p2 = 8/23, difference 6/23.
    reach = 1.959963984540054 * np.sqrt((10 / 23 - (6 / 23) ** 2) / 23)
    np.testing.assert_allclose(paired_interval(1, 7, 21), [6 / 23 - reach, 6 / 23 + reach])


def test_the_paired_interval_covers_what_it_says() -> None:
    generator = np.random.default_rng(1)
    for p_a, p_b in ((0.02, 0.02), (0.01, 0.05), (0.004, 0.001)):
        counts = generator.multinomial(2000, [p_a, p_b, 1 - p_a - p_b], 4000)
        intervals = [paired_interval(int(a), int(b), 2000) for a, b, _ in counts]
        assert 0.93 <= np.mean([low <= p_b - p_a <= high for low, high in intervals]) <= 0.985


def test_holm_worked() -> None:
    # 0.01 * 4, 0.015 * 3 (not less than the one before), 0.03 * 2, 0.8 * 1; in the order given.
    np.testing.assert_allclose(holm([0.03, 0.01, 0.8, 0.015]), [0.06, 0.04, 0.8, 0.045])
    np.testing.assert_allclose(holm([0.02, 0.019, 0.9]), [0.057, 0.057, 0.9])
    assert holm([]) == []
    assert holm([0.7, 0.6]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.floats(0.001, 0.5))
def test_holm_rejects_as_the_step_down_procedure_does(p_values: list[float], level: float) -> None:
    order, rejected = np.argsort(p_values, kind="stable"), set()
    for rank, index in enumerate(order):
        if p_values[index] * (len(p_values) - rank) >= level:
            break
        rejected.add(int(index))
    found = {index for index, p in enumerate(holm(p_values)) if p < level}
    assert found == rejected


def test_every_pair_of_several_models_is_compared_once() -> None:
    right = {name: np.arange(200) % k > 0 for name, k in (("a", 3), ("b", 5), ("c", 20))}
    pairs = compare_all(right)
    assert [(pair.a, pair.b) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [pair.p_holm for pair in pairs] == holm([pair.p_value for pair in pairs])
    alone = compare_paired("a", right["a"], "b", right["b"])
    assert (pairs[0].difference, pairs[0].interval) == (alone.difference, alone.interval)


def test_a_comparison_of_two_models() -> None:
    right_a = np.array([True] * 90 + [False] * 10)
    right_b = np.array([True] * 88 + [False] * 2 + [True] * 9 + [False])
    result = compare_paired("linear", right_a, "mlp", right_b)
    assert (result.only_a, result.only_b) == (2, 9)
    assert result.difference == pytest.approx(0.07)
    assert result.p_value == pytest.approx(stats.binomtest(2, 11).pvalue)
    swapped = compare_paired("mlp", right_b, "linear", right_a)
    assert swapped.difference == -result.difference
    np.testing.assert_allclose(swapped.interval, [-result.interval.high, -result.interval.low])
    assert result.as_dict()["p_holm"] == result.as_dict()["p_value"] == result.p_value
    assert result.effect_size == pytest.approx(9 / 11 - 0.5)
    # (1.96 √0.11 + 0.842 √(0.11 - 0.07²))² / 0.07² = 173.8.
    assert result.size_sentence() == (
        "Of 11 that only one of them read right, mlp read 9. To show a difference of this size, four times in "
        "five, takes 74 more digits."
    )


@pytest.mark.parametrize(("only_a", "only_b"), [(0.02, 0.05), (0.001, 0.004), (0.10, 0.13)])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_so_many_digits_show_the_difference_four_times_in_five(
    only_a: float, only_b: float, alpha: float
) -> None:
    n = digits_to_show(only_a, only_b, alpha=alpha)
    assert n is not None
    counts = np.random.default_rng(0).multinomial(n, [only_a, only_b, 1 - only_a - only_b], 3000)
    mcnemars = [statsmodels_mcnemar([[0, b], [a, 0]], exact=False, correction=False) for a, b, _ in counts]
    assert np.mean([test.pvalue < alpha for test in mcnemars]) == pytest.approx(0.8, abs=0.05)
    exact = np.mean([exact_mcnemar(int(a), int(b)) < alpha for a, b, _ in counts])
    assert 0.7 <= exact <= 0.825


def test_people_who_differ_take_more_digits() -> None:
    assert digits_to_show(0.02, 0.05, design_effect=3) == pytest.approx(
        3 * (digits_to_show(0.02, 0.05) or 0), 1
    )
    assert digits_to_show(0.02, 0.02) is None
    assert digits_to_show(0.0, 0.3) == digits_to_show(0.3, 0.0)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_statsmodels(only_a: int, only_b: int) -> None:
    expected = statsmodels_mcnemar([[5, only_b], [only_a, 5]], exact=True).pvalue
    assert exact_mcnemar(only_a, only_b) == pytest.approx(min(1.0, expected))


def test_the_level_is_the_plans() -> None:
    right_a, right_b = np.arange(200) >= 18, np.arange(200) >= 6
    loose, strict = (compare_paired("a", right_a, "b", right_b, alpha=alpha) for alpha in (0.05, 0.0001))
    assert (loose.p_value, loose.is_claimed, strict.is_claimed) == (strict.p_value, True, False)
    assert strict.interval.low < loose.interval.low
    assert "(99.99 %: " in strict.sentence()


def test_a_comparison_says_who_is_better_or_that_nobody_is() -> None:
    good, bad = np.ones(1000, bool), np.arange(1000) >= 100
    sentence = "mlp reads 10.0 more digits in 100 than linear (95 %: 8.1 to 11.9)."
    assert compare_paired("linear", bad, "mlp", good).sentence() == sentence
    assert compare_paired("mlp", good, "linear", bad).sentence() == sentence
    assert "cannot be told apart" in compare_paired("linear", good, "mlp", good).sentence()
    few, fewer = np.arange(100) >= 16, np.roll(np.arange(100) >= 6, 50)
    undecided = compare_paired("a", few, "b", fewer)
    assert undecided.p_value > 0.05
    assert "cannot be told apart on these images: a difference of +10.0 digits in 100" in undecided.sentence()


def test_a_comparison_needs_the_same_images() -> None:
    with pytest.raises(DataError, match="two vectors over the same images"):
        compare_paired("a", [True], "b", [True, False])
