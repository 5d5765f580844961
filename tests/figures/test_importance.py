import numpy as np
import pytest
from matplotlib.patches import Rectangle

from digitlab.errors import DataError
from digitlab.figures import setting_importance


def test_a_bar_for_each_setting_the_first_on_top() -> None:
    ax = setting_importance({"learning_rate": 0.75, "dropout": 0.2, "steps": 0.05}, title="mlp")
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    np.testing.assert_allclose([bar.get_width() for bar in bars], [0.75, 0.2, 0.05])
    assert [text.get_text() for text in ax.get_yticklabels()] == ["learning rate", "dropout", "steps"]
    assert [text.get_text() for text in ax.texts] == ["75 %", "20 %", "5 %"]
    bottom, top = ax.get_ylim()
    assert bottom > top  # the first setting is the upper row


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({}, "at least one number"),
        ({"steps": 1.5}, "Expected a share from 0 to 1"),
        ({"steps": -0.1}, "Expected a share from 0 to 1"),
        ({"steps": np.nan}, "must be finite"),
    ],
)
def test_wrong_shares_are_refused(shares: dict[str, float], message: str) -> None:
    with pytest.raises(DataError, match=message):
        setting_importance(shares)
