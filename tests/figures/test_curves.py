from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from digitlab.errors import DataError
from digitlab.figures import compare_loss_curves, loss_curves
from digitlab.figures.curves import spread

TRAIN, VALIDATION = [0.9, 0.5, 0.3], [1.0, 0.7, 0.6]


def test_the_lines_are_the_numbers_given() -> None:
    ax = loss_curves([1, 2, 3], TRAIN, VALIDATION, name="linear")
    training, validation = ax.lines
    np.testing.assert_array_equal(training.get_xydata(), np.transpose([[1, 2, 3], TRAIN]))
    np.testing.assert_array_equal(validation.get_xydata(), np.transpose([[1, 2, 3], VALIDATION]))
    assert ax.get_title("left") == "linear"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("period", "log loss")


def test_training_and_validation_differ_without_colour() -> None:
    training, validation = loss_curves([1, 2, 3], TRAIN, VALIDATION).lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_markerfacecolor() != validation.get_markerfacecolor()


def test_models_differ_by_colour_and_marker() -> None:
    curves = {name: ([1, 2, 3], TRAIN, VALIDATION) for name in ("linear", "mlp", "conv")}
    validation = compare_loss_curves(curves).lines[1::2]
    assert len({line.get_color() for line in validation}) == 3
    assert len({line.get_marker() for line in validation}) == 3


def test_each_line_is_named_with_its_last_value() -> None:
    ax = compare_loss_curves({"linear": ([1, 2, 3], TRAIN, VALIDATION), "mlp": ([1], [0.25], [0.125])})
    assert [text.get_text() for text in ax.texts] == [
        "linear training  0.300",
        "linear validation  0.600",
        "mlp training  0.250",
        "mlp validation  0.125",
    ]


def test_names_of_lines_that_end_together_do_not_overlap() -> None:
    ax = compare_loss_curves({str(k): ([1, 2], [0.9, 0.5], [0.9, 0.5]) for k in range(5)})
    boxes = sorted((text.get_window_extent() for text in ax.texts), key=lambda box: box.y0)
    for below, above in pairwise(boxes):
        assert below.y1 <= above.y0 + 0.5  # pixels


def test_periods_are_whole_numbers_on_the_axis() -> None:
    for n in (1, 2, 3, 10, 37):
        ax = loss_curves(range(1, n + 1), [0.5] * n, [0.6] * n)
        ticks = ax.get_xticks()
        np.testing.assert_array_equal(ticks, np.round(ticks))


@pytest.mark.parametrize(
    ("last", "scale"), [(0.1, "linear"), (0.034, "linear"), (0.03, "log"), (1e-6, "log"), (0.0, "linear")]
)
def test_the_scale_is_logarithmic_only_when_the_losses_span_much(last: float, scale: str) -> None:
    ax = loss_curves([1, 2], [1.0, last], [1.0, 0.5])
    assert ax.get_yscale() == scale
    assert scale == "log" or ax.get_ylim()[0] == 0


def test_the_last_point_of_a_long_training_has_its_marker() -> None:
    n = 500
    (line, _) = loss_curves(range(1, n + 1), np.linspace(1, 0.5, n), np.linspace(1, 0.6, n)).lines
    start, step = line.get_markevery()  # type: ignore[misc]
    assert (n - 1 - start) % step == 0
    assert n / step <= 25


@given(
    positions=st.lists(st.floats(0, 1), min_size=1, max_size=12),
    distance=st.floats(0.01, 0.2),
)
def test_spread_is_the_nearest_arrangement_with_room(positions: list[float], distance: float) -> None:
    moved = spread(positions, distance)
    order = np.argsort(positions, kind="stable")
    assert np.all(np.diff(moved[order]) >= distance - 1e-9)
    steps = distance * np.arange(len(positions))
    oracle = isotonic_regression(np.asarray(positions)[order] - steps).x + steps
    np.testing.assert_allclose(moved[order], oracle, atol=1e-9)


@pytest.mark.parametrize(
    ("periods", "train", "validation", "message"),
    [
        ([1, 2], [0.5, np.nan], [0.5, 0.4], "The training log loss must be finite; 1 of 2 numbers"),
        ([1, 2], [0.5, 0.4], [0.5, np.inf], "The validation log loss must be finite"),
        ([1, 2], [0.5], [0.5, 0.4], "The training log losses must be 2, one for each; found 1"),
        ([1], [-0.1], [0.5], "The training log loss is never below 0; found -0.1"),
        ([], [], [], "periods must have 1 dimension"),
        ([1.5], [0.5], [0.5], "periods must be whole numbers"),
        ([2, 1], [0.5, 0.4], [0.5, 0.4], r"periods must increase.*found \[2, 1\]"),
    ],
)
def test_curves_that_cannot_be_drawn_are_refused(
    periods: ArrayLike, train: ArrayLike, validation: ArrayLike, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        loss_curves(periods, train, validation)


def test_no_curves_are_refused() -> None:
    with pytest.raises(DataError, match="at least one curve"):
        compare_loss_curves({})
