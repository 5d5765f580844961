"""What every model is, and what all of them share."""

from typing import ClassVar, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Layer",
    "Model",
    "Params",
    "count_parameters",
    "dense",
    "flatten_and_scale",
    "is_whole",
    "predict_logits",
]

Layer = dict[str, jax.Array]
Params = dict[str, Layer]

INFERENCE_BATCH = 1024


@runtime_checkable
class Model(Protocol):
    """An architecture: a frozen, hashable dataclass that holds settings and no weights.

    The weights are a nested dict, `{"hidden_1": {"kernel", "bias"}, ..., "output": ...}`,
    kernels of shape (inputs, outputs), all float32. Hence a model can be jit's static
    argument, the header of the saved file, and the label in a report.
    """

    name: ClassVar[str]

    @property
    def classes(self) -> int:
        """How many classes it tells apart."""
        ...

    def init(self, key: jax.Array, image_shape: tuple[int, int]) -> Params:
        """Return fresh weights for images of `image_shape` (height, width)."""
        ...

    def apply(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return logits, float32 (n, classes), of `pixels`, uint8 (n, h, w).

        This is inference. It takes no key, so nothing random can be left on by mistake.
        """
        ...

    def apply_train(self, params: Params, pixels: jax.Array, *, key: jax.Array) -> jax.Array:
        """Return logits as `apply` does, with what training adds (dropout) drawn from `key`."""
        ...


def flatten_and_scale(pixels: jax.Array) -> jax.Array:
    """Turn uint8 (n, h, w) into float32 (n, h * w) in [0, 1]: the only place that divides by 255."""
    return jnp.divide(pixels.reshape(pixels.shape[0], -1).astype(jnp.float32), 255)


def dense(layer: Layer, inputs: jax.Array) -> jax.Array:
    """Return inputs @ kernel + bias, float32 (n, outputs)."""
    return jnp.matmul(inputs, layer["kernel"]) + layer["bias"][None, :]


def count_parameters(params: Params) -> int:
    """Return how many numbers the weights are."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))


def predict_logits(model: Model, params: Params, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the logits of any number of images.

    Parameters
    ----------
    model, params
        The architecture and its weights.
    pixels : uint8 (n, h, w)
        0 is paper, 255 is full ink.

    Returns
    -------
    float32 (n, classes)

    Notes
    -----
    Images go through in batches of one size, the last one padded with blank images whose
    logits are thrown away: one compilation serves every `n`, and every image counts.
    """
    if not len(pixels):
        return np.zeros((0, model.classes), np.float32)
    size = min(INFERENCE_BATCH, 1 << (len(pixels) - 1).bit_length())
    batches = [pixels[start : start + size] for start in range(0, len(pixels), size)]
    logits = [_apply(model, params, _padded(batch, size))[: len(batch)] for batch in batches]
    return np.concatenate([np.asarray(part) for part in logits])


_apply = jax.jit(lambda model, params, pixels: model.apply(params, pixels), static_argnums=0)


def _padded(batch: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    return np.pad(batch, ((0, size - len(batch)), (0, 0), (0, 0)))


def is_whole(value: object) -> bool:
    """Return whether a setting is a whole number, Python's or NumPy's; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)
