"""Small models whose weights are random or trained, and pictures for them."""

from collections.abc import Callable

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.data import Split
from digitlab.models import MLP, Conv, Linear, Model, Params, shapes_of
from digitlab.training import TrainingConfig, train

MODELS: list[Model] = [Linear(), MLP((9, 6)), Conv((3,)), Conv((4, 3), hidden_units=(5,))]
SHAPE = (9, 8)


@pytest.fixture
def weigh() -> Callable[..., Params]:
    """Return a maker of random weights, none of them zero."""

    def make(model: Model, shape: tuple[int, int] = SHAPE) -> Params:
        generator = np.random.default_rng(7)
        params: Params = jax.tree.map(
            lambda leaf: jax.device_put(generator.normal(0, 1 / 3, leaf.shape).astype(np.float32)),
            shapes_of(model, shape),
        )
        return params

    return make


@pytest.fixture
def picture() -> NDArray[np.uint8]:
    """Return one picture with paper around random ink."""
    pixels = np.zeros(SHAPE, np.uint8)
    pixels[1:8, 2:7] = np.random.default_rng(3).integers(1, 256, (7, 5))
    return pixels


@pytest.fixture(scope="session")
def trained(digits_split: Split) -> dict[str, tuple[Model, Params]]:
    """Return a model of each kind that has learned the bundled digits."""
    found: dict[str, tuple[Model, Params]] = {}
    for model in (Linear(), MLP((40,)), Conv((8, 16))):
        config = TrainingConfig(steps=200, periods=1, batch_size=64, learning_rate=0.01)
        found[model.name] = model, [*train(model, config, digits_split)][-1][1].params
    return found
