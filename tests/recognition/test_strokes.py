"""Strokes of known width are measured right, and made as wide as asked."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from pens import inked, written
from scipy import ndimage

from digitlab.recognition.strokes import stroke_width, with_width, without_pinholes

Bitmap = NDArray[np.bool_]

ANGLES = st.floats(0, np.pi)
WIDTHS = st.floats(4, 24)


def ribbon(angle: float, width: float, side: int = 120, length: float = 0.4) -> Bitmap:
    """Return what lies at most half a width from a segment through the middle: a stroke with round ends."""
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    along = rows * np.sin(angle) + columns * np.cos(angle)
    beyond = np.maximum(np.abs(along) - length * side, 0)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    return np.asarray(np.hypot(across, beyond) <= width / 2)


def width_of(ribbon: Bitmap, length: float) -> float:
    """Solve its area for its width: length x width and two half discs."""
    return float((np.sqrt(length**2 + np.pi * ribbon.sum()) - length) * 2 / np.pi)


def ring(radius: float, width: float, side: int = 160) -> Bitmap:
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    return np.asarray(np.abs(np.hypot(rows, columns) - radius) <= width / 2)


def drawn(digit: int, seed: int, width: float) -> Bitmap:
    strokes = written(digit, np.random.default_rng(seed)).strokes
    return np.pad(inked(strokes, 130, width) > 0.5, 3)


def parts(ink: Bitmap) -> int:
    return int(ndimage.label(ink, np.ones((3, 3)))[1])


@settings(max_examples=26)
@given(ANGLES, WIDTHS)
def test_a_ribbon_is_as_wide_as_it_is(angle: float, width: float) -> None:
    ink = ribbon(angle, width)
    assert stroke_width(ink) == pytest.approx(width_of(ink, 96), rel=0.1, abs=0.4)


@settings(max_examples=16)
@given(st.floats(30, 60), WIDTHS)
def test_a_ring_is_as_wide_as_it_is(radius: float, width: float) -> None:
    assert stroke_width(ring(radius, width)) == pytest.approx(width, rel=0.08, abs=0.5)


@settings(max_examples=13)
@given(st.integers(0, 9), st.integers(0, 10**6), st.floats(5, 18))
def test_a_digit_is_as_wide_as_its_pen(digit: int, seed: int, width: float) -> None:
    assert stroke_width(drawn(digit, seed, width)) == pytest.approx(width, rel=0.2)


def test_no_ink_has_no_width() -> None:
    assert stroke_width(np.zeros((5, 5), bool)) == 0
    assert stroke_width(np.zeros((1, 1), bool)) == 0


@given(st.integers(0, 9), st.integers(0, 10**6))
@settings(max_examples=8)
def test_width_does_not_depend_on_where_and_how_it_lies(digit: int, seed: int) -> None:
    ink = drawn(digit, seed, 9)
    for other in (ink.T, ink[::-1], ink[:, ::-1], np.pad(ink, 17)):
        assert stroke_width(other) == pytest.approx(stroke_width(ink))


@given(ANGLES, st.floats(6, 24), st.floats(6, 24))
@settings(max_examples=16)
def test_strokes_become_as_wide_as_asked(angle: float, width: float, wanted: float) -> None:
    assert stroke_width(with_width(ribbon(angle, width), wanted)) == pytest.approx(wanted, rel=0.12, abs=2)


@settings(max_examples=10)
@given(st.integers(0, 9), st.integers(0, 10**6), st.floats(3, 24), st.floats(12, 30))
def test_digits_become_about_as_wide_as_asked(digit: int, seed: int, width: float, wanted: float) -> None:
    before = drawn(digit, seed, width)
    found = stroke_width(with_width(before, wanted))
    # Where loops close and corners round, strokes get wider than asked; the change is never the wrong way.
    assert (found - stroke_width(before)) * (wanted - stroke_width(before)) >= -1
    assert found == pytest.approx(wanted, rel=0.45)


@settings(max_examples=10)
@given(st.integers(0, 9), st.integers(0, 10**6), st.floats(3, 20), st.floats(3, 30))
def test_what_is_made_wider_holds_what_was(digit: int, seed: int, width: float, wanted: float) -> None:
    before = drawn(digit, seed, width)
    after = with_width(before, wanted)
    margin = (after.shape[0] - before.shape[0]) // 2
    assert after.shape == tuple(side + 2 * margin for side in before.shape)
    inner = after[margin : after.shape[0] - margin, margin : after.shape[1] - margin]
    if wanted >= stroke_width(before):
        assert not (before & ~inner).any()
    else:
        assert not (inner & ~before).any()


def test_what_is_made_narrower_hardly_ever_falls_apart() -> None:
    before = [drawn(seed % 10, seed, 10 + seed % 14) for seed in range(60)]
    assert sum(parts(with_width(ink, 4)) == parts(ink) for ink in before) >= 58


@pytest.mark.parametrize("margin", [0, 1, 30])
def test_widening_draws_nothing_that_is_not_near_a_stroke(margin: int) -> None:
    ink = np.zeros((41, 41), bool)
    ink[10:31, 20] = True
    ink = np.pad(ink, margin)
    wide = with_width(ink, 5)
    rows, columns = np.nonzero(wide)
    assert np.ptp(columns) <= 6
    assert np.ptp(rows) <= 26


def test_ink_everywhere() -> None:
    full = np.ones((20, 20), bool)
    assert stroke_width(full) == pytest.approx(20, rel=0.4)
    assert with_width(full, 60).sum() > full.sum()
    assert with_width(full, 2).any()


def values(ink: Bitmap) -> NDArray[Any]:
    return ink.astype(float)


def test_a_width_that_is_there_is_kept() -> None:
    ink = ribbon(0.3, 9)
    again = with_width(ink, stroke_width(ink))
    assert np.abs(values(again) - values(ink)).mean() < 1e-3


def test_pinholes_are_filled_and_loops_and_gaps_are_not() -> None:
    ink = np.zeros((20, 40), bool)
    ink[3:17, 3:37] = True
    solid = ink.copy()
    ink[5, 5], ink[8:10, 20] = False, False
    ink[6:14, 28:34] = solid[6:14, 28:34] = False
    np.testing.assert_array_equal(without_pinholes(ink, 3), solid)
    assert stroke_width(ink) < stroke_width(without_pinholes(ink, 3))


@pytest.mark.parametrize("tail", [3, 5, 7])
def test_a_thin_tail_of_a_thick_blob_stays_when_the_blob_becomes_thinner(tail: int) -> None:
    ink = np.zeros((120, 80), bool)
    ink[10:55, 15:65] = True
    ink[55:110, 36 : 36 + tail] = True
    thinner = with_width(ink, 8)
    assert thinner[:50].sum() < 0.7 * ink[:50].sum()
    np.testing.assert_array_equal(thinner[60:104].sum(axis=1), tail)
