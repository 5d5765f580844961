"""Validation comes from training only, every class in its share, and nothing is ever in two sets."""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings, strategies as st
from hypothesis.extra import numpy as hnp

from digitlab.data import Dataset, Split, load_dataset, stratified_indices, stratified_split
from digitlab.errors import ConfigError, DataError

labels_of_any_set = hnp.arrays(np.uint8, st.integers(2, 400), elements=st.integers(0, 9))
fractions = st.floats(0.01, 0.99)
seeds = st.integers(0, 2**63)


@given(labels=labels_of_any_set, fraction=fractions, seed=seeds)
@settings(max_examples=150)
def test_indices_are_sorted_disjoint_and_cover_all_with_every_class_in_its_share(
    labels: npt.NDArray[np.uint8], fraction: float, seed: int
) -> None:
    total = round(fraction * len(labels))
    assume(0 < total < len(labels))
    rest, chosen = stratified_indices(labels, fraction, seed)
    assert sorted([*rest, *chosen]) == list(range(len(labels)))
    assert (np.diff(rest) > 0).all()
    assert (np.diff(chosen) > 0).all()
    assert len(chosen) == total
    share = np.bincount(labels, minlength=10) * (total / len(labels))
    assert (np.abs(np.bincount(labels[chosen], minlength=10) - share) < 1).all()


@given(labels=labels_of_any_set, seed=seeds)
@settings(max_examples=50)
def test_the_seed_decides(labels: npt.NDArray[np.uint8], seed: int) -> None:
    assume(len(labels) > 3)
    first, again = (stratified_indices(labels, 0.5, seed)[1] for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_largest_remainders_by_hand() -> None:
    # 5, 3 and 2 images, 4 to choose: shares 2.0, 1.2 and 0.8, so 2, 1 and 1.
    labels = np.repeat(np.array([0, 1, 2], np.uint8), [5, 3, 2])
    assert np.bincount(labels[stratified_indices(labels, 0.4, 0)[1]]).tolist() == [2, 1, 1]


def test_another_seed_chooses_other_images() -> None:
    labels = np.zeros(1000, np.uint8)
    one, two = (set(stratified_indices(labels, 0.5, seed)[1].tolist()) for seed in (1, 2))
    assert 150 < len(one & two) < 350  # 250 are expected of independent choices, with deviation 8


def test_the_choice_is_uniform_within_a_class() -> None:
    labels = np.zeros(10, np.uint8)
    counts = Counter(int(i) for seed in range(400) for i in stratified_indices(labels, 0.5, seed)[1])
    assert all(150 < counts[i] < 250 for i in range(10))  # 200 are expected, with deviation 10


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_a_fraction_outside_0_to_1_is_refused(fraction: float) -> None:
    with pytest.raises(ConfigError, match="must lie between 0 and 1, not"):
        stratified_indices(np.zeros(10, np.uint8), fraction, 0)


@pytest.mark.parametrize("fraction", [0.01, 0.99])
def test_a_fraction_that_leaves_a_part_empty_is_refused(fraction: float) -> None:
    with pytest.raises(ConfigError, match="one part would be empty"):
        stratified_indices(np.zeros(10, np.uint8), fraction, 0)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ConfigError, match="seed must be 0 or more, not -1"):
        stratified_indices(np.zeros(10, np.uint8), 0.5, -1)


def numbered(labels: list[int]) -> Dataset:
    """Make a set whose images are all different: the first pixels hold the index."""
    pixels = np.zeros((len(labels), 4, 4), np.uint8)
    pixels[:, 0, 0], pixels[:, 0, 1] = np.divmod(np.arange(len(labels)), 256)
    return Dataset(pixels, np.array(labels, np.uint8), "numbered")


def test_a_class_too_small_for_both_parts_is_refused() -> None:
    with pytest.raises(
        DataError, match=r"Class 7 has only 1 of the 61 images of numbered: none .* validation"
    ):
        stratified_split(numbered([0] * 60 + [7]))


def test_a_split_says_what_it_is() -> None:
    split = stratified_split(numbered([0, 1] * 30), validation_fraction=0.25, seed=3)
    assert isinstance(split, Split)
    assert (split.kind, split.validation_fraction, split.seed) == ("stratified", 0.25, 3)
    assert (split.training.name, split.validation.name) == ("numbered training", "numbered validation")
    assert (len(split.training), len(split.validation)) == (45, 15)


@given(
    labels=st.lists(st.integers(0, 3), min_size=40, max_size=300), fraction=st.floats(0.3, 0.7), seed=seeds
)
@settings(max_examples=50)
def test_the_parts_are_the_rows_of_the_whole(labels: list[int], fraction: float, seed: int) -> None:
    assume(min(Counter(labels).values()) >= 5)
    train = numbered(labels)
    split = stratified_split(train, validation_fraction=fraction, seed=seed)
    assert split.whole is train
    assert sorted([*split.training_rows, *split.validation_rows]) == list(range(len(train)))
    for part, rows in ((split.training, split.training_rows), (split.validation, split.validation_rows)):
        assert (np.diff(rows) > 0).all()
        np.testing.assert_array_equal(part.pixels, train.pixels[rows])
        np.testing.assert_array_equal(part.labels, train.labels[rows])
        assert part.fingerprint == train.take(rows).fingerprint


def test_a_part_is_copied_together_once() -> None:
    split = stratified_split(numbered([0, 1] * 30))
    assert split.training is split.training
    assert split.validation is split.validation


def image_hashes(dataset: Dataset) -> set[bytes]:
    return {image.tobytes() for image in dataset.pixels}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_exercise_fault_1_training_validation_and_test_sets_are_disjoint(seed: int) -> None:
    """The exercise's three sets were images 1-7500, 1-2500 and 1-3000 of one file."""
    train, test = load_dataset("digits")
    split = stratified_split(train, seed=seed)
    parts = [split.training, split.validation, test]
    assert sum(map(len, parts)) == 1797
    # By content, not by index: no image of scikit-learn's set occurs twice, so the hashes must not either.
    hashes = [image_hashes(part) for part in parts]
    assert sum(map(len, hashes)) == len(set.union(*hashes)) == 1797
    assert all(len(part_hashes) == len(part) for part_hashes, part in zip(hashes, parts, strict=True))


@given(labels=st.lists(st.integers(0, 3), min_size=40, max_size=300), seed=seeds)
@settings(max_examples=50)
def test_exercise_fault_1_every_training_image_is_in_exactly_one_part(labels: list[int], seed: int) -> None:
    assume(min(Counter(labels).values()) >= 4)
    train = numbered(labels)
    split = stratified_split(train, validation_fraction=0.5, seed=seed)
    training, validation = image_hashes(split.training), image_hashes(split.validation)
    assert not training & validation
    assert training | validation == image_hashes(train)


def test_exercise_fault_1_on_mnist_the_official_sets_stay_whole(mnist_dir: object) -> None:
    train, test = load_dataset("mnist", data_dir=str(mnist_dir), offline=True)
    split = stratified_split(train)
    assert (len(split.training), len(split.validation), len(test)) == (50_000, 10_000, 10_000)
    np.testing.assert_array_equal(
        split.training.class_counts + split.validation.class_counts, train.class_counts
    )
    assert split.training.fingerprint != split.validation.fingerprint
