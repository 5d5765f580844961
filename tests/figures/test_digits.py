import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from digitlab.errors import ConfigError, DataError
from digitlab.figures import class_counts, digit_grid, one_digit, own_mistakes

Pixels = NDArray[np.uint8]


@pytest.fixture(scope="module")
def digits() -> tuple[Pixels, NDArray[np.int64]]:
    bunch = load_digits()
    return (bunch.images[:23] * 255 / 16).astype(np.uint8), bunch.target[:23]


def random_pixels(n: int, height: int, width: int) -> Pixels:
    return np.random.default_rng(n).integers(0, 256, (n, height, width), dtype=np.uint8)


@settings(max_examples=30)
@given(n=st.integers(1, 33), height=st.integers(1, 12), width=st.integers(1, 12), columns=st.integers(1, 12))
def test_one_image_holds_every_digit_upright_and_in_order(
    n: int, height: int, width: int, columns: int
) -> None:
    pixels = random_pixels(n, height, width)
    ax = digit_grid(pixels, np.zeros(n, int), columns=columns)
    (image,) = ax.images
    mosaic: np.ma.MaskedArray[tuple[int, int], np.dtype[np.uint8]] = np.ma.asarray(image.get_array())
    across = min(columns, n)
    rows = -(-n // across)
    cell_height = mosaic.shape[0] // rows
    cell_width = -(-mosaic.shape[1] // across)
    for tile, digit in enumerate(pixels):
        bottom = (tile // across + 1) * cell_height
        left = tile % across * cell_width
        found = mosaic[bottom - height : bottom, left : left + width]
        assert not np.ma.getmaskarray(found).any()
        np.testing.assert_array_equal(found, digit)
    assert np.ma.count(mosaic) == pixels.size
    assert image.origin == "upper"


def test_ink_is_black_on_white_paper() -> None:
    (image,) = digit_grid(np.array([[[0, 255]]], np.uint8), [1]).images
    paper, ink = np.asarray(image.to_rgba(np.array([0, 255])))
    np.testing.assert_allclose(paper, [1, 1, 1, 1])
    np.testing.assert_allclose(ink, [0, 0, 0, 1])


def test_each_digit_has_its_label(digits: tuple[Pixels, NDArray[np.int64]]) -> None:
    ax = digit_grid(*digits)
    assert [text.get_text() for text in ax.texts] == [str(label) for label in digits[1]]


def test_a_wrong_prediction_is_told_by_text_and_frame(digits: tuple[Pixels, NDArray[np.int64]]) -> None:
    pixels, labels = digits
    predictions = labels.copy()
    predictions[4] = 9
    ax = digit_grid(pixels, labels, predictions=predictions)
    wrong = ax.texts[4]
    assert (wrong.get_text(), wrong.get_fontweight()) == ("4→9", "bold")
    assert ax.texts[5].get_fontweight() == "normal"
    right, misread = ax.collections
    assert (len(right.get_paths()), len(misread.get_paths())) == (22, 1)
    assert np.max(misread.get_linewidth()) > 2 * np.max(right.get_linewidth())


def test_what_a_digit_may_be_rather_is_told_where_it_is_not_misread(
    digits: tuple[Pixels, NDArray[np.int64]],
) -> None:
    pixels, labels = digits[0][:3], np.array([4, 5, 6])
    ax = digit_grid(pixels, labels, predictions=[4, 3, 6], rivals=[9, 3, 0])
    assert [text.get_text() for text in ax.texts] == ["4 or 9", "5→3", "6 or 0"]
    assert [text.get_fontweight() for text in ax.texts] == ["normal", "bold", "normal"]
    with pytest.raises(DataError, match="rivals must be 3, one for each; found 1"):
        digit_grid(pixels, labels, rivals=[1])


def test_indices_are_written_beside_the_labels(digits: tuple[Pixels, NDArray[np.int64]]) -> None:
    pixels, labels = digits
    ax = digit_grid(pixels[:2], labels[:2], indices=[72, 59999])
    assert [text.get_text() for text in ax.texts] == ["0", "1", "#72", "#59999"]


def test_columns_beyond_ten_widen_the_figure_so_that_labels_keep_their_room() -> None:
    narrow, wide = (digit_grid(random_pixels(40, 8, 8), np.zeros(40, int), columns=c) for c in (10, 20))
    assert wide.figure.figure.get_figwidth() > 1.5 * narrow.figure.figure.get_figwidth()


def test_one_digit_shows_the_whole_grey_scale(digits: tuple[Pixels, NDArray[np.int64]]) -> None:
    ax = one_digit(digits[0][7], 7)
    (image,) = ax.images
    np.testing.assert_array_equal(image.get_array(), digits[0][7])
    assert (image.norm.vmin, image.norm.vmax) == (0, 255)
    assert ax.get_title("left") == "label 7"
    bar = ax.figure.axes[1]
    assert [text.get_text() for text in bar.get_yticklabels()] == ["0", "64", "128", "192", "255"]


def test_class_counts_are_bars_from_zero_with_their_numbers() -> None:
    ax = class_counts([5923, 0, 6742])
    assert [bar.get_height() for bar in ax.patches] == [5923, 0, 6742]  # type: ignore[attr-defined]
    assert ax.get_ylim()[0] == 0
    assert [text.get_text() for text in ax.texts] == ["5,923", "0", "6,742"]
    assert ax.get_title("left") == "12,665 examples"


def test_it_draws_on_the_axes_it_is_given_and_shrinks_its_labels_to_fit() -> None:
    small = Figure(figsize=(4, 2)).subplots(1, 2)
    pixels = random_pixels(30, 8, 8)
    ax = digit_grid(pixels, np.zeros(30, int), ax=small[0])
    assert ax is small[0]
    usual = digit_grid(pixels, np.zeros(30, int))
    assert float(ax.texts[0].get_fontsize()) < float(usual.texts[0].get_fontsize()) / 2


@pytest.mark.parametrize(
    ("pixels", "labels", "message"),
    [
        (np.zeros((2, 3, 3)), [0, 1], r"uint8 of shape \(n, height, width\).*found float64 \(2, 3, 3\)"),
        (np.zeros((3, 3), np.uint8), [0], r"found uint8 \(3, 3\)"),
        (np.zeros((0, 3, 3), np.uint8), [], "not empty"),
        (np.zeros((2, 3, 3), np.uint8), [0], "labels must be 2, one for each; found 1"),
        (np.zeros((1, 3, 3), np.uint8), [-1], "labels must be whole numbers from 0 up"),
        (np.zeros((1, 3, 3), np.uint8), ["seven"], "labels must be an array of numbers; found a list"),
    ],
)
def test_wrong_arrays_are_refused(pixels: Pixels, labels: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        digit_grid(pixels, labels)


def test_wrong_options_are_refused() -> None:
    with pytest.raises(ConfigError, match="columns must be 1 or more; found 0"):
        digit_grid(random_pixels(1, 2, 2), [0], columns=0)
    with pytest.raises(DataError, match="predictions must be 1, one for each; found 2"):
        digit_grid(random_pixels(1, 2, 2), [0], predictions=[0, 1])
    with pytest.raises(DataError, match=r"uint8 of shape \(height, width\)"):
        one_digit(random_pixels(1, 2, 2), 0)
    with pytest.raises(DataError, match="class_names must be 2"):
        class_counts([1, 2], class_names=["a"])
    with pytest.raises(DataError, match=r"counts must be whole numbers from 0 up; found 0\.5"):
        class_counts([0.5])


@pytest.mark.parametrize("count", [1, 2])
def test_a_few_own_mistakes_begin_where_the_figure_does(count: int) -> None:
    title = "mlp on 1,200 own digits of a folder: the one misread. Left as it came, right what the model saw"
    photo, pixels = np.zeros((30, 20, 3), np.uint8), np.zeros((count, 28, 28), np.uint8)
    ax = own_mistakes(
        [photo] * count,
        pixels,
        [4] * count,
        ["nothing"] * count,
        shares=[0] * count,
        names=["x.png"] * count,
        title=title,
    )
    ax.figure.figure.draw_without_rendering()
    drawn = ax.get_window_extent()
    assert drawn.x0 < 0.03 * ax.figure.bbox.width
    left, right = (texts.get_window_extent() for texts in ax.texts[:2])
    assert right.x0 - left.x1 > left.height
