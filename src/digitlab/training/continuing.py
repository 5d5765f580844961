"""A training that begins with weights that are there, and not with random ones."""

import jax
import jax.numpy as jnp

from digitlab.models import Model, Params
from digitlab.training.config import TrainingConfig
from digitlab.training.engine import Weights, make_recipe
from digitlab.training.trainer import TrainingState

__all__ = ["state_from"]


def state_from(model: Model, config: TrainingConfig, params: Params) -> TrainingState:
    """Return the state before the first period of a training that goes on from given weights.

    The optimizer remembers nothing, and a moving average begins with these weights.
    """
    begun: Params = jax.tree.map(jnp.asarray, params)
    recipe = make_recipe(model, config)
    return TrainingState(0, Weights(begun, recipe.optimizer.init(begun), begun if recipe.ema_decay else None))
