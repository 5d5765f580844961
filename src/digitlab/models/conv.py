"""The convolutional network: filters slid over the picture, the strongest answers kept."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

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
    relu,
    scale,
    zeros,
)

__all__ = ["Conv"]

MOST_CHANNELS = 4096
# The first windows are three strides wide, 14 strides to the picture's shorter side.
STRIDES_ACROSS = 14
WINDOW_STRIDES = 3
POOL = 2
LATER_WINDOW = 3
# The windows of so many images stay in a core's cache; but each part is compiled on its own.
IN_CACHE = 128
MOST_PARTS = 4

Convolution = Callable[[Layer, jax.Array, int, int], jax.Array]
"""A layer's weights, images, stride and pool -> images."""


@dataclass(frozen=True)
class Conv:
    """A small convolutional network, built of matrix products so that it is quick on a CPU too.

    The first layer's windows are three strides wide, and the stride is a fourteenth of the
    picture's shorter side: 6x6 pixels every 2 in MNIST's 28x28, 3x3 every 1 in 8x8. Of
    every 2x2 answers the largest goes on. Each further layer has windows of 3x3. A dense layer
    for each of `hidden_units` follows, if any, and the output layer.

    Parameters
    ----------
    channels
        Filters of each convolutional layer, first to last; any sequence of positive integers,
        copied into a tuple.
    hidden_units
        Units of each dense layer before the output; none by default.
    dropout
        The share of what enters each dense layer, the output included, that training
        silences, in [0, 1), to the nearest 256th. `apply` never drops any.
    classes
        How many classes the output layer tells apart.

    Raises
    ------
    ConfigError
        If there is no layer, or one has no filter or far too many, or `dropout` is outside [0, 1).
    """

    name: ClassVar[str] = "conv"
    channels: Sequence[int] = (32, 64)
    hidden_units: Sequence[int] = ()
    dropout: float = 0.0
    classes: int = 10

    def __post_init__(self) -> None:
        for name, least in (("channels", 1), ("hidden_units", 0)):
            sizes = as_sizes(name, getattr(self, name), least=least, most=MOST_CHANNELS)
            object.__setattr__(self, name, sizes)
        check_dropout(self.dropout)

    def init(self, key: jax.Array, image_shape: tuple[int, int]) -> Params:
        """Return weights drawn from `key`: He normal under a ReLU, zeros at the output, no bias.

        The kernels of convolutional layers are of shape (rows, columns, channels in, channels out).

        Raises
        ------
        ConfigError
            If a picture of `image_shape` is too small for so many layers.
        """
        shapes = self._kernel_shapes(image_shape)
        output = {"output": zeros(shapes.pop("output"))}
        return draw_layers(key, shapes, [2.0] * len(shapes)) | output

    def apply(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return logits, float32 (n, classes), of `pixels`, uint8 (n, h, w)."""
        activations = pixels
        for name in self.layer_names:
            activations = self.apply_layer(params, name, activations)
        return activations

    def apply_layer(self, params: Params, name: str, inputs: jax.Array) -> jax.Array:
        """Return what one layer makes of the pixels or of the layer before it.

        Returns
        -------
        float32 (n, h', w', filters) or (n, units)
        """
        if name.startswith("conv_"):
            return _convolved(
                params[name], inputs, convolve if isinstance(inputs, jax.Array) else convolve_here
            )
        answers = dense(params[name], inputs.reshape(len(inputs), math.prod(inputs.shape[1:])))
        return answers if name == "output" else relu(answers)

    def apply_train(self, params: Params, pixels: jax.Array, *, key: jax.Array) -> jax.Array:
        """Return logits with dropout before each dense layer, drawn from `key`."""
        parts = jnp.array_split(pixels, min(MOST_PARTS, -(-len(pixels) // IN_CACHE)))
        features = jnp.concatenate([self._features(params, part) for part in parts])
        activations = dropout(features, self.dropout, jax.random.fold_in(key, 0))
        for number, _ in enumerate(self.hidden_units, 1):
            activations = relu(dense(params[f"hidden_{number}"], activations))
            activations = dropout(activations, self.dropout, jax.random.fold_in(key, number))
        return dense(params["output"], activations)

    @property
    def layer_names(self) -> list[str]:
        """The layers, first to last."""
        convolutions = [f"conv_{number}" for number, _ in enumerate(self.channels, 1)]
        return [
            *convolutions,
            *(f"hidden_{number}" for number, _ in enumerate(self.hidden_units, 1)),
            "output",
        ]

    def _features(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return what the convolutional layers make of the pictures in training, float32 (n, features)."""
        activations = pixels
        for number, _ in enumerate(self.channels, 1):
            activations = _convolved(params[f"conv_{number}"], activations, convolve_by_product)
        return activations.reshape(len(pixels), math.prod(activations.shape[1:]))

    def _kernel_shapes(self, image_shape: tuple[int, int]) -> dict[str, tuple[int, ...]]:
        stride = first_stride(image_shape)
        window, inputs = WINDOW_STRIDES * stride, 1
        height, width = (outputs(side, window, stride) // POOL for side in image_shape)
        shapes: dict[str, tuple[int, ...]] = {}
        for number, filters in enumerate(self.channels, 1):
            if number > 1:
                window, (height, width) = (
                    LATER_WINDOW,
                    (outputs(side, LATER_WINDOW) for side in (height, width)),
                )
            shapes[f"conv_{number}"] = (window, window, inputs, filters)
            inputs = filters
        if min(height, width) < 1:
            raise ConfigError(
                f"A picture of {image_shape[0]}x{image_shape[1]} is too small for the {len(self.channels)} "
                "convolutional layer(s) of conv: give it fewer --channels, or use the models linear and mlp."
            )
        sizes = (height * width * inputs, *self.hidden_units, self.classes)
        dense_names = self.layer_names[len(self.channels) :]
        shapes |= {name: sizes[index : index + 2] for index, name in enumerate(dense_names)}
        biggest = max(math.prod(shape) for shape in shapes.values())
        if biggest > MOST_WEIGHTS:
            raise ConfigError(
                f"channels {list(self.channels)} and hidden_units {list(self.hidden_units)} would make a "
                f"layer of {biggest:,} weights for these pictures, and training keeps four numbers for each: "
                f"{MOST_WEIGHTS:,} are the most. Choose fewer."
            )
        return shapes


def _convolved(layer: Layer, inputs: jax.Array, by: Convolution) -> jax.Array:
    """Return the answers of a convolutional layer: of the first one to pixels, uint8, of others to images."""
    if inputs.ndim == 3:
        return by(layer, scale(inputs)[..., None], first_stride(inputs.shape[1:]), POOL)
    return by(layer, inputs, 1, 1)


def first_stride(image_shape: Sequence[int]) -> int:
    """Return how many pixels apart the windows on a picture are."""
    return max(1, round(min(image_shape) / STRIDES_ACROSS))


def outputs(side: int, window: int, stride: int = 1) -> int:
    """Return how many windows fit a side."""
    return (side - window) // stride + 1


def convolve(layer: Layer, images: jax.Array, stride: int, pool: int) -> jax.Array:
    """Return relu(max over pool x pool neighbours of (window * kernel) + bias).

    Since the largest of x + bias is the largest x, plus bias, bias and ReLU come after pooling
    and cost a quarter.

    Parameters
    ----------
    layer
        kernel, float32 (window, window, channels, filters), and bias (filters,).
    images : float32 (n, h, w, channels)
    stride
        Pixels from one window to the next.
    pool
        Neighbours in each direction of which the largest answer is kept.

    Returns
    -------
    float32 (n, h', w', filters)
    """
    answers = jax.lax.conv_general_dilated(
        images, layer["kernel"], (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    block = (1, pool, pool, 1)
    pooled = jax.lax.reduce_window(answers, -jnp.inf, jax.lax.max, block, block, "VALID")
    return relu(pooled + layer["bias"][None, None, None, :])


def convolve_here(layer: Layer, images: jax.Array, stride: int, pool: int) -> jax.Array:
    """Return what `convolve` does, of NumPy's arrays."""
    size, _, channels, filters = layer["kernel"].shape
    count, height, width, _ = images.shape
    taken = window_pixels(height, width, size, stride, pool)
    rows = images.reshape(count, height * width, channels).take(taken, axis=1)
    kernel = layer["kernel"].reshape(size**2 * channels, filters)
    answers = (rows.reshape(-1, len(kernel)) @ kernel).reshape(count, *taken.shape[:3], filters)
    pooled = answers.max(axis=1) if pool > 1 else answers[:, 0]
    return relu(pooled + layer["bias"])


@lru_cache(maxsize=64)
def window_pixels(height: int, width: int, size: int, stride: int, pool: int) -> NDArray[np.intp]:
    """Return which pixels each window has, row by row: (pool², h', w', size²)."""
    pixel = np.arange(height * width).reshape(height, width)
    every = sliding_window_view(pixel, (size, size))[::stride, ::stride]
    rows, columns = (side // pool for side in every.shape[:2])
    blocks = every[: rows * pool, : columns * pool].reshape(rows, pool, columns, pool, size**2)
    return np.ascontiguousarray(blocks.transpose(1, 3, 0, 2, 4)).reshape(pool**2, rows, columns, size**2)


def convolve_by_product(layer: Layer, images: jax.Array, stride: int, pool: int) -> jax.Array:
    """Return what `convolve` does, as one product of all windows with the kernel.

    XLA's own convolution is quicker where it runs once, as in reading, and many times slower
    inside a compiled loop on a CPU, as in training. The windows that are pooled lie in blocks of their
    own, so that pooling compares long stretches of memory.
    """
    size, _, _, filters = layer["kernel"].shape
    blocks = windows(images, size, stride, pool)
    kernel = layer["kernel"].transpose(1, 0, 2, 3).reshape(-1, filters)
    answers = jnp.matmul(blocks.reshape(-1, len(kernel)), kernel).reshape(pool**2, -1, filters)
    return relu(largest(answers) + layer["bias"][None, :]).reshape(*blocks.shape[1:-1], filters)


def windows(images: jax.Array, size: int, stride: int, pool: int) -> jax.Array:
    """Return every window as a row of numbers, column by column: (pool², n, h', w', size² · channels).

    The first axis counts the windows that are pooled into one.
    """
    counts = [outputs(side, size, stride) // pool for side in images.shape[1:3]]
    step = stride * pool

    def every(images: jax.Array, axis: int, first: int) -> jax.Array:
        last = first + step * (counts[axis - 1] - 1)
        return jax.lax.slice_in_dim(images, first, last + 1, step, axis)

    blocks = []
    for top, left in product(range(0, step, stride), repeat=2):
        rows = [every(images, 1, top + row) for row in range(size)]
        if images.shape[3] == 1:
            # Single numbers are slow to copy: lay the rows of a window side by side first.
            rows = [jnp.concatenate(rows, 3)]
        blocks.append(
            jnp.concatenate([every(r, 2, left + column) for column in range(size) for r in rows], 3)
        )
    return jnp.stack(blocks)


@jax.custom_vjp
def largest(blocks: jax.Array) -> jax.Array:
    """Return the largest of each place's values, (n, ...) of (blocks, n, ...).

    The gradient goes to the largest value, in equal shares where several are: as JAX's own does,
    but by comparisons that run along memory, which is forty times quicker on a CPU.
    """
    result = blocks[0]
    for block in blocks[1:]:
        result = jnp.maximum(result, block)
    return result


def _largest_forward(blocks: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    result = largest(blocks)
    return result, (blocks, result)


def _largest_backward(kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array]:
    blocks, result = kept
    chosen = [(block == result).astype(jnp.float32) for block in blocks]
    share = gradient / sum(chosen)
    return (jnp.stack([each * share for each in chosen]),)


largest.defvjp(_largest_forward, _largest_backward)
