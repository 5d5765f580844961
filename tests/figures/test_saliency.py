"""Maps and mistakes as pictures: every number where it belongs, and no meaning by colour alone."""

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from numpy.typing import NDArray

from digitlab.errors import ConfigError, DataError
from digitlab.figures import digit_grid, mistake_gallery, saliency_maps

NAMES: dict[str, Any] = {"row_names": ["for 1", "for 2"], "column_names": ["a", "b", "c"]}


@pytest.fixture
def digit() -> NDArray[np.uint8]:
    pixels = np.zeros((6, 5), np.uint8)
    pixels[1:5, 2] = 255
    return pixels


def maps_of(digit: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.random.default_rng(0).normal(size=(2, 3, *digit.shape))


def tiles_of(ax: Axes, rows: int, columns: int) -> NDArray[Any]:
    """Return the tiles that are drawn, each cut out of the picture at its bottom left."""
    picture: Any = ax.images[0].get_array()
    height = picture.shape[0] // rows
    width = -(-picture.shape[1] // columns)
    return np.array(
        [
            [
                picture[(row + 1) * height - 6 : (row + 1) * height, column * width : column * width + 5]
                for column in range(1, columns)
            ]
            for row in range(rows)
        ]
    )


def test_every_map_is_drawn_upright_on_one_scale(digit: NDArray[np.uint8]) -> None:
    maps = maps_of(digit)
    ax = saliency_maps(digit, maps, **NAMES)
    np.testing.assert_array_equal(tiles_of(ax, 2, 4), maps)
    low, high = ax.images[0].get_clim()
    assert low == -high
    assert [text.get_text() for text in ax.texts] == ["for 1", "a", "b", "c", "for 2", "a", "b", "c"]
    digits = [np.asarray(image.get_array()) for image in ax.images[1:]]
    assert len(digits) == 2
    assert all((each == digit).all() for each in digits)


def test_strong_values_bear_their_sign(digit: NDArray[np.uint8]) -> None:
    maps = np.zeros((1, 1, *digit.shape))
    maps[0, 0, 2, 3], maps[0, 0, 4, 1], maps[0, 0, 0, 0] = 1.0, -0.5, 0.1
    ax = saliency_maps(digit, maps, row_names=["for 1"], column_names=["a"])
    signs: list[Any] = [each for each in ax.collections if isinstance(each, PathCollection)]
    drawn = [each for each in signs if len(each.get_offsets())]
    assert sorted(len(each.get_paths()[0].vertices) for each in drawn) == [2, 4]
    (left, top), (other_left, other_top) = (np.asarray(each.get_offsets())[0] for each in drawn)
    assert (left - other_left, top - other_top) == (2, -2)


def test_maps_that_do_not_fit_are_refused(digit: NDArray[np.uint8]) -> None:
    maps = maps_of(digit)
    with pytest.raises(DataError, match=r"the digit's height and width, \(6, 5\); found \(5, 5\)"):
        saliency_maps(digit, maps[:, :, 1:], **NAMES)
    with pytest.raises(DataError, match="row_names must be 1, one for each; found 2"):
        saliency_maps(digit, maps[:1], **NAMES)
    maps[0, 0, 0, 0] = np.nan
    with pytest.raises(DataError, match="maps must be finite; 1 of 180"):
        saliency_maps(digit, maps, **NAMES)


def test_a_blank_digit_can_be_drawn() -> None:
    blank = np.zeros((6, 5), np.uint8)
    assert saliency_maps(blank, np.zeros((2, 3, 6, 5)), **NAMES).images


def gallery(**changes: Any) -> Axes:
    generator = np.random.default_rng(1)
    arrays: dict[str, Any] = {
        "pixels": generator.integers(0, 256, (2, 4, 4), dtype=np.uint8),
        "true": [6, 4],
        "read_as": [1, 9],
        "read_probabilities": [0.994, 0.6],
        "true_probabilities": [0.002, 0.31],
        "neighbours": generator.integers(0, 256, (2, 3, 4, 4), dtype=np.uint8),
        "neighbour_labels": [[1, 1, 6], [9, 4, 9]],
        "indices": [2654, 7],
    }
    return mistake_gallery(**arrays | changes)


def test_a_mistake_says_all_of_it_in_words() -> None:
    ax = gallery()
    said = [text.get_text() for text in ax.texts]
    assert said[:6] == ["6→1", "#2654", "1: 99.4 %, 6: 0.2 %", "1", "1", "6"]
    assert said[6:] == ["4→9", "#7", "9: 60.0 %, 4: 31.0 %", "9", "4", "9"]


def test_each_digit_is_drawn_large_and_its_neighbours_beside_it() -> None:
    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 256, (2, 4, 4), dtype=np.uint8)
    neighbours = generator.integers(0, 256, (2, 3, 4, 4), dtype=np.uint8)
    picture: Any = gallery(columns=1).images[0].get_array()
    for tile in range(2):
        top = picture.shape[0] // 2 * (tile + 1) - 3 * 4 - 3
        large = picture[top : top + 12, :12]
        np.testing.assert_array_equal(large[::3, ::3], pixels[tile])
        np.testing.assert_array_equal(large[2::3, 2::3], pixels[tile])
        np.testing.assert_array_equal(picture[top : top + 12, 13:17].reshape(3, 4, 4), neighbours[tile])


def test_mistakes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match=r"of shape \(2, 3\); found \(2, 2\)"):
        gallery(neighbour_labels=[[1, 1], [2, 2]])
    with pytest.raises(DataError, match=r"height and width, \(4, 4\); found \(5, 4\)"):
        gallery(neighbours=np.zeros((2, 3, 5, 4), np.uint8))
    with pytest.raises(DataError, match="must be 2, one for each; found 1"):
        gallery(true=[3])
    with pytest.raises(ConfigError, match="columns must be 1 or more"):
        gallery(columns=0)


def test_a_digit_may_bear_a_name() -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    ax = digit_grid(pixels, [3, 4], predictions=[3, 9], names=["3: 98 %", "no"])
    assert [text.get_text() for text in ax.texts] == ["3: 98 %", "4→9"]
    with pytest.raises(DataError, match="names must be 2, one for each; found 1"):
        digit_grid(pixels, [3, 4], names=["3"])
