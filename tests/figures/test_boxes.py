import numpy as np
import pytest

from digitlab.errors import DataError
from digitlab.figures import boxed_digits, boxed_pictures

PICTURE = np.full((40, 90, 3), 250, np.uint8)
BOXES = [(5, 4, 35, 25), (8, 30, 33, 60)]


def test_each_box_is_drawn_around_its_pixels_with_its_name_above() -> None:
    ax = boxed_digits(PICTURE, BOXES, ["4", "2"], confidences=[0.98, 0.3])
    for line, (top, left, bottom, right) in zip(ax.lines, BOXES, strict=True):
        x, y = np.asarray(line.get_xdata()), np.asarray(line.get_ydata())
        assert (x.min(), x.max(), y.min(), y.max()) == (left - 0.5, right - 0.5, top - 0.5, bottom - 0.5)
    assert [text.get_text() for text in ax.texts] == ["4 98", "2 30"]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--"]


def test_a_picture_without_digits_is_drawn() -> None:
    ax = boxed_digits(PICTURE, [], [], confidences=[])
    assert len(ax.images) == 1
    assert not ax.lines


def test_several_pictures_each_have_their_axes() -> None:
    figure = boxed_pictures([PICTURE] * 3, [BOXES] * 3, [["1", "?"]] * 3, titles=["a", "b", "c"], columns=2)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["a", "b", "c", ""]
    assert [len(ax.lines) for ax in figure.axes] == [2, 2, 2, 0]


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(DataError, match=r"\(height, width, 3\) .* found uint8 \(40, 90\)"):
        boxed_digits(PICTURE[..., 0], BOXES, ["4", "2"])
    with pytest.raises(DataError, match=r"boxes must be 1, one for each; found 2"):
        boxed_digits(PICTURE, BOXES, ["4"])
    with pytest.raises(DataError, match=r"titles must be 1"):
        boxed_pictures([PICTURE], [BOXES], [["4", "2"]], titles=[])
