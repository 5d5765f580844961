import numpy as np
import pytest

from digitlab.errors import DataError
from digitlab.figures import accuracy_intervals

ROWS = {"linear": (0.92, 0.91, 0.93), "mlp": (0.98, 0.97, 0.985)}


def test_a_dot_and_whiskers_for_each_model() -> None:
    ax = accuracy_intervals(ROWS)
    (bars,) = ax.containers
    dots, _, (whiskers,) = bars.lines  # type: ignore[attr-defined]
    np.testing.assert_array_equal(dots.get_xdata(), [0.92, 0.98])
    ends = [segment[:, 0].tolist() for segment in whiskers.get_segments()]
    np.testing.assert_allclose(ends, [[0.91, 0.93], [0.97, 0.985]])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["linear", "mlp"]
    assert ax.texts[0].get_text() == "92.00 %  (91.00 to 93.00)"
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first model is the upper row


def test_a_near_baseline_is_a_dashed_line() -> None:
    ax = accuracy_intervals(ROWS, baseline=0.88)
    assert any(line.get_linestyle() == "--" and 0.88 in np.asarray(line.get_xdata()) for line in ax.lines)
    assert "dashed: always the commonest class: 88.0 %" in ax.get_xlabel()


def test_a_far_baseline_is_text_and_leaves_the_axis_to_the_models() -> None:
    ax = accuracy_intervals(ROWS, baseline=0.1135)
    assert "always the commonest class: 11.3 %, left of this axis" in ax.get_xlabel()
    assert ax.get_xlim()[0] > 0.9


def test_each_seed_has_a_tick_below_its_mean() -> None:
    ax = accuracy_intervals(ROWS, points={"mlp": [0.975, 0.985]})
    [ticks] = [line for line in ax.lines if 1 < np.asarray(line.get_ydata())[0] < 1.5]
    np.testing.assert_array_equal(ticks.get_xdata(), [0.975, 0.985])
    assert ax.get_xlabel() == "mean accuracy, with its 95 % interval; below it each seed's"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({}, "at least one model"),
        ({"mlp": (98.0, 97.0, 99.0)}, "mlp: expected 0 <= low <= accuracy <= high <= 1.*not per cent"),
        ({"mlp": (0.9, 0.95, 0.97)}, "found accuracy 0.9 with the interval 0.95 to 0.97"),
        ({"mlp": (np.nan, 0.1, 0.2)}, "must be finite"),
    ],
)
def test_wrong_intervals_are_refused(rows: dict[str, tuple[float, float, float]], message: str) -> None:
    with pytest.raises(DataError, match=message):
        accuracy_intervals(rows)


def test_a_baseline_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match="The baseline must be finite"):
        accuracy_intervals(ROWS, baseline=float("nan"))
