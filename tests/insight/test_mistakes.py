"""Mistakes and neighbours against brute force."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.data import Split
from digitlab.errors import DataError
from digitlab.insight import disagreement, find_mistakes, mistakes, nearest

rows = st.integers(1, 30)


@settings(max_examples=60)
@given(n=st.integers(1, 4), m=rows, count=st.integers(1, 5), levels=st.integers(2, 256), seed=rows)
def test_the_nearest_are_those_of_brute_force(n: int, m: int, count: int, levels: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    pixels, among = (generator.integers(0, levels, (k, 3, 2)).astype(np.uint8) for k in (n, m))
    count = min(count, m)
    indices, distances = nearest(pixels, among, count)
    every = ((pixels[:, None].astype(float) - among[None]) ** 2).sum(axis=(2, 3))
    expected = np.argsort(every, axis=1, kind="stable")[:, :count]
    np.testing.assert_allclose(distances, np.sqrt(np.take_along_axis(every, expected, axis=1)))
    if levels > 200:
        np.testing.assert_array_equal(indices, expected)


def test_blocks_change_nothing(digits_split: Split, monkeypatch: pytest.MonkeyPatch) -> None:
    training, pixels = digits_split.training.pixels, digits_split.validation.pixels[:20]
    whole = nearest(pixels, training, 3)
    monkeypatch.setattr(mistakes, "BLOCK", 100)
    in_blocks = nearest(pixels, training, 3)
    np.testing.assert_array_equal(whole[0], in_blocks[0])
    np.testing.assert_array_equal(whole[1], in_blocks[1])


def test_a_training_digit_is_its_own_nearest(digits_split: Split) -> None:
    training = digits_split.training.pixels
    indices, distances = nearest(training[:50], training, 2)
    np.testing.assert_array_equal(indices[:, 0], np.arange(50))
    assert not distances[:, 0].any()
    assert (distances[:, 1] > 0).all()


def logits_of(*rows: list[float]) -> NDArray[np.float64]:
    return np.asarray(np.log(np.array(rows)))


def test_the_surest_mistake_comes_first() -> None:
    shares = [[0.6, 0.3, 0.1], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8], [0.3, 0.5, 0.2]]
    labels = np.array([1, 0, 2, 2])
    pixels = np.arange(4, dtype=np.uint8).reshape(4, 1, 1) * 10
    training = np.array([0, 11, 12, 200], np.uint8).reshape(4, 1, 1)
    found = find_mistakes(
        logits_of(*shares), labels, pixels, training, np.array([0, 1, 2, 0]), count=2, neighbours=2
    )
    assert (found.n, found.wrong) == (4, 3)
    first, second = found.surest
    assert (first.index, first.true, first.read_as) == (1, 0, 1)
    assert (first.read_probability, first.true_probability) == pytest.approx((0.9, 0.05))
    assert [(each.index, each.label, each.distance) for each in first.neighbours] == [
        (1, 1, 1.0),
        (2, 2, 2.0),
    ]
    assert second.index == 0
    assert found.sentence == (
        "3 of 4 images are read wrong. The surest mistake is image 1, a 0 read as 1 with 90.0 %; "
        "its nearest training digits are 1, 2. Of the 2 surest, the nearest training digit is of the digit read "
        "in 2, and of the true one in 0."
    )
    assert found.as_dict()["surest"][0]["neighbours"][0] == {"index": 1, "label": 1, "distance": 1.0}


def test_no_mistake_is_said() -> None:
    shares, pixels = [[0.9, 0.1], [0.2, 0.8]], np.zeros((2, 1, 1), np.uint8)
    found = find_mistakes(logits_of(*shares), np.array([0, 1]), pixels, pixels, np.array([0, 1]))
    assert found.surest == ()
    assert found.sentence == "All 2 images are read right."


def test_where_two_differ() -> None:
    right_a = np.array([True, True, False, False, True])
    right_b = np.array([True, False, True, False, False])
    found = disagreement(right_a, right_b, np.array([3, 1, 2, 0, 1]))
    assert (found.only_a.tolist(), found.only_b.tolist()) == ([1, 4], [2])
    assert (found.labels_a.tolist(), found.labels_b.tolist()) == ([0, 2, 0, 0], [0, 0, 1, 0])
    assert (found.both, found.neither) == (1, 1)
    assert found.sentence("mlp", "linear") == (
        "mlp alone reads 2 (most often 1: 2) right, linear alone 1 (most often 2: 1); both read 1 right and 1 wrong."
    )


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 9)), min_size=1))
def test_every_image_is_counted_once(images: list[tuple[bool, bool, int]]) -> None:
    a, b, labels = (np.array(column) for column in zip(*images, strict=True))
    found = disagreement(a, b, labels)
    assert found.both + found.neither + len(found.only_a) + len(found.only_b) == len(images)
    assert (found.labels_a.sum(), found.labels_b.sum()) == (len(found.only_a), len(found.only_b))
    assert "alone reads" in found.sentence("a", "b")


def test_other_lengths_are_refused() -> None:
    blank = np.zeros((2, 1, 1), np.uint8)
    with pytest.raises(DataError, match=r"as logits, 2; found 2 images and 3 labels"):
        find_mistakes(np.zeros((2, 3)), np.array([0, 1, 2]), blank, blank, np.array([0, 1]))
    with pytest.raises(DataError, match="on the same images"):
        disagreement(np.array([True]), np.array([True, False]), np.array([1]))
