"""The labels of MNIST's test set that people corrected."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digitlab.data import CORRECTED, IN_DOUBT, Dataset, corrected, load_dataset


@pytest.fixture(scope="module")
def test_set(mnist_dir: Path) -> Dataset:
    return load_dataset("mnist", data_dir=mnist_dir, offline=True)[1]


def test_ten_labels_change_and_five_images_are_left_out(test_set: Dataset) -> None:
    found = corrected(test_set)
    assert found is not None
    images, rows = found
    assert len(images) == len(rows) == 9_995
    assert not set(IN_DOUBT) & set(rows)
    changed = rows[images.labels != test_set.labels[rows]]
    assert {int(row): int(images.labels[np.searchsorted(rows, row)]) for row in changed} == CORRECTED
    np.testing.assert_array_equal(images.pixels, test_set.pixels[rows])
    assert len(test_set) == 10_000
    assert test_set.labels[947] == 8


def test_they_are_what_the_five_people_said(mnist_dir: Path) -> None:
    path = mnist_dir.parent / "label-errors" / "mnist_mturk.json"
    if not path.exists():
        pytest.skip(
            "what the five people said is not here: put mnist_mturk.json into label-errors beside MNIST"
        )
    asked = [each for each in json.loads(path.read_text()) if each["mturk"]["given"] < 3]
    chosen = {each["id"]: each["our_guessed_label"] for each in asked if each["mturk"]["guessed"] >= 3}
    assert chosen == CORRECTED
    assert {each["id"] for each in asked} - chosen.keys() == set(IN_DOUBT)


def test_of_any_other_set_nothing_is_known(
    make_dataset: Callable[..., Dataset], digits: tuple[Dataset, Dataset]
) -> None:
    assert corrected(make_dataset(10_000)) is None
    assert corrected(digits[1]) is None
