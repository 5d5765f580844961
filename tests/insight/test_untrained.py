"""What untrained tiles have of Moran's I."""

from typing import Any

import numpy as np
import pytest

from digitlab.insight import untrained_smoothness
from digitlab.models import MLP, Conv


@pytest.mark.parametrize("model", [MLP((30, 5)), Conv((8, 4))], ids=repr)
def test_untrained_tiles_are_noise(model: Any) -> None:
    inked = np.ones((28, 28), bool)
    found = untrained_smoothness(model, inked)
    pixels = 784 if model.name == "mlp" else 36
    assert found.tiles >= 1000
    # The mean of Moran's I of independent numbers is -1 / (n - 1).
    assert found.mean == pytest.approx(-1 / (pixels - 1), abs=5 * found.deviation / np.sqrt(found.tiles))
    assert found.mean + 1.5 * found.deviation < found.limit < found.mean + 3.5 * found.deviation
    assert untrained_smoothness(model, inked) == found
    assert untrained_smoothness(model, inked, seed=5) != found
