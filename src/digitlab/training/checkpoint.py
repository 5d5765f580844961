"""A training state as named arrays and a few numbers, and back, bit for bit."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.tensors import Arrays
from digitlab.training.trainer import Best, TrainingState

__all__ = ["flatten", "pack_state", "unflatten", "unpack_state"]


def flatten(tree: Any) -> Arrays:
    """Name every array of a nested value by its path, `hidden_1/kernel`, in the tree's own order."""
    leaves, _ = jax.tree_util.tree_flatten_with_path(tree)
    return {jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(leaf) for path, leaf in leaves}


def unflatten(arrays: Mapping[str, NDArray[Any]], template: Any) -> Any:
    """Return a value built like `template` with the arrays of those names.

    Raises
    ------
    KeyError, ValueError
        If an array is missing; if its shape or dtype is not the template's.
    """

    def pick(path: Any, leaf: Any) -> jax.Array:
        name = jax.tree_util.keystr(path, simple=True, separator="/")
        array = arrays[name]
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise ValueError(f"{name} is {array.dtype}{array.shape}, not {leaf.dtype}{leaf.shape}")
        return jax.numpy.asarray(array)

    return jax.tree_util.tree_map_with_path(pick, template)


def pack_state(state: TrainingState) -> tuple[Arrays, dict[str, Any]]:
    """Return the arrays of a state, and its numbers as JSON holds them."""
    best = state.best
    arrays = flatten({"weights": state.weights, "best": best.params if best else None})
    return arrays, {
        "period": state.period,
        "seconds": state.seconds,
        "best": best and {"period": best.period, "validation_log_loss": best.validation_log_loss},
    }


def unpack_state(
    arrays: Mapping[str, NDArray[Any]], numbers: Mapping[str, Any], template: TrainingState
) -> TrainingState:
    """Return the state that `pack_state` took apart; `template` is any state of the same training."""
    best = numbers["best"]
    tree = unflatten(arrays, {"weights": template.weights, "best": template.weights.params if best else None})
    return TrainingState(
        period=numbers["period"],
        weights=tree["weights"],
        seconds=numbers["seconds"],
        best=Best(best["period"], best["validation_log_loss"], tree["best"]) if best else None,
    )
