"""The pictures that ink is measured on: the same from the same seed, and measures that measure."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from ink_tables import ablation_table, markdown, scored
from pens import inked, written
from photos import KINDS, photo
from round_trip import broken_facts, returned
from ways import WAYS

from digitlab.data import load_dataset


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_gives_the_same_file(kind: str) -> None:
    strokes = written(7, np.random.default_rng(0)).strokes
    one, again, other = (KINDS[kind].file(strokes, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


@pytest.mark.parametrize("kind", ["canvas", "photo", "bitmap 16x16"])
def test_pixels_do_as_strokes_do(kind: str) -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 12:16] = 255
    picture = photo(pixels, kind, np.random.default_rng(0))
    assert picture.ndim == 3
    assert picture.dtype == np.uint8
    assert np.ptp(picture) > 60


@pytest.mark.parametrize("digit", WAYS)
def test_every_way_of_every_digit_can_be_written(digit: int) -> None:
    for way in WAYS[digit]:
        found = written(digit, np.random.default_rng(0), way)
        points = np.concatenate(found.strokes)
        assert np.ptp(points[:, 1]) == pytest.approx(1)
        assert points.min() == pytest.approx(0)


@given(st.integers(0, 9), st.integers(0, 10**6), st.floats(20, 90), st.floats(1, 20), st.booleans())
@settings(max_examples=16)
def test_a_brush_stays_within_its_picture(
    digit: int, seed: int, height: float, width: float, smooth: bool
) -> None:
    cover = inked(written(digit, np.random.default_rng(seed)).strokes, height, width, smooth=smooth)
    rows = np.flatnonzero((cover > 0.5).any(axis=1))
    assert cover.dtype == np.float32
    assert np.ptp(rows) + 1 == pytest.approx(height + max(width, 1), abs=3)
    assert not cover[[0, -1]].any()
    assert not cover[:, [0, -1]].any()


@given(st.integers(-1, 1), st.integers(-1, 1))
def test_a_shift_by_a_pixel_is_found(down: int, across: int) -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[8:20, 10:18] = np.random.default_rng(0).integers(0, 256, (12, 8))
    found = returned(pixels, np.roll(pixels, (-down, -across), axis=(0, 1)))
    assert found.shift == (down, across)
    assert found.correlation == pytest.approx(1)
    assert found.difference == 0


def test_what_is_far_away_did_not_come_back() -> None:
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:24, 13] = 255
    assert not returned(pixels, np.roll(pixels, 3, axis=1)).same
    assert not returned(pixels, np.zeros_like(pixels)).same


def test_the_facts_hold_for_mnist_itself_and_break_when_broken(mnist_dir: Any) -> None:
    pixels = load_dataset("mnist", data_dir=mnist_dir)[0].pixels[:500]
    assert [each for each in pixels if broken_facts(each)] == []
    moved = np.roll(pixels[0], 2, axis=1)
    assert broken_facts(moved) == ["centre of mass"]
    assert "peak" in broken_facts(pixels[0] // 2)
    cut = pixels[0].copy()
    cut[:14] = 0
    assert "longer side" in broken_facts(cut)


def test_tables() -> None:
    score = scored(np.array([True, True, False, True]))
    assert (score["accuracy"], score["n"]) == (0.75, 4)
    assert score["interval"][0] < 0.75 < score["interval"][1]
    assert markdown(["a"], [["1"]]) == "| a |\n| --- |\n| 1 |"
    table = ablation_table({"ink": {"own": {"run": score}}, "without: x": {"own": {"run": score}}})
    assert table.splitlines()[-1] == "| without: x | 75.0 |"
