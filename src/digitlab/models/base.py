"""What every model is, and what all of them share."""

import math
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ClassVar, Protocol, cast, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.errors import ConfigError

__all__ = [
    "MOST_WEIGHTS",
    "Layer",
    "Model",
    "Params",
    "as_sizes",
    "check_dropout",
    "count_parameters",
    "dense",
    "draw_layers",
    "dropout",
    "flatten_and_scale",
    "in_batches",
    "is_number",
    "is_whole",
    "predict_batches",
    "predict_logits",
    "random_bytes",
    "relu",
    "scale",
    "shapes_of",
    "zeros",
]

Layer = dict[str, jax.Array]
Params = dict[str, Layer]

# A kernel of a gigabyte.
MOST_WEIGHTS = 2**28

INFERENCE_BATCH = 2048
FEW = 16
AT_A_TIME = 2


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

    @property
    def layer_names(self) -> list[str]:
        """The names of its layers, as its weights have them, from the pixels to the output."""
        ...

    def init(self, key: jax.Array, image_shape: tuple[int, int]) -> Params:
        """Return fresh weights for images of `image_shape` (height, width)."""
        ...

    def apply(self, params: Params, pixels: jax.Array) -> jax.Array:
        """Return logits, float32 (n, classes), of `pixels`, uint8 (n, h, w).

        All arrays are JAX's, or all are NumPy's. This is inference. It takes no key, so nothing
        random can be left on by mistake.
        """
        ...

    def apply_layer(self, params: Params, name: str, inputs: jax.Array) -> jax.Array:
        """Return what one layer makes of what enters it, float32 (n, ..., units): `apply` is all in turn.

        The first layer takes pixels, uint8 (n, h, w). A hidden layer's answers are those after its ReLU, and
        the output layer's are the logits.
        """
        ...

    def apply_train(self, params: Params, pixels: jax.Array, *, key: jax.Array) -> jax.Array:
        """Return logits as `apply` does, with what training adds (dropout) drawn from `key`."""
        ...


def scale(pixels: jax.Array) -> jax.Array:
    """Turn uint8 into float32 in [0, 1]: the only place that does.

    What is no image but like one, as an estimator's features may be, comes as float32 in which 255 is
    full ink, and is not rounded.
    """
    return pixels.astype(np.float32) * np.float32(1 / 255)


def flatten_and_scale(pixels: jax.Array) -> jax.Array:
    """Turn uint8 (n, h, w) into float32 (n, h * w) in [0, 1]."""
    return scale(pixels.reshape(len(pixels), math.prod(pixels.shape[1:])))


def dense(layer: Layer, inputs: jax.Array) -> jax.Array:
    """Return inputs @ kernel + bias, float32 (n, outputs)."""
    return inputs @ layer["kernel"] + layer["bias"][None, :]


def relu(answers: jax.Array) -> jax.Array:
    """Return the larger of each number and zero; NaN stays NaN."""
    return jax.nn.relu(answers) if isinstance(answers, jax.Array) else np.maximum(answers, 0)


def zeros(shape: tuple[int, ...]) -> Layer:
    """Return a layer of zeros: a kernel of `shape` and a bias for each of its outputs."""
    return {"kernel": jnp.zeros(shape), "bias": jnp.zeros(shape[-1])}


def draw_layers(key: jax.Array, shapes: Mapping[str, tuple[int, ...]], gains: Sequence[float]) -> Params:
    """Return layers with kernels drawn from `key`, normal of variance gain / inputs, and biases of zero.

    A gain of 2 keeps the size of what passes through a layer under a ReLU (He et al. 2015, equation
    10), a gain of 1 that of a layer without one (LeCun et al. 1998, section 4.6).

    Parameters
    ----------
    key
        What all numbers are drawn from.
    shapes
        Of each layer's kernel: (inputs, outputs), or (rows, columns, channels in, channels out).
    gains
        Of each layer.
    """
    sizes = [math.prod(shape) for shape in shapes.values()]
    # One draw for all: each would be compiled on its own, which takes longer than drawing.
    drawn = jnp.split(jax.random.normal(key, (sum(sizes),)), np.cumsum(sizes)[:-1].tolist())
    layers = {}
    for (name, shape), numbers, gain in zip(shapes.items(), drawn, gains, strict=True):
        deviation = np.float32(math.sqrt(gain / math.prod(shape[:-1])))
        layers[name] = zeros(shape) | {"kernel": numbers.reshape(shape) * deviation}
    return layers


def random_bytes(key: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """Return even random numbers, uint8 of `shape`: four of each random word, which is what costs."""
    size = math.prod(shape)
    words = jax.random.bits(key, (-(-size // 4),), jnp.uint32)
    return jax.lax.bitcast_convert_type(words, jnp.uint8).ravel()[:size].reshape(shape)


def dropout(activations: jax.Array, rate: float, key: jax.Array) -> jax.Array:
    """Silence each activation with probability `rate`, and scale the rest so that the mean stays.

    Inverted dropout (Srivastava et al. 2014, section 10): activations * mask / (1 - rate). The
    rate is rounded to a multiple of 1/256, but not to none or all.
    """
    if rate == 0:
        return activations
    silenced = min(max(1, round(rate * 256)), 255)
    kept = random_bytes(key, activations.shape) >= jnp.uint8(silenced)
    return jnp.where(kept, activations / jnp.float32(1 - silenced / 256), jnp.float32(0))


def shapes_of(model: Model, image_shape: tuple[int, int]) -> Params:
    """Return the shapes and dtypes of the weights for images of `image_shape`, and compute nothing.

    Raises
    ------
    ConfigError
        If the model cannot read such images.
    """
    shapes: Params = jax.eval_shape(lambda: model.init(jax.random.key(0), image_shape))
    return shapes


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
    Up to 16 images are read by NumPy, by the same formulas: calling a compiled function takes longer
    than reading them. More go through compiled code in batches of one size, the last one padded
    with blank images whose logits are thrown away, and every image counts. Batches have 2048
    images, or for fewer the next power of two: so seven compilations serve every `n`.
    """
    if len(pixels) <= FEW:
        return _read_few(model, params, pixels)
    return predict_batches(model, params, in_batches(pixels))[: len(pixels)]


def in_batches(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """Cut images into batches of one size, the last one filled up with blank images."""
    size = min(INFERENCE_BATCH, 1 << (len(pixels) - 1).bit_length())
    batches = [pixels[start : start + size] for start in range(0, len(pixels), size)]
    if missing := size - len(batches[-1]):
        batches[-1] = np.pad(batches[-1], ((0, missing), (0, 0), (0, 0)))
    return batches


def predict_batches(
    model: Model, params: Params, batches: Sequence[NDArray[np.uint8] | jax.Array]
) -> NDArray[np.float32]:
    """Return the logits of all images of some batches of one size, here or on the device."""
    keep_compiled()

    def logits(batch: NDArray[np.uint8] | jax.Array) -> NDArray[np.float32]:
        return np.asarray(_apply(model, params, batch))

    if len(batches) == 1:
        return logits(batches[0])
    # Some of the work on a batch keeps one core busy and some all: two at a time leave fewer idle.
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        return np.concatenate([logits(batches[0]), *pool.map(logits, batches[1:])])


@np.errstate(all="ignore")
def _read_few(model: Model, params: Params, pixels: Any) -> NDArray[np.float32]:
    here: Any = {
        name: {part: np.asarray(array) for part, array in layer.items()} for name, layer in params.items()
    }
    logits: Any = model.apply(here, pixels)
    return cast("NDArray[np.float32]", logits)


_apply = jax.jit(lambda model, params, pixels: model.apply(params, pixels), static_argnums=0)


def is_whole(value: object) -> bool:
    """Return whether a setting is a whole number, Python's or NumPy's; True and False are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Return whether a setting is a number, Python's or NumPy's; True and False are none."""
    return is_whole(value) or isinstance(value, float | np.floating)


def as_sizes(name: str, sizes: object, *, least: int, most: float = math.inf) -> tuple[int, ...]:
    """Return a setting that is a sequence of at least `least` sizes, none larger than `most`, as a tuple.

    Raises
    ------
    ConfigError
        If it is none.
    """
    found = tuple(sizes) if isinstance(sizes, Iterable) and not isinstance(sizes, str) else None
    if found is None or len(found) < least or not all(is_whole(n) and 0 < n <= most for n in found):
        number = "one or more" if least else "any number of"
        kind = "positive whole numbers" if most == math.inf else f"whole numbers from 1 to {most}"
        raise ConfigError(f"{name} must be {number} {kind}, not {sizes if found is None else list(found)!r}.")
    return tuple(int(n) for n in found)


def check_dropout(rate: float) -> None:
    """Raise `ConfigError` unless `rate` is a share in [0, 1)."""
    if not is_number(rate) or not 0 <= rate < 1:
        raise ConfigError(f"dropout is the share of units to silence, in [0, 1), not {rate}.")
