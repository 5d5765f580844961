"""Folds for cross-validation: each image in one, every class in its share."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from digitlab.data import Dataset, stratified_folds
from digitlab.data.stratify import fold_numbers
from digitlab.errors import ConfigError


@given(
    labels=hnp.arrays(np.uint8, st.integers(2, 400), elements=st.integers(0, 9)),
    folds=st.integers(1, 12),
    seed=st.integers(0, 2**63),
)
@settings(max_examples=150)
def test_folds_are_as_equal_as_can_be_and_so_is_each_class_in_them(
    labels: npt.NDArray[np.uint8], folds: int, seed: int
) -> None:
    numbers = fold_numbers(labels, folds, seed)
    assert numbers.max() < folds
    assert np.ptp(np.bincount(numbers, minlength=folds)) <= 1
    for digit in np.unique(labels):
        assert np.ptp(np.bincount(numbers[labels == digit], minlength=folds)) <= 1
    np.testing.assert_array_equal(numbers, fold_numbers(labels, folds, seed))


def test_each_image_is_validation_once(make_dataset: Callable[..., Dataset]) -> None:
    images = make_dataset(63)
    splits = stratified_folds(images, folds=4, seed=2)
    assert [split.kind for split in splits] == ["folds"] * 4
    assert sorted(np.concatenate([split.validation_rows for split in splits])) == list(range(63))
    for split in splits:
        assert sorted([*split.training_rows, *split.validation_rows]) == list(range(63))
        assert split.whole is images
    others = stratified_folds(images, folds=4, seed=3)
    assert splits[0].validation_digest != others[0].validation_digest


def test_any_image_may_fall_into_any_fold() -> None:
    labels = (np.arange(40) % 4).astype(np.uint8)
    counts = np.array([np.bincount(fold_numbers(labels, 5, seed), minlength=5) for seed in range(3)])
    assert (counts == 8).all()
    where = np.array([fold_numbers(labels, 5, seed) for seed in range(400)])
    often = np.array([np.bincount(each, minlength=5) for each in where.T])
    assert often.min() > 45  # 80 are expected, with deviation 8
    assert often.max() < 120


def test_folds_that_cannot_be_are_refused(make_dataset: Callable[..., Dataset]) -> None:
    images = make_dataset(60)
    with pytest.raises(ConfigError, match="There must be 2 or more folds, not 1"):
        stratified_folds(images, folds=1)
    with pytest.raises(ConfigError, match="7 folds need 7 images of each class, and random has 6 of class 0"):
        stratified_folds(images, folds=7)
    with pytest.raises(ConfigError, match="seed must be 0 or more, not -1"):
        stratified_folds(images, seed=-1)
    # A class without any image asks for none.
    few = images.take(np.flatnonzero(images.labels != 4))
    assert len(stratified_folds(few, folds=6)) == 6
