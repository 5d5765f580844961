"""A small network that knows eleven things: the ten digits, and what is none.

What a model of digits makes of a letter says little about letters: it has seen none. The guard has seen
some, with scribbles, shapes, textures and spoilt digits (`impostors`). It learns the digits too, for whoever
knows a 5 knows that an S is none. It reads pixels only, so it serves any model.
"""

from contextlib import suppress
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from digitlab.compilation import keep_compiled
from digitlab.data import Dataset
from digitlab.data.framing import Geometry
from digitlab.data.pen import drawn_digits
from digitlab.errors import RunError, StorageError
from digitlab.files import cache_folder, make_folder
from digitlab.models import Conv, Params, predict_logits, shapes_of
from digitlab.models.saved import flatten, unflatten
from digitlab.recognition.impostors import impostors, printed_digits
from digitlab.tensors import damage_errors, read_tensors, write_tensors
from digitlab.training import TrainingConfig
from digitlab.training.engine import batch_order, initial_weights, make_recipe, run_period

__all__ = ["METHOD", "MODEL", "kept_guard", "strangeness", "train_guard"]

# Another number whenever guards are trained, or norms measured, in another way.
METHOD = 3

MODEL = Conv(channels=(32, 64), classes=11)
NO_DIGIT = 10

# Chosen by what it refused of other pictures, much like those of benchmarks/nondigits.py: benchmarks/LOG.md.
CONFIG = TrainingConfig(
    steps=1000,
    periods=1,
    batch_size=128,
    learning_rate=0.02,
    schedule="one-cycle",
    optimizer="adamw",
    weight_decay=0.05,
)
MOST_DIGITS = 12_000
# For each digit that people wrote, how many of the others, and how few there may be of each.
PER_DIGIT = {"drawn": 1 / 8, "printed": 1 / 24, "impostors": 1.0}
LEAST = {"drawn": 600, "printed": 200, "impostors": 3000}


def kept_guard(digits: Dataset, geometry: Geometry) -> Params:
    """Return the guard of some digits: trained once, and kept in the user's cache folder for all their runs.

    What is damaged is trained anew. Where the folder cannot be written it is trained each time.
    """
    path = cache_folder() / "guards" / f"{digits.fingerprint}-{METHOD}.safetensors"
    with suppress(RunError, StorageError), damage_errors(path):
        if path.exists():
            kept: Params = unflatten(read_tensors(path)[0], shapes_of(MODEL, geometry.image_shape))
            return kept
    guard = train_guard(digits, geometry)
    with suppress(StorageError):
        make_folder(path.parent)
        write_tensors(path, flatten(guard), {})
    return guard


def train_guard(digits: Dataset, geometry: Geometry, *, seed: int = 0) -> Params:
    """Train a guard on some digits, digits drawn by code and by fonts, and impostors.

    Parameters
    ----------
    digits
        What the model to be guarded was trained on; a sample of it is enough.
    geometry
        How these are framed.
    seed
        The same seed gives the same guard.
    """
    pixels, labels = _lessons(digits, geometry, seed)
    keep_compiled()
    recipe, number = make_recipe(MODEL, CONFIG), np.uint32(seed)
    weights = initial_weights(recipe, number, geometry.image_shape)
    order = batch_order(seed, len(labels), CONFIG.batch_size, 0, CONFIG.steps)
    images = jnp.asarray(pixels), jnp.asarray(labels)
    after, _ = run_period(recipe, weights, *images, order, np.int32(0), np.int32(CONFIG.steps), number)
    params: Params = after.params
    return params


def strangeness(guard: Params, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return how much likelier pictures are no digit than a digit, as logarithms of the odds.

    Parameters
    ----------
    guard
        What `train_guard` returned.
    pixels : uint8 (n, h, w)

    Returns
    -------
    float64 (n,)
        log p(none) - log p(a digit), under the shares that the guard learned from.
    """
    logits = predict_logits(MODEL, guard, pixels).astype(np.float64)
    return np.asarray(logits[:, NO_DIGIT] - logsumexp(logits[:, :NO_DIGIT], axis=1))


def _lessons(digits: Dataset, geometry: Geometry, seed: int) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Return what a guard learns from: uint8 (n, h, w), and what it is, int32 (n,)."""
    rows = np.random.default_rng(seed).permutation(len(digits))[:MOST_DIGITS]
    sample = digits.take(rows)
    counts = {kind: max(LEAST[kind], round(PER_DIGIT[kind] * len(rows))) for kind in LEAST}
    drawn = drawn_digits(counts["drawn"], geometry, seed=seed)
    known = [sample, drawn, printed_digits(counts["printed"], geometry, seed=seed)]
    others = impostors(counts["impostors"], sample, geometry, seed=seed)
    pixels = np.concatenate([*(each.pixels for each in known), others])
    labels = np.concatenate([*(each.labels for each in known), np.full(len(others), NO_DIGIT)])
    return pixels, labels.astype(np.int32)
