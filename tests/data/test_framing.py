"""Bitmaps framed as training digits are: the facts of MNIST hold, whatever is framed."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pens import inked, written
from round_trip import broken_facts, returned

from digitlab.data import Dataset
from digitlab.data.framing import MNIST, OPTDIGITS, Geometry, box_of, framed, geometry_of
from digitlab.errors import ConfigError

Bitmap = NDArray[np.bool_]
Pixels = NDArray[np.uint8]


def drawn(digit: int, seed: int, height: float = 150, pen: float = 0.1) -> Bitmap:
    strokes = written(digit, np.random.default_rng(seed)).strokes
    return inked(strokes, height, max(1.0, pen * height)) > 0.5


drawings = st.builds(
    drawn, st.integers(0, 9), st.integers(0, 10**6), st.floats(30, 200), st.floats(0.06, 0.25)
)
bitmaps = st.integers(0, 10**6).map(
    lambda seed: np.random.default_rng(seed).random(np.random.default_rng(seed).integers(1, 30, 2)) < 0.2
)


@given(drawings)
@settings(max_examples=26)
def test_the_facts_of_mnist_hold(ink: Bitmap) -> None:
    pixels = framed(ink, MNIST)
    assert pixels.shape == (28, 28)
    assert pixels.dtype == np.uint8
    assert broken_facts(pixels) == []


@given(bitmaps.filter(lambda ink: bool(ink.any())))
@settings(max_examples=26)
def test_whatever_is_framed_peaks_and_stays_whole(ink: Bitmap) -> None:
    pixels = framed(ink, MNIST)
    assert pixels.max() == 255
    counts = framed(ink, OPTDIGITS)
    assert counts.shape == (8, 8)
    assert np.isin(counts, np.rint(np.arange(17) * 255 / 16)).all()


@given(drawings, st.tuples(*[st.integers(0, 40)] * 4))
@settings(max_examples=20)
def test_where_it_lies_does_not_matter(ink: Bitmap, around: tuple[int, int, int, int]) -> None:
    top, bottom, left, right = around
    moved = np.pad(ink, ((top, bottom), (left, right)))
    for geometry in (MNIST, OPTDIGITS):
        np.testing.assert_array_equal(framed(moved, geometry), framed(ink, geometry))


@given(st.integers(0, 9), st.integers(0, 10**6), st.integers(2, 3))
@settings(max_examples=13)
def test_how_large_it_is_does_not_matter(digit: int, seed: int, factor: int) -> None:
    ink = drawn(digit, seed)
    larger = ink.repeat(factor, axis=0).repeat(factor, axis=1)
    assert returned(framed(ink, MNIST), framed(larger, MNIST)).correlation > 0.96


def by_hand(ink: Bitmap) -> Pixels:
    """Frame a 160x160 bitmap as FACTS of MNIST say, by means of blocks and the centre of mass."""
    small = ink.reshape(20, 8, 20, 8).mean(axis=(1, 3))
    small = np.rint(small / small.max() * 255)
    rows, columns = np.indices(small.shape)
    top = round(14 - float((rows * small).sum() / small.sum()))
    left = round(14 - float((columns * small).sum() / small.sum()))
    pixels = np.zeros((28, 28), np.uint8)
    pixels[top : top + 20, left : left + 20] = small
    return pixels


@given(st.integers(0, 9), st.integers(0, 10**6))
@settings(max_examples=20)
def test_pixels_are_means_of_blocks(digit: int, seed: int) -> None:
    ink = np.zeros((160, 160), bool)
    crop = drawn(digit, seed, height=140)
    height, width = (min(side, 160) for side in crop.shape)
    top, left = (160 - height) // 2, (160 - width) // 2
    ink[top : top + height, left : left + width] = crop[:height, :width]
    # Pinned to the corners, so that the box is the whole.
    ink[0, 0] = ink[-1, -1] = True
    difference = framed(ink, MNIST).astype(int) - by_hand(ink)
    assert np.abs(difference).max() <= 1


def test_a_box_is_the_tightest() -> None:
    ink = np.zeros((9, 12), bool)
    ink[2, 3] = ink[6, 10] = True
    assert box_of(ink) == (2, 3, 7, 11)


def test_the_geometry_is_told_by_the_shape() -> None:
    assert geometry_of((28, 28)) is MNIST
    assert geometry_of((8, 8)) is OPTDIGITS
    with pytest.raises(
        ConfigError, match=r"trained on pictures of 32x20 pixels\. Own pictures are made into 28x28"
    ):
        geometry_of((32, 20))


@given(st.integers(0, 9), st.integers(0, 10**6), st.floats(0.08, 0.16), st.integers(1, 2))
@settings(max_examples=13)
def test_optdigits_fill_their_height_as_the_bundled_digits_do(
    digit: int, seed: int, pen: float, wide: int
) -> None:
    ink = drawn(digit, seed, pen=pen).repeat(wide, axis=1)
    counts = framed(ink, OPTDIGITS)
    assert counts[0].any()
    assert counts[-1].any()
    assert 4 <= np.count_nonzero(counts.any(axis=0)) <= 8


def test_the_bundled_digits_look_so(digits: tuple[Dataset, Dataset]) -> None:
    pixels = np.concatenate([part.pixels for part in digits])
    assert pixels[:, [0, -1]].any(axis=2).all()
    assert pixels[:, :, 0].any(axis=1).mean() < 0.02


@pytest.mark.parametrize("geometry", [MNIST, OPTDIGITS])
def test_dust_too_fine_for_any_pixel_is_framed_all_the_same(geometry: Geometry) -> None:
    assert framed(np.eye(700, dtype=bool), geometry).any()


@pytest.mark.parametrize("geometry", [MNIST, OPTDIGITS], ids=lambda geometry: geometry.name)
def test_a_line_of_one_pixel_is_framed_whatever_its_length(geometry: Geometry) -> None:
    for length in range(1, 300):
        for shape in ((1, length), (length, 1), (2, length)):
            assert framed(np.ones(shape, bool), geometry).max() >= 254
