import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from matplotlib.axes import Axes
from numpy.typing import NDArray

from digitlab.errors import ConfigError, DataError
from digitlab.figures import digit_grid, templates, unit_closeup, weight_tiles

Kernel = NDArray[np.float64]


def random_kernel(shape: tuple[int, int], units: int) -> Kernel:
    return np.random.default_rng(units).normal(size=(shape[0] * shape[1], units))


def shown(ax: Axes) -> np.ma.MaskedArray[tuple[int, int], np.dtype[np.float64]]:
    """Return what `imshow` was given."""
    return np.ma.asarray(ax.images[0].get_array())


def limits(ax: Axes) -> tuple[float, float]:
    """Return the weights at the two ends of the colours."""
    low, high = ax.images[0].get_clim()
    assert low is not None
    assert high is not None
    return low, high


def tile_at(ax: Axes, position: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the pixels inside the frame of the tile at `position`."""
    (frames,) = ax.collections
    left, top = np.asarray(frames.get_paths()[position].vertices).min(axis=0) + 0.5
    tile = shown(ax)[int(top) : int(top) + shape[0], int(left) : int(left) + shape[1]]
    assert not np.ma.getmaskarray(tile).any()
    return np.asarray(tile)


def tiles_per_row(ax: Axes) -> list[int]:
    (frames,) = ax.collections
    tops = [float(np.asarray(path.vertices)[:, 1].min()) for path in frames.get_paths()]
    return [tops.count(top) for top in sorted(set(tops))]


def test_exercise_fault_6_tiles_stand_upright_like_the_digits_on_one_common_scale() -> None:
    """The exercise drew its tiles upside down, and each on a scale of its own."""
    shape = (4, 3)
    pixels = np.zeros((1, *shape), np.uint8)
    pixels[0, 0, 2] = 255  # ink at the top right
    digit = digit_grid(pixels, [7])
    kernel = np.zeros((12, 2))
    kernel[:, 0] = pixels.ravel() / 255  # unit 0 looks for just this
    kernel[:, 1] = -0.01
    tiles = weight_tiles(kernel, shape)
    np.testing.assert_array_equal(tile_at(tiles, 0, shape), pixels[0] / 255)
    assert digit.images[0].origin == tiles.images[0].origin == "upper"
    for ax in (digit, tiles):
        bottom, top = ax.get_ylim()
        assert bottom > top  # row 0 above row 1 on paper
    assert len(tiles.images) == 1  # hence one scale
    assert limits(tiles) == (-1, 1)


@pytest.mark.parametrize(
    ("units", "rows"),
    [(1, [1]), (7, [7]), (10, [10]), (98, [10] * 9 + [8]), (100, [10] * 10), (137, [10] * 13 + [7])],
)
def test_ten_tiles_in_a_row_for_any_number_of_units(units: int, rows: list[int]) -> None:
    ax = weight_tiles(random_kernel((4, 4), units), (4, 4))
    assert tiles_per_row(ax) == rows
    assert [text.get_text() for text in ax.texts] == [str(unit) for unit in range(units)]


@settings(max_examples=25)
@given(
    height=st.integers(1, 9), width=st.integers(1, 9), units=st.integers(1, 23), columns=st.integers(1, 12)
)
def test_each_tile_is_its_units_column_and_nothing_else_is_drawn(
    height: int, width: int, units: int, columns: int
) -> None:
    kernel = random_kernel((height, width), units)
    ax = weight_tiles(kernel, (height, width), columns=columns)
    for unit in range(units):
        tile = tile_at(ax, unit, (height, width))
        np.testing.assert_array_equal(tile, kernel[:, unit].reshape(height, width))
    assert np.ma.count(shown(ax)) == kernel.size


def test_the_gaps_do_not_look_like_a_weight_of_zero() -> None:
    ax = weight_tiles(np.zeros((4, 2)), (2, 2))
    (image,) = ax.images
    gap, zero = image.cmap(np.ma.masked_array([0.5, 0.5], mask=[True, False]))
    assert gap.tolist() == [1, 1, 1, 1]
    assert zero[:3].max() < 1
    assert np.max(ax.collections[0].get_linewidth()) > 0  # and each tile has its frame


def test_order_and_names_choose_and_call_the_tiles() -> None:
    kernel = random_kernel((3, 3), 5)
    ax = weight_tiles(kernel, (3, 3), order=[4, 0], names=list("abcde"))
    assert [text.get_text() for text in ax.texts] == ["e", "a"]
    np.testing.assert_array_equal(tile_at(ax, 0, (3, 3)).ravel(), kernel[:, 4])
    assert limits(ax)[1] == np.abs(kernel).max()  # the scale is still the whole kernel's


def test_a_badge_is_written_and_its_tile_framed_in_its_colour() -> None:
    kernel = random_kernel((3, 3), 4)
    ax = weight_tiles(
        kernel,
        (3, 3),
        order=[3, 0, 2],
        badges=["", "dead", "noise", "+0.1"],
        colours=[None, "red", "blue", None],
    )
    assert [text.get_text() for text in ax.texts] == ["3", "+0.1", "0", "2", "noise"]
    thin, heavy = ax.collections
    assert len(thin.get_paths()) == 3
    assert len(heavy.get_paths()) == 1
    assert np.max(heavy.get_linewidth()) > np.max(thin.get_linewidth())
    np.testing.assert_array_equal(np.asarray(heavy.get_paths()[0].vertices), thin.get_paths()[2].vertices)
    np.testing.assert_array_equal(np.asarray(heavy.get_edgecolor())[0], [0, 0, 1, 1])


@pytest.mark.parametrize("given", [{"badges": ["a"]}, {"colours": ["red"]}])
def test_badges_are_one_for_each_unit(given: dict[str, list[str]]) -> None:
    with pytest.raises(DataError, match=f"{next(iter(given))} must be 4, one for each; found 1"):
        weight_tiles(
            random_kernel((3, 3), 4), (3, 3), badges=given.get("badges"), colours=given.get("colours")
        )


def bar_label(ax: Axes) -> str:
    bar = ax.figure.axes[1]
    return (bar.get_xlabel() or bar.get_ylabel()).replace("\n", " ")


def test_the_scale_ends_at_the_largest_weight() -> None:
    kernel = random_kernel((8, 8), 3).clip(-2, 2)
    ax = weight_tiles(kernel, (8, 8))
    assert limits(ax) == (-2, 2)
    assert bar_label(ax) == "weight; colours end at ±2, the largest |weight|"


def test_a_few_outliers_do_not_wash_out_the_rest() -> None:
    kernel = random_kernel((8, 8), 20)
    kernel[5, 3] = -80
    ax = weight_tiles(kernel, (8, 8))
    limit = np.percentile(np.abs(kernel), 99.5)
    assert limits(ax) == (-limit, limit)
    assert "the 99.5th percentile of |weight| (the largest is 80)" in bar_label(ax)


def test_pixels_that_training_never_moved_do_not_shift_the_scale() -> None:
    kernel = np.zeros((400, 1))
    kernel[7] = 0.25
    assert limits(weight_tiles(kernel, (20, 20))) == (-0.25, 0.25)


def test_a_kernel_of_zeros_is_drawn() -> None:
    ax = weight_tiles(np.zeros((6, 4)), (2, 3))
    assert limits(ax) == (-1, 1)


def test_templates_are_ten_tiles_called_by_their_digits() -> None:
    kernel = random_kernel((5, 4), 10)
    ax = templates(kernel, (5, 4))
    assert tiles_per_row(ax) == [5, 5]
    assert [text.get_text() for text in ax.texts] == list("0123456789")
    assert tiles_per_row(templates(kernel, (5, 4), columns=10)) == [10]


@settings(max_examples=10)
@given(unit=st.integers(0, 11))
def test_a_closeup_has_the_scale_of_all_tiles(unit: int) -> None:
    kernel = random_kernel((6, 5), 12)
    close = unit_closeup(kernel, (6, 5), unit)
    np.testing.assert_array_equal(shown(close), kernel[:, unit].reshape(6, 5))
    assert close.images[0].origin == "upper"
    assert limits(close) == limits(weight_tiles(kernel, (6, 5)))


@pytest.mark.parametrize("unit", [-1, 12, 98])
def test_a_unit_that_is_not_there_is_refused(unit: int) -> None:
    message = f"There is no unit {unit}: this layer has 12 units, numbered from 0 to 11"
    with pytest.raises(ConfigError, match=message):
        unit_closeup(random_kernel((2, 2), 12), (2, 2), unit)
    with pytest.raises(ConfigError, match=message):
        weight_tiles(random_kernel((2, 2), 12), (2, 2), order=[0, unit])


@pytest.mark.parametrize(
    ("kernel", "message"),
    [
        (np.zeros((65, 3)), r"must have shape \(64, units\) for 8 x 8 pixels; found \(65, 3\)"),
        (np.zeros(64), r"The kernel must have 2 dimension\(s\).*found shape \(64,\)"),
        (np.zeros((64, 0)), "at least one number"),
        (np.full((64, 2), np.nan), "The kernel must be finite; 128 of 128 numbers are NaN or infinite"),
    ],
)
def test_a_kernel_that_cannot_be_drawn_is_refused(kernel: Kernel, message: str) -> None:
    with pytest.raises(DataError, match=message):
        weight_tiles(kernel, (8, 8))
    with pytest.raises(DataError, match=message):
        unit_closeup(kernel, (8, 8), 0)


def test_options_that_cannot_be_used_are_refused() -> None:
    kernel = random_kernel((2, 2), 3)
    with pytest.raises(ConfigError, match="order names no unit"):
        weight_tiles(kernel, (2, 2), order=[])
    with pytest.raises(ConfigError, match="columns must be 1 or more"):
        weight_tiles(kernel, (2, 2), columns=0)
    with pytest.raises(DataError, match="names must be 3, one for each; found 1"):
        weight_tiles(kernel, (2, 2), names=["a"])


def test_hundreds_of_units_stay_printable() -> None:
    few, many = (weight_tiles(np.ones((1, units)), (1, 1)) for units in (10, 700))
    assert many.figure.figure.get_figheight() < 62
    assert many.texts[-1].get_text() == "699"
    assert float(many.texts[-1].get_fontsize()) < float(few.texts[-1].get_fontsize())
