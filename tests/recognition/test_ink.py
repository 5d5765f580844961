"""Ink is what a person sees: the digit, whatever the picture around it."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st
from numpy.typing import NDArray
from papers import Light, encoded, photographed, textured
from pens import inked, written
from photos import KINDS, photo
from PIL import Image
from round_trip import GROUNDS, broken_facts, returned, sent
from scipy import ndimage

from digitlab.data import Dataset, load_dataset
from digitlab.data.framing import MNIST, OPTDIGITS
from digitlab.recognition import Ink, open_picture, prepare
from digitlab.recognition.paper import contrast_of

Pixels = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

DIGITS = st.integers(0, 9)
SEEDS = st.integers(0, 10**6)
CHANNEL = st.integers(0, 255)
COLOURS = st.tuples(CHANNEL, CHANNEL, CHANNEL)


def cover_of(
    digit: int, seed: int, height: float = 70, pen: float = 0.09, room: tuple[int, int, int, int] = (20,) * 4
) -> Floats:
    """Return how much of each pixel a drawn digit covers, with room on each side: top, bottom, left, right."""
    strokes = written(digit, np.random.default_rng(seed)).strokes
    top, bottom, left, right = room
    return np.pad(inked(strokes, height, pen * height), ((top, bottom), (left, right)))


def on_paper(
    cover: Floats, ink: tuple[int, ...] = (0, 0, 0), paper: tuple[int, ...] = (255, 255, 255)
) -> Pixels:
    shares = cover[..., None]
    return np.rint(np.array(paper) * (1 - shares) + np.array(ink) * shares).astype(np.uint8)


def alike(one: Ink, other: Ink) -> float:
    return returned(one.pixels, other.pixels).correlation


def luminance(colour: tuple[int, ...]) -> float:
    return float(np.dot(colour, (0.299, 0.587, 0.114)))


@given(DIGITS, SEEDS, st.floats(25, 160), st.floats(0.015, 0.2), st.booleans())
@settings(max_examples=13)
def test_the_facts_of_mnist_hold_for_whatever_is_drawn(
    digit: int, seed: int, height: float, pen: float, light: bool
) -> None:
    picture = on_paper(cover_of(digit, seed, height, max(pen, 1.2 / height)))
    ink = prepare(255 - picture if light else picture)
    assert ink.nothing == ""
    assert broken_facts(ink.pixels) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_facts_of_mnist_hold_for_every_kind_of_picture(kind: str) -> None:
    rng = np.random.default_rng(4)
    ink = prepare(photo(written(5, rng).strokes, kind, rng))
    assert ink.pixels.any() == (not ink.nothing)
    assert ink.nothing or broken_facts(ink.pixels) == []


@given(DIGITS, SEEDS, st.floats(0.03, 0.16))
@settings(max_examples=6)
def test_dark_on_light_is_light_on_dark(digit: int, seed: int, pen: float) -> None:
    picture = on_paper(cover_of(digit, seed, pen=pen))
    dark, light = prepare(picture), prepare(255 - picture)
    assert dark.dark_on_light
    assert not light.dark_on_light
    assert alike(dark, light) > 0.98


@pytest.mark.parametrize("side", [16, 48])
@pytest.mark.parametrize("breadth", [0.42, 0.46])
def test_a_one_that_fills_its_bitmap_is_ink_though_it_is_more_than_its_paper(
    breadth: float, side: int
) -> None:
    down, across = np.mgrid[:side, :side] / (side - 1)
    one = np.abs(across - (1 - down)) < breadth
    border = np.concatenate([one[0], one[-1], one[1:-1, 0], one[1:-1, -1]])
    assert one.mean() + border.mean() > 1
    picture = np.repeat(np.where(one, 0, 255).astype(np.uint8)[..., None], 3, axis=2)
    dark, light = prepare(picture), prepare(255 - picture)
    assert dark.dark_on_light
    assert not light.dark_on_light
    assert dark.box == light.box == (0, 0, side, side)


@given(DIGITS, SEEDS, st.tuples(*[st.integers(10, 90)] * 4))
@settings(max_examples=6)
def test_where_it_lies_does_not_matter(digit: int, seed: int, room: tuple[int, int, int, int]) -> None:
    here, there = (
        prepare(on_paper(cover_of(digit, seed))),
        prepare(on_paper(cover_of(digit, seed, room=room))),
    )
    assert alike(here, there) > 0.97


@given(DIGITS, SEEDS, COLOURS, COLOURS)
@settings(max_examples=8)
def test_colours_do_not_matter(digit: int, seed: int, ink: tuple[int, ...], paper: tuple[int, ...]) -> None:
    cover = cover_of(digit, seed)
    if abs(luminance(ink) - luminance(paper)) > 60:
        found = prepare(on_paper(cover, ink, paper))
        assert alike(prepare(on_paper(cover)), found) > 0.95
        assert found.dark_on_light == (luminance(ink) < luminance(paper))


def test_blue_on_green_is_dark_on_light_though_as_much_light_comes_from_both() -> None:
    found = prepare(on_paper(cover_of(0, 0), (0, 0, 125), (0, 127, 0)))
    assert found.dark_on_light
    assert alike(prepare(on_paper(cover_of(0, 0))), found) > 0.95


@given(DIGITS, SEEDS, st.floats(1.5, 3))
@settings(max_examples=5)
def test_how_large_it_is_does_not_matter(digit: int, seed: int, factor: float) -> None:
    small = cover_of(digit, seed, 60, room=(15,) * 4)
    large = cover_of(digit, seed, 60 * factor, room=(round(15 * factor),) * 4)
    assert alike(prepare(on_paper(small)), prepare(on_paper(large))) > 0.95


@given(COLOURS, st.integers(1, 90), st.integers(1, 90))
# Its brightness is rounded in two ways, from pixel to pixel.
@example((0, 1, 0), 3, 1)
@settings(max_examples=10)
def test_a_blank_page_of_any_colour_has_nothing_drawn(
    colour: tuple[int, ...], height: int, width: int
) -> None:
    ink = prepare(np.full((height, width, 3), colour, np.uint8))
    assert ink.nothing == "nothing drawn"
    assert ink.box is None
    assert not ink.pixels.any()


@pytest.mark.parametrize("seed", range(4))
def test_in_a_photo_of_blank_paper_nothing_is_taken_for_strong_ink(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = textured((200, 260), (0.93, 0.92, 0.88), rng)
    ink = prepare(open_picture(photographed(page, 120, Light(turn=0, tilt=0), rng)))
    assert ink.nothing or ink.strength < 0.15


@given(st.integers(1, 12), st.integers(1, 12), SEEDS)
@settings(max_examples=16)
def test_tiny_pictures_of_anything(height: int, width: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    for geometry in (MNIST, OPTDIGITS):
        ink = prepare(picture, geometry)
        assert ink.pixels.shape == geometry.image_shape
        assert ink.pixels.any() == (not ink.nothing)


@pytest.mark.parametrize("shape", [(1, 1), (1600, 3), (3, 1600), (1, 1600), (2, 2)])
def test_narrow_pictures(shape: tuple[int, int]) -> None:
    picture = np.full((*shape, 3), 255, np.uint8)
    picture[shape[0] // 3 : shape[0] // 2, shape[1] // 3 : shape[1] // 2 + 1] = 0
    assert prepare(picture).pixels.shape == (28, 28)


def test_every_step_can_be_shown_and_the_picture_is_left_alone() -> None:
    picture = on_paper(cover_of(3, 1))
    before = picture.copy()
    ink, again = prepare(picture), prepare(picture)
    np.testing.assert_array_equal(picture, before)
    np.testing.assert_array_equal(ink.pixels, again.pixels)
    np.testing.assert_array_equal(ink.stages[0].picture, picture)
    np.testing.assert_array_equal(ink.stages[-1].picture, ink.pixels)
    assert len({stage.name for stage in ink.stages}) == len(ink.stages)
    assert all(stage.picture.dtype == np.uint8 for stage in ink.stages)
    with pytest.raises(dataclasses.FrozenInstanceError, match="cannot assign"):
        ink.stroke = 1.0  # type: ignore[misc]


@given(DIGITS, SEEDS, st.tuples(*[st.integers(12, 80)] * 4))
@settings(max_examples=6)
def test_the_box_is_where_it_was_drawn(digit: int, seed: int, room: tuple[int, int, int, int]) -> None:
    cover = cover_of(digit, seed, room=room)
    rows, columns = (np.flatnonzero((cover > 0.5).any(axis=axis)) for axis in (1, 0))
    true = rows[0], columns[0], rows[-1] + 1, columns[-1] + 1
    found = prepare(on_paper(cover)).box
    assert found is not None
    assert np.abs(np.subtract(found, true)).max() <= 1


@given(DIGITS, SEEDS, st.floats(0.05, 0.16))
@settings(max_examples=6)
def test_the_stroke_is_as_wide_as_the_pen(digit: int, seed: int, pen: float) -> None:
    cover = cover_of(digit, seed, 120, pen)
    rows, columns = np.nonzero(cover > 0.5)
    side = max(np.ptp(rows), np.ptp(columns)) + 1
    assert prepare(on_paper(cover)).stroke == pytest.approx(pen * 120 * 20 / side, rel=0.2)


@given(DIGITS, SEEDS)
@settings(max_examples=5)
def test_a_hairline_and_a_marker_get_strokes_that_training_has(digit: int, seed: int) -> None:
    low, _, high = MNIST.stroke
    for pen in (0.012, 0.22):
        pixels = prepare(on_paper(cover_of(digit, seed, 100, pen))).pixels
        again = prepare(255 - np.asarray(Image.fromarray(pixels).resize((280, 280)).convert("RGB")))
        assert low * 0.85 <= again.stroke <= high * 1.2


def test_fainter_ink_has_less_strength() -> None:
    cover = cover_of(5, 2)
    strengths = [prepare(on_paper(cover, (grey,) * 3)).strength for grey in (0, 90, 170, 225)]
    assert strengths == sorted(strengths, reverse=True)


@given(DIGITS, SEEDS, st.floats(0.3, 0.7))
@settings(max_examples=5)
def test_a_shadow_over_half_the_page_changes_little(digit: int, seed: int, depth: float) -> None:
    picture = on_paper(cover_of(digit, seed))
    light = 1 - depth / (1 + np.exp(-(np.arange(picture.shape[1]) / picture.shape[1] - 0.5) * 12))
    shaded = np.rint(picture * light[None, :, None]).astype(np.uint8)
    assert alike(prepare(picture), prepare(shaded)) > 0.85


@pytest.mark.parametrize("digit", range(10))
def test_specks_are_no_ink(digit: int) -> None:
    picture = on_paper(cover_of(digit, digit))
    speckled = picture.copy()
    rng = np.random.default_rng(digit)
    for row, column in zip(*(rng.integers(1, side - 1, 12) for side in picture.shape[:2]), strict=True):
        if picture[max(0, row - 4) : row + 5, max(0, column - 4) : column + 5].min() == 255:
            speckled[row, column] = 0
    assert alike(prepare(picture), prepare(speckled)) > 0.97


@pytest.mark.parametrize("digit", range(10))
def test_ruled_lines_above_and_below_are_no_ink(digit: int) -> None:
    picture = on_paper(cover_of(digit, digit, pen=0.11, room=(40, 40, 50, 50)))
    ruled = picture.copy()
    for row in (12, -12):
        ruled[row] = np.minimum(ruled[row], (150, 170, 215))
    assert alike(prepare(picture), prepare(ruled)) > 0.95


@pytest.mark.parametrize("digit", range(10))
def test_a_stroke_that_fills_its_picture_is_no_line(digit: int) -> None:
    cover = cover_of(digit, digit, room=(25,) * 4)
    rows, columns = np.nonzero(cover > 0.5)
    tight = cover[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    assert alike(prepare(on_paper(cover)), prepare(on_paper(tight))) > 0.93


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_taken_sideways_is_read_upright(orientation: int) -> None:
    turns = {
        1: (0, False),
        2: (0, True),
        3: (2, False),
        4: (2, True),
        5: (3, True),
        6: (1, False),
        7: (1, True),
        8: (3, False),
    }
    picture = on_paper(cover_of(4, 4))
    turned, mirrored = turns[orientation]
    stored = np.rot90(picture, turned)
    stored = stored[:, ::-1] if mirrored else stored
    exif = Image.Exif()
    exif[0x0112] = orientation
    shares = np.ascontiguousarray(stored) / 255
    opened = open_picture(encoded(shares, exif=exif))
    np.testing.assert_array_equal(opened, picture)
    np.testing.assert_array_equal(prepare(opened).pixels, prepare(picture).pixels)


def test_mnist_digits_come_back(mnist_dir: Any) -> None:
    pixels = load_dataset("mnist", data_dir=mnist_dir)[1].pixels[:8]
    rng = np.random.default_rng(0)
    found = [
        returned(each, prepare(sent(each, ground, rng)[0]).pixels) for ground in GROUNDS for each in pixels
    ]
    assert np.mean([each.same for each in found]) >= 0.85
    assert np.min([each.correlation for each in found]) > 0.75
    assert np.median([each.correlation for each in found]) > 0.97


def test_bundled_digits_come_back(digits: tuple[Dataset, Dataset]) -> None:
    """Not to the pixel: how many of 4x4 pixels are ink is told by the grey alone, not which."""
    found = []
    for each in digits[1].pixels[:24]:
        large = np.asarray(Image.fromarray(255 - each).resize((160, 160), Image.Resampling.BICUBIC))
        back = prepare(np.pad(large, 20, constant_values=255)[..., None].repeat(3, axis=2), OPTDIGITS).pixels
        found.append(returned(each, back).correlation)
    assert np.median(found) > 0.85


def test_a_straight_stroke_is_no_box_to_write_in() -> None:
    page = np.full((90, 80, 3), 245, np.uint8)
    page[10:80, 36:46] = 20
    box = prepare(page).box
    assert box is not None
    assert np.abs(np.subtract(box, (10, 36, 80, 46))).max() <= 1


def test_a_long_thin_one_is_no_ruled_line() -> None:
    page = np.full((130, 90, 3), 245, np.uint8)
    page[12:118, 50:52] = 20
    for step in range(20):
        page[12 + step, 48 - step : 51 - step] = 20
    box = prepare(page).box
    assert box is not None
    assert np.abs(np.subtract(box, (12, 29, 118, 52))).max() <= 1


@pytest.mark.parametrize("side", [120, 280, 400])
def test_hair_lines_stay_whole(side: int) -> None:
    page = np.full((side, side, 3), 255, np.uint8)
    steps = np.arange(side // 5, 4 * side // 5)
    page[steps, steps // 2 + side // 4] = 0
    page[side // 2, steps] = 0
    assert prepare(page).stroke > 0
    parts = ndimage.label(prepare(page).pixels > 0, np.ones((3, 3)))[1]
    assert parts == 1
    assert prepare(page).pixels.mean() / 255 > 0.05


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("grey", [0, 90, 150])
def test_a_box_that_the_digit_touches_goes_and_the_digit_stays(seed: int, grey: int) -> None:
    cover = cover_of(3, seed)
    picture = on_paper(cover)
    rows, columns = np.nonzero(cover > 0.5)
    framed = picture.copy()
    left = columns.min() + 1
    for line in (
        np.s_[6:9, left:-6],
        np.s_[-9:-6, left:-6],
        np.s_[6:-6, left : left + 3],
        np.s_[6:-6, -9:-6],
    ):
        framed[line] = np.minimum(framed[line], grey)
    assert rows.min() > 9
    assert alike(prepare(picture), prepare(framed)) > 0.9


@pytest.mark.parametrize("kind", ["photo, squared paper", "scan, box"])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_printed_is_not_why_nothing_would_stand_out(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert prepare(photo(written(seed + 4, rng).strokes, kind, rng)).nothing == ""


def test_specks_all_over_are_nothing_that_stands_out() -> None:
    rng = np.random.default_rng(0)
    picture = np.full((200, 200, 3), 255, np.uint8)
    for row, column, side in rng.integers((5, 5, 2), (180, 180, 5), (150, 3)):
        picture[row : row + side, column : column + side] = 0
    picture[90:104, 90:104] = 0
    assert "specks" in prepare(picture).nothing


def test_grey_ink_is_as_strong_whether_colour_counts_or_not() -> None:
    """Strokes that take half of the light."""
    page = np.full((90, 90, 3), 240, np.uint8)
    page[20:70, 40:50] = 120
    for colour in (True, False):
        assert contrast_of(page, colour=colour).strength == pytest.approx(0.5, abs=0.01)


def test_the_grain_of_chalk_makes_a_stroke_no_thinner() -> None:
    """A thick 0, and the same with pinholes; its loop stays."""
    y, x = np.mgrid[-1:1:280j, -1:1:280j]
    ring = np.abs(np.hypot(x, 1.2 * y) - 0.55) < 0.1
    grain = ring & np.kron(np.random.default_rng(0).random((70, 70)) > 0.04, np.ones((4, 4), bool))
    solid, chalk = (
        prepare(np.where(each[..., None], 0, np.full(3, 255)).astype(np.uint8)) for each in (ring, grain)
    )
    assert chalk.stroke == pytest.approx(solid.stroke, rel=0.05)
    assert not chalk.pixels[13:15, 13:15].any()
