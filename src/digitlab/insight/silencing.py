"""Units taken out of a network: silenced or stood in for, and then removed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.errors import ConfigError
from digitlab.models import Model, Params, in_batches, predict_batches

__all__ = ["Out", "Probe", "hidden_layers", "remove_units", "silence"]


@dataclass(frozen=True)
class Out:
    """A unit that is taken out: its answers become `slope` times those of the unit `twin` of its layer.

    With a slope of 0 nothing stands in for it: it is silenced.
    """

    layer: str
    unit: int
    twin: int = 0
    slope: float = 0.0


def hidden_layers(model: Model) -> list[str]:
    """Return the names of the layers that have hidden units or filters, first to last.

    Raises
    ------
    ConfigError
        If the model has none, as the linear model.
    """
    layers = model.layer_names[:-1]
    if not layers:
        raise ConfigError(
            f"The model {model.name} has no hidden units: its ten columns are the digits themselves. Name a "
            "run of mlp or conv, or see its templates with `digitlab weights`."
        )
    return layers


def outgoing(params: Params, layer: str, following: str) -> NDArray[np.float32]:
    """Return a copy of the weights by which the next layer hears a layer: (places, units, outputs).

    There is one place between dense layers. A convolutional layer has one for each pixel of its
    windows, and the layer after the last convolution one for each place of the picture.
    """
    kernel = np.array(params[following]["kernel"])
    return kernel.reshape(-1, len(params[layer]["bias"]), kernel.shape[-1])


def silence(model: Model, params: Params, taken: Iterable[Out]) -> Params:
    """Return weights of the same shapes in which nobody hears the units that are taken out.

    Their outgoing weights are zero; where another unit stands in, it got them, `slope` times.

    Raises
    ------
    ConfigError
        If there is no such layer or unit.
    """
    heard = dict(params)
    for each in taken:
        following = _following(model, params, each)
        weights = outgoing(heard, each.layer, following)
        weights[:, each.twin] += np.float32(each.slope) * weights[:, each.unit]
        weights[:, each.unit] = 0
        heard[following] = _with_kernel(heard[following], weights.reshape(heard[following]["kernel"].shape))
    return heard


def remove_units(model: Model, params: Params, taken: Sequence[Out]) -> tuple[Model, Params]:
    """Return a smaller model without some units, and its weights: the same logits as `silence`, but rounding.

    A unit's column and bias go, and its rows in the next layer's kernel.

    Raises
    ------
    ConfigError
        If there is no such layer or unit, or none would be left of a layer.
    """
    smaller, names = silence(model, params, taken), model.layer_names
    for layer, following in pairwise(names):
        units = sorted({each.unit for each in taken if each.layer == layer})
        if not units:
            continue
        rows = np.delete(outgoing(smaller, layer, following), units, axis=1)
        shape = smaller[following]["kernel"].shape
        inputs = rows.shape[1] if len(shape) == 4 else rows.shape[0] * rows.shape[1]
        smaller[following] = _with_kernel(smaller[following], rows.reshape(*shape[:-2], inputs, shape[-1]))
        smaller[layer] = {
            part: jnp.asarray(np.delete(array, units, axis=-1)) for part, array in smaller[layer].items()
        }
    return _resized(model, smaller), smaller


class Probe:
    """What a network's layers answer to some images, and what it reads where one unit is taken out.

    Parameters
    ----------
    model, params
        The network.
    pixels : uint8 (n, h, w)
        The images.
    """

    def __init__(self, model: Model, params: Params, pixels: NDArray[np.uint8]) -> None:
        keep_compiled()
        self.model, self.params, self.images = model, params, len(pixels)
        self.batches: list[jax.Array] = jax.device_put(in_batches(pixels))

    def logits(self) -> NDArray[np.float32]:
        """Return the logits of the whole network, float32 (n, classes)."""
        return predict_batches(self.model, self.params, self.batches)[: self.images]

    def answers(self, layer: str) -> list[jax.Array]:
        """Return a layer's answers after its ReLU, float32 (batch, ..., units), a batch at a time.

        The last batch goes on with those to blank images.
        """
        return [_answers(self.model, layer, self.params, batch) for batch in self.batches]

    def logits_without(self, answers: Sequence[jax.Array], taken: Out) -> NDArray[np.float32]:
        """Return the logits where one unit is taken out, float32 (n, classes), from its layer's answers."""
        numbers = (np.int32(taken.unit), np.int32(taken.twin), np.float32(taken.slope))
        read = [_rest(self.model, taken.layer, self.params, batch, *numbers) for batch in answers]
        return np.concatenate([np.asarray(each) for each in read])[: self.images]


@partial(jax.jit, static_argnames=("model", "layer"))
def _answers(model: Model, layer: str, params: Params, pixels: jax.Array) -> jax.Array:
    names = model.layer_names
    for name in names[: names.index(layer) + 1]:
        pixels = model.apply_layer(params, name, pixels)
    return pixels


@partial(jax.jit, static_argnames=("model", "layer"))
def _rest(
    model: Model,
    layer: str,
    params: Params,
    answers: jax.Array,
    unit: jax.Array,
    twin: jax.Array,
    slope: jax.Array,
) -> jax.Array:
    taken = jnp.arange(answers.shape[-1], dtype=jnp.int32) == unit
    stand_in = slope * jnp.take(answers, twin, axis=-1)[..., None]
    answers = jnp.where(taken.reshape((1,) * (answers.ndim - 1) + taken.shape), stand_in, answers)
    names = model.layer_names
    for name in names[names.index(layer) + 1 :]:
        answers = model.apply_layer(params, name, answers)
    return answers


def _following(model: Model, params: Params, each: Out) -> str:
    """Return the layer after a unit's, or raise `ConfigError` if there is no such unit."""
    layers = hidden_layers(model)
    if each.layer not in layers:
        raise ConfigError(f"There is no hidden layer {each.layer!r}: the model's are {', '.join(layers)}.")
    units = len(params[each.layer]["bias"])
    if not (0 <= each.unit < units and 0 <= each.twin < units):
        wrong = each.twin if 0 <= each.unit < units else each.unit
        raise ConfigError(
            f"There is no unit {wrong} in {each.layer}: its units are numbered 0 to {units - 1}."
        )
    return model.layer_names[model.layer_names.index(each.layer) + 1]


def _with_kernel(layer: dict[str, jax.Array], kernel: NDArray[np.float32]) -> dict[str, jax.Array]:
    return layer | {"kernel": jnp.asarray(kernel)}


def _resized(model: Model, params: Params) -> Model:
    """Return the model with as many units in each layer as its weights have."""
    sizes = {name: len(params[name]["bias"]) for name in hidden_layers(model)}
    if empty := [name for name, size in sizes.items() if not size]:
        raise ConfigError(f"No unit would be left in {', '.join(empty)}: keep at least one of each layer.")
    kinds = {"channels": "conv_", "hidden_units": "hidden_"}
    of_kind = {
        setting: tuple(size for name, size in sizes.items() if name.startswith(prefix))
        for setting, prefix in kinds.items()
        if hasattr(model, setting)
    }
    return replace(model, **of_kind)  # type: ignore[type-var]
