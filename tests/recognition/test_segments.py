"""Strings are cut into digits: in the order of reading, nothing lost, wherever and however large they are."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray
from PIL import Image

from digitlab.data import Dataset
from digitlab.data.framing import MNIST, box_of
from digitlab.recognition.forms import without_forms
from digitlab.recognition.heights import usual_height
from digitlab.recognition.lattice import Runs, best_path
from digitlab.recognition.lines import text_lines
from digitlab.recognition.pieces import pieces_of
from digitlab.recognition.seams import cut_by_seams
from digitlab.recognition.segments import Part, cut_ink

Bitmap = NDArray[np.bool_]

# Bundled digits, the ink of each in one part, none leaning far.
CLEAR = (0, 2, 3, 4, 6, 7, 8, 10, 12, 13, 16, 17, 20)


def sure(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Be a model that is sure of everything."""
    return np.full(len(pixels), 0.99)


def cut(ink: Bitmap) -> list[Part]:
    return cut_ink(ink, MNIST, sure)


@pytest.fixture(scope="module")
def inks(digits: tuple[Dataset, Dataset]) -> list[Bitmap]:
    """Return single digits as bitmaps 48 pixels high, each cropped to its ink."""

    def bitmap(pixels: NDArray[np.uint8]) -> Bitmap:
        large = np.asarray(Image.fromarray(pixels).resize((48, 48), Image.Resampling.BICUBIC)) > 110
        top, left, bottom, right = box_of(large)
        return large[top:bottom, left:right]

    return [bitmap(digits[1].pixels[number]) for number in CLEAR]


@pytest.fixture(scope="module")
def row(inks: list[Bitmap]) -> Callable[..., Bitmap]:
    """Return a maker of rows: digits with gaps between, on paper."""

    def make(chosen: list[int], gap: int = 12, rise: int = 0) -> Bitmap:
        ink = np.zeros((90 + rise * len(chosen), 20 + (60 + gap) * len(chosen)), bool)
        left = 10
        for place, number in enumerate(chosen):
            digit = inks[number]
            top = 20 + rise * (len(chosen) - 1 - place) + (48 - len(digit)) // 2
            ink[top : top + len(digit), left : left + digit.shape[1]] |= digit
            left += digit.shape[1] + gap
        return ink

    return make


some_digits = st.lists(st.integers(0, len(CLEAR) - 1), min_size=1, max_size=6)


@settings(max_examples=10)
@given(chosen=some_digits, rise=st.integers(0, 4))
def test_a_row_is_cut_from_left_to_right(
    chosen: list[int], rise: int, row: Callable[..., Bitmap], inks: list[Bitmap]
) -> None:
    parts = cut(row(chosen, rise=rise))
    assert [part.ink.shape for part in parts] == [inks[number].shape for number in chosen]
    for part, number in zip(parts, chosen, strict=True):
        np.testing.assert_array_equal(part.ink, inks[number])
    assert {part.line for part in parts} == {0}


@settings(max_examples=10)
@given(chosen=some_digits, gap=st.integers(-4, 3))
def test_parts_share_no_ink_and_lose_none(chosen: list[int], gap: int, row: Callable[..., Bitmap]) -> None:
    ink = row(chosen, gap=gap)
    together = np.zeros(ink.shape, int)
    for part in cut(ink):
        top, left, bottom, right = part.box
        together[top:bottom, left:right] += part.ink
    np.testing.assert_array_equal(together, ink)


@settings(max_examples=10)
@given(chosen=some_digits, down=st.integers(0, 40), right=st.integers(0, 40))
def test_moving_a_picture_moves_the_boxes(
    chosen: list[int], down: int, right: int, row: Callable[..., Bitmap]
) -> None:
    ink = row(chosen, gap=1)
    moved = [part.box for part in cut(np.pad(ink, ((down, 0), (right, 0))))]
    shift = np.array([down, right, down, right])
    np.testing.assert_array_equal(moved, [part.box + shift for part in cut(ink)])


@settings(max_examples=6)
@given(chosen=some_digits, times=st.integers(2, 4))
def test_a_larger_picture_has_larger_boxes(chosen: list[int], times: int, row: Callable[..., Bitmap]) -> None:
    ink = row(chosen, gap=8)
    large = cut(ink.repeat(times, axis=0).repeat(times, axis=1))
    np.testing.assert_allclose(
        [part.box for part in large], [times * np.array(part.box) for part in cut(ink)], atol=2 * times
    )


def test_lines_are_read_from_the_top(row: Callable[..., Bitmap]) -> None:
    first, second = row([0, 1, 2]), row([3, 4, 5, 6])
    both = np.vstack([np.pad(first, ((0, 0), (0, second.shape[1] - first.shape[1]))), second])
    parts = cut(both)
    assert [part.line for part in parts] == [0, 0, 0, 1, 1, 1, 1]
    assert [part.ink.sum() for part in parts] == [part.ink.sum() for part in cut(first) + cut(second)]


def test_dashes_and_dots_are_no_digits(row: Callable[..., Bitmap]) -> None:
    ink = row([0, 1, 2], gap=30)
    columns = np.flatnonzero(np.diff(np.pad(ink.any(axis=0), 1).astype(int)))
    dash, dot = (columns[1] + columns[2]) // 2, (columns[3] + columns[4]) // 2
    ink[42:47, dash - 9 : dash + 9] = True
    ink[62:68, dot - 3 : dot + 3] = True
    assert len(cut(ink)) == 3


def test_a_broken_stroke_stays_with_its_digit(row: Callable[..., Bitmap]) -> None:
    ink = row([1, 5, 8], gap=16)
    ink[44:46] = False
    assert len(cut(ink)) == 3


@pytest.mark.parametrize("number", range(len(CLEAR)))
def test_one_digit_is_one(number: int, inks: list[Bitmap]) -> None:
    (part,) = cut(np.pad(inks[number], 15))
    np.testing.assert_array_equal(part.ink, inks[number])


def test_no_ink_is_no_digit() -> None:
    assert cut(np.zeros((40, 60), bool)) == []


def test_ruled_lines_grids_and_boxes_are_taken_away(row: Callable[..., Bitmap]) -> None:
    ink = row([1, 2, 3, 4], gap=24)
    for form in (lines_of(ink.shape), lines_of(ink.shape[::-1]).T, boxes_around(ink)):
        left = without_forms(ink | form)
        assert (left & ~ink).sum() < 0.05 * ink.sum()
        assert (ink & ~left).sum() < 0.1 * ink.sum()


def lines_of(shape: tuple[int, ...]) -> Bitmap:
    form = np.zeros(shape, bool)
    form[5::75] = form[6::75] = True
    return form


def boxes_around(ink: Bitmap) -> Bitmap:
    form = np.zeros(ink.shape, bool)
    borders = np.flatnonzero(np.diff(np.pad(ink.any(axis=0), 1).astype(int))).reshape(-1, 2)
    for start, stop in borders:
        form[8:82, start - 8 : stop + 8] = True
        form[11:79, start - 5 : stop + 5] = False
    return form


def test_a_picture_of_nothing_but_a_line_keeps_it() -> None:
    line = np.pad(np.ones((60, 5), bool), 10)
    np.testing.assert_array_equal(without_forms(line), line)


@given(height=st.integers(6, 40), count=st.integers(1, 5))
def test_the_usual_height_is_that_of_most_ink(height: int, count: int) -> None:
    ink = np.zeros((60, 20 * count + 20), bool)
    for number in range(count):
        ink[10 : 10 + height, 20 * number + 5 : 20 * number + 10] = True
    ink[10:12, -4:] = True
    assert usual_height(ink) == height


def test_seams_go_through_the_thinnest_ink() -> None:
    ink = np.zeros((48, 60), bool)
    ink[:, 4:24] = ink[:, 36:56] = True
    ink[20:24, 24:36] = True
    cut = cut_by_seams(ink, 4.0, 48.0)
    assert len(np.unique(cut[ink])) > 1
    assert not (cut[:, :24][ink[:, :24]].any() and cut[:, 36:][ink[:, 36:]].min() == 0)


@given(st.data())
def test_the_best_path_is_the_best_of_all(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 5))
    ends = np.array([(a, b) for a in range(count) for b in range(a + 1, count + 1)])
    scores = np.array(
        data.draw(st.lists(st.integers(-50, 50), min_size=len(ends), max_size=len(ends))), float
    )
    place = {(int(a), int(b)): number for number, (a, b) in enumerate(ends)}

    def best(start: int) -> float:
        if start == count:
            return 0.0
        return max(float(scores[place[start, stop]]) + best(stop) for stop in range(start + 1, count + 1))

    chosen = best_path(ends, scores)
    borders = [int(ends[run, 0]) for run in chosen] + [count]
    assert [int(ends[run, 1]) for run in chosen] == borders[1:]
    assert borders[0] == 0
    assert scores[chosen].sum() == best(0)


def test_views_show_a_run_white_and_its_neighbours_grey(row: Callable[..., Bitmap]) -> None:
    (line,) = text_lines(row([0, 1, 2], gap=4))
    runs = Runs(pieces_of(line))
    views = runs.views()
    assert views.shape == (len(runs.ends), 32, 32)
    assert (views.max(axis=(1, 2)) == 255).all()
