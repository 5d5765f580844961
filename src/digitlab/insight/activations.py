"""How strongly each unit of the first layer answers to a picture, and to which it answers most."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.errors import ConfigError
from digitlab.models import Conv, Model, Params, first_layer, in_batches
from digitlab.models.base import dense, flatten_and_scale, relu, scale
from digitlab.models.conv import POOL, convolve, first_stride

__all__ = ["ExcitingDigits", "exciting_digits", "first_answers"]


@dataclass(frozen=True, eq=False)
class ExcitingDigits:
    """The pictures that one unit of the first layer answers to most.

    Attributes
    ----------
    unit : int
        Its number, from 0.
    indices : intp (count,)
        Which pictures, the strongest answer first.
    answers : float32 (count,)
        The unit's answer to each of them.
    labels : uint8 (count,)
        What each of them is.
    mean : float
        The unit's mean answer to all pictures.
    silent : float
        The share of all pictures that it answers to with 0 or less.
    """

    unit: int
    indices: NDArray[np.intp]
    answers: NDArray[np.float32]
    labels: NDArray[np.uint8]
    mean: float
    silent: float

    @property
    def sentence(self) -> str:
        """Which digits they are, and how far above the rest."""
        counts = np.bincount(self.labels)
        order = [digit for digit in np.argsort(-counts, kind="stable") if counts[digit]]
        digits = [f"{counts[digit]} x {digit}" for digit in order]
        return (
            f"Unit {self.unit} answers most to {', '.join(digits)} ({self.answers[-1]:.2f} to "
            f"{self.answers[0]:.2f}); its mean over all training digits is {self.mean:.2f}, and it is silent "
            f"at {100 * self.silent:.0f} % of them."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "unit": self.unit,
            "indices": self.indices.tolist(),
            "answers": self.answers.tolist(),
            "labels": self.labels.tolist(),
            "mean": self.mean,
            "silent": self.silent,
        }


def exciting_digits(
    model: Model,
    params: Params,
    pixels: NDArray[np.uint8],
    labels: NDArray[np.uint8],
    unit: int,
    count: int = 20,
) -> ExcitingDigits:
    """Return the pictures that a unit of the first layer answers to most.

    Parameters
    ----------
    model, params
        The architecture and its weights.
    pixels : uint8 (n, h, w)
        Where to look, such as all training digits.
    labels : uint8 (n,)
        What they are.
    unit
        Its number, from 0; for the linear model, the digit.
    count
        How many pictures, at most.

    Raises
    ------
    ConfigError
        If there is no such unit, or nothing is asked for.
    """
    units = params[first_layer(params)]["kernel"].shape[-1]
    if not 0 <= unit < units or count < 1:
        raise ConfigError(
            f"This layer has the units 0 to {units - 1}, and at least 1 digit must be asked for; found unit "
            f"{unit} and {count} digits."
        )
    answers = first_answers(model, params, pixels)[:, unit]
    order = np.argsort(-answers, kind="stable")[:count]
    return ExcitingDigits(
        unit, order, answers[order], labels[order], float(answers.mean()), float((answers <= 0).mean())
    )


def first_answers(model: Model, params: Params, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the answer of each unit of the first layer to each picture, float32 (n, units).

    After the ReLU, where there is one. A filter of a convolutional layer answers at many places; its
    largest answer counts. The linear model's answers are its logits.
    """
    keep_compiled()
    answers = [np.asarray(_answers(model, params, batch)) for batch in in_batches(pixels)]
    return np.concatenate(answers)[: len(pixels)]


@partial(jax.jit, static_argnums=0)
def _answers(model: Model, params: Params, pixels: jax.Array) -> jax.Array:
    layer = params[first_layer(params)]
    if isinstance(model, Conv):
        stride = first_stride((pixels.shape[1], pixels.shape[2]))
        return convolve(layer, scale(pixels)[..., None], stride, POOL).max(axis=(1, 2))
    answers = dense(layer, flatten_and_scale(pixels))
    return answers if first_layer(params) == "output" else relu(answers)
