"""The group bootstrap against scipy's, and against the truth in simulations."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from scipy import stats

from digitlab.errors import ConfigError, DataError
from digitlab.evaluation import evaluate, group_bootstrap, wilson_interval, writer_interval

RANDOM = np.random.default_rng(1)


def people(
    generator: np.random.Generator, count: int, each: int
) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Return whether each digit is read right, and its writer: some people write far worse than others."""
    skill = generator.beta(9, 1, size=count)
    writers = np.repeat(np.arange(count), generator.integers(1, 2 * each, size=count))
    return generator.random(len(writers)) < skill[writers], writers


@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.99])
@pytest.mark.parametrize("each", [1, 7])
def test_with_groups_of_one_size_it_is_scipys_bca(confidence: float, each: int) -> None:
    means = RANDOM.gamma(0.5, size=60)
    groups = np.repeat(np.arange(60), each)
    ours = group_bootstrap(np.repeat(means, each), groups, confidence=confidence, resamples=60_000)
    theirs = stats.bootstrap(
        (means,), np.mean, confidence_level=confidence, n_resamples=60_000, method="BCa", rng=2
    ).confidence_interval
    assert ours is not None
    np.testing.assert_allclose(ours, [theirs.low, theirs.high], rtol=0.02)


def test_it_covers_the_truth_where_the_naive_interval_does_not() -> None:
    truth, times = 0.9, 300
    covered = naive = 0
    for seed in range(times):
        right, writers = people(np.random.default_rng(seed), 120, 30)
        interval = group_bootstrap(right, writers, resamples=1000, seed=seed)
        assert interval is not None
        covered += interval.low <= truth <= interval.high
        low, high = wilson_interval(int(right.sum()), len(right))
        naive += low <= truth <= high
    assert 0.91 <= covered / times <= 0.98
    assert naive / times < 0.75


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), scale=st.floats(0.1, 10), shift=st.floats(-5, 5))
def test_it_moves_with_the_values_and_not_with_the_names_or_the_order(
    seed: int, scale: float, shift: float
) -> None:
    generator = np.random.default_rng(seed)
    right, writers = people(generator, 30, 5)
    interval = group_bootstrap(right, writers, resamples=200)
    moved = group_bootstrap(scale * right + shift, 1000 + 3 * writers, resamples=200)
    assert interval is not None
    assert moved is not None
    order = generator.permutation(len(right))
    assert group_bootstrap(right[order], writers[order], resamples=200) == interval
    np.testing.assert_allclose(moved, [scale * end + shift for end in interval], atol=1e-9)


def test_the_same_seed_gives_the_same_interval() -> None:
    right, writers = people(np.random.default_rng(3), 40, 10)
    assert group_bootstrap(right, writers, seed=4) == group_bootstrap(right, writers, seed=4)
    assert group_bootstrap(right, writers, seed=4) != group_bootstrap(right, writers, seed=5)


@pytest.mark.parametrize("values", [[0, 0, 0], [1, 1, 1], [0, 1, 1]])
def test_groups_that_are_all_alike_say_nothing(values: list[int]) -> None:
    assert group_bootstrap(values * 99, np.repeat(np.arange(99), 3)) is None


def test_of_few_writers_or_few_mistakes_no_interval_is_drawn() -> None:
    right, writers = np.ones(400, bool), np.repeat(np.arange(40), 10)
    right[:9] = False
    assert writer_interval(right, writers) is None
    right[9:25] = False
    assert writer_interval(right, writers) is not None
    assert writer_interval(right, writers % 19) is None
    assert writer_interval(right, None) is None
    assert evaluate(np.eye(2)[right.astype(int)], np.ones(400, int), baseline_class=0).writers is None
    few = evaluate(np.eye(2)[right.astype(int)], np.ones(400, int), baseline_class=0, writers=writers % 3)
    assert (few.writers, few.naive_interval, few.interval) == (3, None, wilson_interval(375, 400))


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match=r"found \(2,\) and \(3,\)"):
        group_bootstrap([1, 0], [1, 2, 3])
    with pytest.raises(DataError, match="two or more of them, not 1"):
        group_bootstrap([1, 0], [5, 5])
    with pytest.raises(ConfigError, match="between 0 and 1, not at 1"):
        group_bootstrap([1, 0, 1], [1, 2, 3], confidence=1.0)
    with pytest.raises(ConfigError, match=r"20 resamples are too few for a confidence of 0\.95"):
        group_bootstrap([1, 0, 1], [1, 2, 3], resamples=20)
