"""The network: fully connected hidden layers with ReLU."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import jax

from digitlab.errors import ConfigError
from digitlab.models.base import (
    MOST_WEIGHTS,
    Layer,
    Params,
    as_sizes,
    check_dropout,
    dense,
    draw_layers,
    dropout,
    flatten_and_scale,
    relu,
)

__all__ = ["MLP"]

# An input layer is taken to have this many pixels or more.
LEAST_WIDTH = 1024


@dataclass(frozen=True)
class MLP:
    """A multi-layer perceptron.

    Parameters
    ----------
    hidden_units
        Units of each hidden layer, first to last; any sequence of positive integers,
        copied into a tuple.
    dropout
        The share of each hidden layer's units that training silences, in [0, 1), to the
        nearest 256th.
        `apply` never drops any.
    classes
        How many classes the output layer tells apart.

    Raises
    ------
    ConfigError
        If a layer has no unit or far too many, or `dropout` is outside [0, 1).
    """

    name: ClassVar[str] = "mlp"
    hidden_units: Sequence[int] = (100, 100)
    dropout: float = 0.0
    classes: int = 10

    def __post_init__(self) -> None:
        units = as_sizes("hidden_units", self.hidden_units, least=1)
        largest = max(a * b for a, b in zip((LEAST_WIDTH, *units), (*units, LEAST_WIDTH), strict=True))
        if largest > MOST_WEIGHTS:
            raise ConfigError(
                f"hidden_units {list(units)} would make a layer of {largest:,} weights or more, and "
                f"training keeps four numbers for each: {MOST_WEIGHTS:,} are the most. Choose fewer units."
            )
        check_dropout(self.dropout)
        object.__setattr__(self, "hidden_units", units)

    def init(self, key: jax.Array, image_shape: tuple[int, int]) -> Params:
        """Return weights drawn from `key`: He normal under a ReLU, LeCun normal at the output, no bias."""
        height, width = image_shape
        sizes = (height * width, *self.hidden_units, self.classes)
        shapes = {name: sizes[index : index + 2] for index, name in enumerate(self.layer_names)}
        return draw_layers(key, shapes, [*[2.0] * len(self.hidden_units), 1.0])

    def apply(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return logits, float32 (n, classes), of `pixels`, uint8 (n, h, w)."""
        activations = pixels
        for name in self.layer_names:
            activations = self.apply_layer(params, name, activations)
        return activations

    def apply_layer(self, params: Params, name: str, inputs: jax.Array) -> jax.Array:
        """Return what one layer makes of the pixels or of the layer before it, float32 (n, units)."""
        if inputs.ndim == 3:
            inputs = flatten_and_scale(inputs)
        answers = dense(params[name], inputs)
        return answers if name == "output" else relu(answers)

    def apply_train(self, params: Params, pixels: jax.Array, *, key: jax.Array) -> jax.Array:
        """Return logits with dropout after each hidden layer, drawn from `key`."""
        activations = flatten_and_scale(pixels)
        for index, layer in enumerate(self._hidden(params)):
            activations = relu(dense(layer, activations))
            activations = dropout(activations, self.dropout, jax.random.fold_in(key, index))
        return dense(params["output"], activations)

    @property
    def layer_names(self) -> list[str]:
        """The layers, first to last."""
        return [f"hidden_{number}" for number, _ in enumerate(self.hidden_units, 1)] + ["output"]

    def _hidden(self, params: Params) -> list[Layer]:
        return [params[name] for name in self.layer_names[:-1]]
