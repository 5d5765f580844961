"""Moran's I: against its definition, the exact variance, and noise that is drawn."""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.insight.smoothness import inked_pixels, morans_i, noise_limit, noise_spread


def by_definition(tile: NDArray[np.float64], mask: NDArray[np.bool_]) -> float:
    """Return (n / S0) Σ_ij w_ij z_i z_j / Σ z_i², with the matrix of neighbours written out."""
    places = np.argwhere(mask)
    w = (np.abs(places[:, None] - places[None]).sum(axis=2) == 1).astype(float)
    z = tile[mask] - tile[mask].mean()
    return float(len(z) / w.sum() * (z @ w @ z) / (z @ z))


@settings(max_examples=40)
@given(height=st.integers(2, 7), width=st.integers(2, 7), seed=st.integers(0, 999))
def test_it_is_what_the_definition_says(height: int, width: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    tiles = generator.normal(size=(3, 2, height, width))
    mask = generator.random((height, width)) < 0.8
    mask[:2, :2] = True
    found = morans_i(tiles, mask)
    assert found.shape == (3, 2)
    wanted = [[by_definition(tile, mask) for tile in row] for row in tiles]
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_hand_worked() -> None:
    chessboard = np.indices((4, 4)).sum(axis=0) % 2
    assert morans_i(chessboard, np.ones((4, 4), bool)) == -1
    # z is -1, 0, 1; one product of the two pairs is 0, so is the other.
    assert morans_i([[1, 2, 3]], np.ones((1, 3), bool)) == 0
    # z is -1, -1, 1, 1: the pairs give 1, -1, 1, so I = 4 / 3 · 1 / 4.
    assert morans_i([[0, 0, 2, 2]], np.ones((1, 4), bool)) == pytest.approx(1 / 3)
    ramp = np.add.outer(np.arange(30), np.arange(30))
    assert morans_i(ramp, np.ones((30, 30), bool)) > 0.95


@settings(max_examples=20)
@given(scale=st.floats(0.01, 100), shift=st.floats(-10, 10))
def test_neither_size_nor_level_nor_pixels_outside_matter(scale: float, shift: float) -> None:
    tile = np.random.default_rng(0).normal(size=(6, 6))
    mask = np.ones((6, 6), bool)
    mask[:, 5] = False
    other = scale * tile + shift
    other[:, 5] = 1e6
    assert morans_i(other, mask) == pytest.approx(float(morans_i(tile, mask)), abs=1e-9)


@pytest.mark.parametrize("level", [0.0, 0.1, -3.3])
def test_a_tile_of_one_weight_and_a_mask_without_neighbours_have_none(level: float) -> None:
    assert morans_i(np.full((5, 5), level), np.ones((5, 5), bool)) == 0
    lonely = np.zeros((5, 5), bool)
    lonely[0, 0] = lonely[2, 2] = True
    assert morans_i(np.random.default_rng(0).normal(size=(5, 5)), lonely) == 0
    assert noise_limit(lonely) == 0
    assert noise_limit(np.zeros((5, 5), bool)) == 0


def test_noise_is_spread_as_the_formula_says_and_one_tile_in_a_thousand_is_above_the_limit() -> None:
    generator = np.random.default_rng(0)
    mask = np.ones((12, 10), bool)
    mask[:3, :4] = False
    found = morans_i(generator.normal(size=(40_000, 12, 10)), mask)
    mean, deviation = noise_spread(mask)
    assert found.mean() == pytest.approx(mean, abs=4 * deviation / 200)
    assert found.std() == pytest.approx(deviation, rel=0.02)
    assert 0.0004 < (found > noise_limit(mask)).mean() < 0.002


def test_a_pixel_counts_as_inked_from_one_image_in_a_hundred_on() -> None:
    pixels = np.zeros((200, 2, 2), np.uint8)
    pixels[:2, 0, 0] = 1
    pixels[:1, 1, 1] = 255
    assert inked_pixels(pixels).tolist() == [[True, False], [False, False]]
