import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays
from matplotlib.axes import Axes
from numpy.typing import NDArray

from digitlab.errors import DataError
from digitlab.figures import confusion_matrix

GOOD = [[980, 0, 20], [1, 999, 0], [0, 0, 0]]


def shares(ax: Axes) -> np.ma.MaskedArray[tuple[int, int], np.dtype[np.float64]]:
    """Return what `imshow` was given."""
    return np.ma.asarray(ax.images[0].get_array())


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def test_a_row_is_a_true_class_and_a_column_a_reading() -> None:
    ax = confusion_matrix([[90, 10], [0, 50]])
    assert shares(ax)[0, 1] == 0.1  # 10 of the 100 zeros were read as 1
    assert shares(ax)[1, 0] == 0
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("true digit", "read as")
    bottom, top = ax.get_ylim()
    assert bottom > top  # class 0 is the upper row


def test_cells_say_count_and_share_of_the_row_and_rows_say_their_support() -> None:
    said = texts(confusion_matrix(GOOD))
    assert said == [
        *("980", "98.0 %", "0", "20", "2.0 %"),
        *("1", "0.1 %", "999", "99.9 %", "0"),
        *("0", "0", "0"),
        *("n", "1000", "1000", "0"),
    ]


def test_shares_are_never_rounded_to_nothing_or_to_perfection() -> None:
    said = texts(confusion_matrix([[9999, 1], [0, 10]]))
    assert said[:4] == ["9999", ">99.9 %", "1", "<0.1 %"]
    assert "100 %" in said  # the second row has no error


def test_errors_have_a_scale_of_their_own_beside_a_neutral_diagonal() -> None:
    ax = confusion_matrix(GOOD)
    (image,) = ax.images
    assert np.ma.getmaskarray(shares(ax)).tolist() == np.eye(3, dtype=bool).tolist()
    assert image.norm.vmax == 0.02  # the largest error, not the diagonal
    right, one_in_a_thousand, none = np.asarray(
        image.to_rgba(np.ma.masked_array([0, 0.001, 0], mask=[True, False, False]))
    )
    assert right[0] == right[1] == right[2]  # grey
    assert np.abs(one_in_a_thousand - none).max() > 0.15


def test_text_keeps_its_contrast_on_every_colour() -> None:
    counts = np.diag([100] * 10)
    counts[0] = range(10)  # errors from pale to dark
    ax = confusion_matrix(counts)
    (image,) = ax.images
    background = np.asarray(image.to_rgba(shares(ax)))
    for text in ax.texts:
        column, row = text.get_position()
        if text.get_transform() != ax.transData or not float(text.get_text().rstrip(" %")):
            continue
        ink = 1.0 if text.get_color() == "white" else 0.0
        luminance = np.dot([0.2126, 0.7152, 0.0722], background[round(row), round(column), :3] ** 2.2)
        light, dark = max(ink, luminance), min(ink, luminance)
        assert (light + 0.05) / (dark + 0.05) >= 4.5  # WCAG AA


@settings(max_examples=15)
@given(k=st.integers(1, 6), data=st.data())
def test_any_counts_are_drawn_with_finite_text(k: int, data: st.DataObject) -> None:
    counts: NDArray[np.int64] = data.draw(arrays(np.int64, (k, k), elements=st.integers(0, 10_000)))
    ax = confusion_matrix(counts)
    assert not any("nan" in text or "inf" in text for text in texts(ax))
    assert np.isfinite(np.asarray(ax.images[0].get_clim(), float)).all()
    assert texts(ax)[-k:] == [str(n) for n in counts.sum(axis=1)]


def test_names_of_classes_are_written_on_both_axes() -> None:
    ax = confusion_matrix(GOOD, class_names=["coat", "shirt", "bag"])
    assert [text.get_text() for text in ax.get_xticklabels()] == ["coat", "shirt", "bag"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["coat", "shirt", "bag"]
    assert ax.get_ylabel() == "true class"


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ([[1, 2, 3], [4, 5, 6]], r"must be square, shape \(k, k\); found shape \(2, 3\)"),
        ([1, 2], r"must have 2 dimension\(s\)"),
        ([[0.98, 0.02], [0.0, 1.0]], "whole numbers from 0 up"),
        ([[1, -1], [0, 1]], "whole numbers from 0 up"),
        ([[np.nan, 0], [0, 1]], "must be finite; 1 of 4"),
        ([[1, 2], [3]], "must be an array of numbers"),
    ],
)
def test_wrong_counts_are_refused(counts: list[list[float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        confusion_matrix(counts)


def test_a_wrong_number_of_names_is_refused() -> None:
    with pytest.raises(DataError, match="class_names must be 3, one for each; found 2"):
        confusion_matrix(GOOD, class_names=["a", "b"])
