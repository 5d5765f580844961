"""A training state as named arrays and a few numbers, and back, bit for bit."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from digitlab.models.saved import flatten, unflatten
from digitlab.tensors import Arrays
from digitlab.training.trainer import Best, TrainingState

__all__ = ["pack_state", "unpack_state"]


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
