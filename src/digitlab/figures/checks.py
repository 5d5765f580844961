"""What a figure asks of the arrays it is given, before it draws anything."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.errors import ConfigError, DataError

__all__ = ["check_columns", "check_count", "check_pixels", "counts_array", "finite_array", "weight_pictures"]


def finite_array(values: ArrayLike, what: str, *, ndim: int) -> NDArray[np.float64]:
    """Return `values` as float64.

    Raises
    ------
    DataError
        If they are not numbers in `ndim` dimensions, if there are none, or if one is NaN or infinite.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        found = type(values).__name__
        raise DataError(f"{what} must be an array of numbers; found a {found}: {error}.") from error
    if array.ndim != ndim or not array.size:
        raise DataError(
            f"{what} must have {ndim} dimension(s) and at least one number; found shape {array.shape}."
        )
    wrong = np.count_nonzero(~np.isfinite(array))
    if wrong:
        raise DataError(
            f"{what} must be finite; {wrong} of {array.size} numbers are NaN or infinite, "
            "so nothing was drawn. The usual cause is a training that diverged: try a smaller learning rate."
        )
    return array


def counts_array(counts: ArrayLike, what: str, *, ndim: int = 1) -> NDArray[np.int64]:
    """Return `counts` as int64; raise `DataError` unless they are whole numbers from 0 up."""
    numbers = finite_array(counts, what, ndim=ndim)
    if np.any(numbers < 0) or np.any(numbers != np.floor(numbers)):
        raise DataError(
            f"{what} must be whole numbers from 0 up; found {numbers.min():g} to {numbers.max():g}."
        )
    return numbers.astype(np.int64)


def check_count(values: Any, count: int, what: str) -> None:
    """Raise `DataError` unless there are `count` of `values`."""
    if len(values) != count:
        raise DataError(f"{what} must be {count}, one for each; found {len(values)}.")


def check_columns(columns: int) -> None:
    """Raise `ConfigError` unless there is at least one column."""
    if columns < 1:
        raise ConfigError(f"columns must be 1 or more; found {columns}.")


def check_pixels(pixels: NDArray[np.uint8], shape: str) -> None:
    """Raise `DataError` unless `pixels` are uint8 with the axes that `shape` names, none of length 0."""
    if pixels.dtype != np.uint8 or pixels.ndim != len(shape.split(",")) or not pixels.size:
        raise DataError(
            f"pixels must be uint8 of shape ({shape}) and not empty; found {pixels.dtype} {pixels.shape}. "
            "Give the pixels as the data set holds them: 0 is paper, 255 is ink."
        )


def weight_pictures(kernel: ArrayLike, image_shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return the kernel's columns as pictures, upright like the digits.

    Parameters
    ----------
    kernel : array of float, shape (height * width, units)
        Weight of every pixel, row by row from the top left, for every unit.
    image_shape : (int, int)
        Height and width of the digits in pixels.

    Returns
    -------
    float64, shape (units, height, width)
        Row 0 is the top row of the digit, column 0 its left column.

    Raises
    ------
    DataError
        If the kernel does not have this shape, or holds numbers that are not finite.
    """
    weights = finite_array(kernel, "The kernel", ndim=2)
    height, width = image_shape
    if len(weights) != height * width:
        raise DataError(
            f"The kernel must have shape ({height * width}, units) for {height} x {width} pixels; "
            f"found {weights.shape}. Give the first layer's kernel and the image shape it was trained on."
        )
    return weights.T.reshape(-1, height, width)
