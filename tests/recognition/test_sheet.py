"""A sheet on something darker is found, whichever way it lies; a shadow, a lamp's cone and white ink are none."""

import numpy as np
import pytest
from numpy.typing import NDArray
from papers import Light, on_a_table, photographed, textured
from pens import inked, written
from photos import photo
from PIL import Image
from round_trip import returned

from digitlab.recognition import open_picture, prepare
from digitlab.recognition.ink import Steps
from digitlab.recognition.sheet import on_its_sheet, sheet_of

NO_SHEET = Steps(sheet=False)
SIDE = 120
DOWN, ACROSS = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]


def grey_sheet(angle: float, inside: float = 200, outside: float = 60) -> NDArray[np.float64]:
    """Return a sheet of 0.6 of the side, turned by so many degrees."""
    turn = np.radians(angle)
    u, v = ACROSS * np.cos(turn) - DOWN * np.sin(turn), ACROSS * np.sin(turn) + DOWN * np.cos(turn)
    return np.where((abs(u) < 0.6) & (abs(v) < 0.5), inside, outside)


@pytest.mark.parametrize("angle", [0, 7, -15, 30, 90])
def test_a_sheet_is_found_but_for_its_edge(angle: float) -> None:
    grey = grey_sheet(angle)
    found = sheet_of(grey)
    assert found.sum() > 0.85 * (grey == 200).sum()
    assert not found[grey == 60].any()


@pytest.mark.parametrize(
    "grey",
    [
        grey_sheet(10, inside=200, outside=190),
        np.where(ACROSS < 0.3, 200.0, 100.0),
        np.where(ACROSS**2 + DOWN**2 < 0.7, 220.0, 20.0),
        220 * np.exp(-1.5 * (ACROSS**2 + DOWN**2)),
        np.where((abs(ACROSS) < 0.25) & (abs(DOWN) < 0.25), 220.0, 20.0),
        np.full((SIDE, SIDE), 128.0),
        np.zeros((1, 1)),
    ],
    ids=["hardly darker", "half in shadow", "disc", "lamp", "small", "blank", "a pixel"],
)
def test_what_is_no_sheet(grey: NDArray[np.float64]) -> None:
    assert not sheet_of(grey).any()


@pytest.mark.parametrize("digit", range(10))
def test_a_digit_drawn_light_on_dark_is_no_sheet(digit: int) -> None:
    cover = inked(written(digit, np.random.default_rng(digit)).strokes, 100, 22)
    picture = np.repeat(np.rint(255 * np.pad(cover, 12)).astype(np.uint8)[..., None], 3, axis=2)
    assert on_its_sheet(picture) is picture


@pytest.mark.parametrize("seed", range(3))
def test_what_is_on_a_sheet_stays_and_what_is_around_becomes_paper(seed: int) -> None:
    rng = np.random.default_rng(seed)
    page = textured((150, 180), (0.9, 0.9, 0.87), rng)
    page[60:100, 80:90] = 0.1
    picture = open_picture(photographed(on_a_table(page, rng), 90, Light(turn=6), rng))
    alone = on_its_sheet(picture)
    assert alone.shape == picture.shape
    middle = tuple(slice(length // 3, 2 * length // 3) for length in picture.shape[:2])
    np.testing.assert_array_equal(alone[middle], picture[middle])
    border = np.concatenate([alone[0], alone[-1], alone[:, 0], alone[:, -1]])
    assert border.min() > 0.6 * np.median(border)


@pytest.mark.parametrize("digit", [0, 3, 7])
def test_a_digit_on_a_page_on_a_table_is_the_digit(digit: int) -> None:
    rng = np.random.default_rng(digit)
    seen = photo(written(digit, rng).strokes, "photo, table", rng)
    found = prepare(seen)
    assert found.box is not None
    top, left, bottom, right = found.box
    cut = np.ascontiguousarray(seen[max(0, top - 15) : bottom + 15, max(0, left - 15) : right + 15])
    assert returned(prepare(cut, steps=NO_SHEET).pixels, found.pixels).correlation > 0.9


def test_a_very_small_picture_of_a_sheet() -> None:
    small = Image.fromarray(grey_sheet(0).astype(np.uint8)).resize((9, 7)).convert("RGB")
    assert prepare(np.asarray(small)).pixels.shape == (28, 28)
