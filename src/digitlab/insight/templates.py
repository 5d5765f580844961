"""What each digit should look like, as a model has it: its weights, or a picture drawn by gradient ascent."""

from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.evaluation import probabilities
from digitlab.models import Linear, Model, Params, first_kernel, predict_logits

__all__ = ["Templates", "class_templates"]

STEPS = 150
RATE = 0.05
# Chosen by eye on the networks and the linear model of `quick`.
L2 = 0.05
VARIATION = 0.04
# A pixel of MNIST's 28.
SHIFTS_ACROSS = 28
# Below so small a difference of ink the variation is smooth, for a corner has no slope.
SMOOTH = 0.01


@dataclass(frozen=True, eq=False)
class Templates:
    """A picture for each digit that a model likes best for it.

    Attributes
    ----------
    weights : float32 (classes, h, w) or None
        Of the linear model: each digit's weights, which are its template exactly.
    pixels : uint8 (classes, h, w)
        The pictures of gradient ascent, as the model reads them: 0 is paper, 255 full ink.
    probabilities : float64 (classes, classes)
        What the model gives each digit (column) in each of these pictures (row).
    """

    weights: NDArray[np.float32] | None
    pixels: NDArray[np.uint8]
    probabilities: NDArray[np.float64]

    @property
    def own(self) -> NDArray[np.float64]:
        """The probability of each picture's own digit, float64 (classes,)."""
        return np.diag(self.probabilities)

    @property
    def sentence(self) -> str:
        """What the model says of its own templates."""
        shares, read = 100 * self.own, self.probabilities.argmax(axis=1)
        right = int((read == np.arange(len(read))).sum())
        ink = 100 * float(self.pixels.mean()) / 255
        return (
            f"The model reads {right} of its {len(read)} templates as their own digit: surest the "
            f"{shares.argmax()} ({shares.max():.1f} %), least the {shares.argmin()} ({shares.min():.1f} %). "
            f"On average {ink:.0f} % of a template is ink."
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it, without the pictures."""
        return {"exact": self.weights is not None, "probabilities": self.probabilities.tolist()}


def class_templates(
    model: Model,
    params: Params,
    image_shape: tuple[int, int],
    *,
    l2: float = L2,
    variation: float = VARIATION,
    reach: int | None = None,
    steps: int = STEPS,
) -> Templates:
    """Draw what a model likes best for each digit.

    From blank paper, for each digit c a picture x in [0, 1] climbs

        logit_c(x) - mean of the other logits - l2 / 2 Σ x² - variation Σ |∇x|

    by Adam with a rate that falls to 0 (activation maximisation: Simonyan, Vedaldi, Zisserman 2014,
    section 2; total variation: Mahendran, Vedaldi 2015, section 3). The logits are means over the picture
    at every shift of up to `reach` pixels, for a stroke is a stroke a pixel beside (jitter: Mordvintsev,
    Olah, Tyka 2015); without that, a network is as pleased by scattered dots. Nothing is random.

    Parameters
    ----------
    model, params
        The architecture and its weights.
    image_shape
        Height and width of the pictures.
    l2, variation
        What ink costs, and what its edges cost, in logits.
    reach
        How far the picture is shifted in each direction, in pixels, 0 for not at all; by default one
        for each 28 of its shorter side.
    steps
        Of Adam.
    """
    keep_compiled()
    start = jnp.zeros((model.classes, *image_shape))
    optimizer = _optimizer(steps)
    reach = min(image_shape) // SHIFTS_ACROSS if reach is None else reach
    pictures, state = start, optimizer.init(start)
    costs = jnp.float32(l2), jnp.float32(variation)
    for _ in range(steps):
        pictures, state = _climb(model, optimizer, reach, params, pictures, state, costs)
    pixels = np.rint(np.asarray(pictures) * 255).astype(np.uint8)
    return Templates(
        _weights(params, image_shape) if isinstance(model, Linear) else None,
        pixels,
        probabilities(predict_logits(model, params, pixels)),
    )


@lru_cache
def _optimizer(steps: int) -> Any:
    """Return the same value for the same number of steps, so that a climb is compiled once."""
    return optax.adam(optax.cosine_decay_schedule(RATE, steps))


@partial(jax.jit, static_argnums=(0, 1, 2))
def _climb(
    model: Model,
    optimizer: Any,
    reach: int,
    params: Params,
    pictures: jax.Array,
    state: Any,
    costs: tuple[jax.Array, jax.Array],
) -> tuple[jax.Array, Any]:
    slope = jax.grad(_badness, argnums=3)(model, reach, params, pictures, costs)
    # optax raises a Python float to an int32 count, which strict promotion forbids.
    with jax.numpy_dtype_promotion("standard"):
        change, state = optimizer.update(slope, state)
    return jnp.clip(pictures + change, 0.0, 1.0), state


def _badness(
    model: Model, reach: int, params: Params, pictures: jax.Array, costs: tuple[jax.Array, jax.Array]
) -> jax.Array:
    logits = model.apply(params, _shifted(pictures, reach) * jnp.float32(255))
    logits = logits.reshape(-1, model.classes, model.classes).mean(axis=0)
    own = jnp.diagonal(logits).sum()
    others = (logits.sum() - own) / (model.classes - 1)
    l2, variation = costs
    badness: jax.Array = others - own + l2 / 2 * (pictures**2).sum() + variation * _edges(pictures).sum()
    return badness


def _shifted(pictures: jax.Array, reach: int) -> jax.Array:
    """Return all pictures at each shift of up to `reach` pixels, one shift after the other."""
    _, height, width = pictures.shape
    padded = jnp.pad(pictures, ((0, 0), (reach, reach), (reach, reach)))
    shifts = product(range(2 * reach + 1), repeat=2)
    return jnp.concatenate([padded[:, top : top + height, left : left + width] for top, left in shifts])


def _edges(pictures: jax.Array) -> jax.Array:
    """Return how steep the ink is at each corner of four pixels; around the picture is paper."""
    padded = jnp.pad(pictures, ((0, 0), (1, 1), (1, 1)))
    down = padded[:, 1:, :-1] - padded[:, :-1, :-1]
    across = padded[:, :-1, 1:] - padded[:, :-1, :-1]
    steep: jax.Array = jnp.sqrt(down**2 + across**2 + SMOOTH**2)
    return steep


def _weights(params: Params, image_shape: tuple[int, int]) -> NDArray[np.float32]:
    kernel, _ = first_kernel(params, image_shape)
    return kernel.T.reshape(-1, *image_shape)
