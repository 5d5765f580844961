from typing import Any

import numpy as np
import pytest

from digitlab.errors import DataError
from digitlab.figures import coverage_curves, reliability_diagram

BINS = ([0.5, 0.7, 0.9], [0.4, 0.8, 0.95], [0.3, 0.7, 0.9], [0.5, 0.9, 0.99])


def test_the_points_are_the_numbers_given() -> None:
    ax = reliability_diagram({"plain": BINS, "tempered": BINS}, title="conv")
    lines: dict[str, Any] = {str(each.get_label()): each[0] for each in ax.containers}
    assert list(lines) == ["plain", "tempered"]
    np.testing.assert_allclose(lines["plain"].get_xydata(), np.transpose(BINS[:2]))
    assert lines["plain"].get_marker() != lines["tempered"].get_marker()
    assert ax.get_title("left") == "conv"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("confidence", "share that was right")
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["plain", "tempered"]


def test_both_axes_are_alike_and_hold_every_interval() -> None:
    ax = reliability_diagram({"plain": BINS})
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_xlim()[0] < 0.3
    assert ax.get_xlim()[1] == 1
    one = reliability_diagram({"sure": ([1.0], [1.0], [1.0], [1.0])})
    assert one.get_xlim() == (0, 1)


def test_the_curve_is_the_numbers_given_and_the_target_is_drawn() -> None:
    coverage, accuracy = np.arange(1, 101) / 100, np.linspace(1, 0.9, 100)
    ax = coverage_curves({"mlp": (coverage, accuracy)}, target=0.99, title="mlp")
    target, curve = ax.lines
    np.testing.assert_allclose(np.asarray(curve.get_xydata()), np.stack([coverage, accuracy], axis=1))
    assert set(np.asarray(target.get_ydata())) == {0.99}
    assert ax.get_ylim()[0] < 0.9
    assert ax.texts[0].get_text() == "99 % right"
    assert ax.get_legend() is None
    many = np.linspace(0.0001, 1, 10_000)
    _, *curves = coverage_curves({"a": (many, many), "b": (many, many)}, target=0.5).lines
    assert [len(np.asarray(line.get_xdata())) for line in curves] == [500, 500]


def test_bad_input_is_named() -> None:
    with pytest.raises(DataError, match="at least one set of bins"):
        reliability_diagram({})
    with pytest.raises(DataError, match="at least one curve"):
        coverage_curves({}, target=0.9)
    with pytest.raises(DataError, match=r"found 0\.4 to 1\.2"):
        reliability_diagram({"plain": ([0.4, 1.2], [0, 1], [0, 1], [0, 1])})
    with pytest.raises(DataError, match="must be 2, one for each; found 1"):
        coverage_curves({"mlp": ([0.5, 1], [1])}, target=0.9)
