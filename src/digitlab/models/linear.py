"""Softmax regression: one weighted sum of the pixels for each class."""

from dataclasses import dataclass
from typing import ClassVar

import jax

from digitlab.models.base import Params, dense, flatten_and_scale, zeros

__all__ = ["Linear"]


@dataclass(frozen=True)
class Linear:
    """The linear model: logits = pixels @ kernel + bias.

    Its loss is convex, so it begins at zero like the exercise's, and the seed decides
    only the order of the batches.
    """

    name: ClassVar[str] = "linear"
    classes: int = 10

    @property
    def layer_names(self) -> list[str]:
        """The one layer."""
        return ["output"]

    def init(self, key: jax.Array, image_shape: tuple[int, int]) -> Params:
        """Return zeros: kernel (h * w, classes) and bias (classes,)."""
        height, width = image_shape
        return {"output": zeros((height * width, self.classes))}

    def apply(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return logits, float32 (n, classes), of `pixels`, uint8 (n, h, w)."""
        return dense(params["output"], flatten_and_scale(pixels))

    def apply_layer(self, params: Params, name: str, inputs: jax.Array) -> jax.Array:
        """Return the logits: there is one layer."""
        return dense(params[name], flatten_and_scale(inputs))

    def apply_train(self, params: Params, pixels: jax.Array, *, key: jax.Array) -> jax.Array:
        """Return the same logits: nothing here is random."""
        return self.apply(params, pixels)
