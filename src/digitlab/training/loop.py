"""The loop around the compiled period: which batches come when. It measures nothing."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray

from digitlab.data import Dataset
from digitlab.errors import DivergedError
from digitlab.models import Model
from digitlab.training.config import TrainingConfig
from digitlab.training.engine import Weights, batch_order, make_recipe, run_period

__all__ = ["batches_of", "check_finite", "on_device", "train_weights"]

Images = tuple[jax.Array, jax.Array]
"""Pixels (n, h, w) and labels, int32 (n,), on the device."""


def train_weights(
    model: Model,
    config: TrainingConfig,
    weights: Weights,
    images: Images,
    rows: NDArray[np.integer[Any]],
    *,
    done: int = 0,
) -> Iterator[tuple[Weights, jax.Array]]:
    """Train weights, period by period.

    Parameters
    ----------
    model, config
        What is trained, and how.
    weights
        Where to begin.
    images
        Pixels and labels; trainings whose arrays have the same shapes share what is compiled.
    rows
        Which of the images to learn from.
    done
        How many periods there were before.

    Yields
    ------
    Weights, float32 (longest_period,)
        Where each period led, and the loss on each of its batches, with zeros after them where it is shorter
        than others.
    """
    recipe, seed = make_recipe(model, config), np.uint32(config.seed)
    for period in range(done, config.periods):
        first, steps, order = batches_of(config, rows, period)
        weights, losses = run_period(recipe, weights, *images, order, first, steps, seed)
        losses.block_until_ready()
        yield weights, losses


def batches_of(
    config: TrainingConfig, rows: NDArray[np.integer[Any]], done: int
) -> tuple[np.int32, np.int32, NDArray[np.int32]]:
    """Return the first step and the number of steps of the period after `done`, and rows for its batches."""
    first = config.last_step(done)
    order = batch_order(config.seed, len(rows), config.batch_size, first, config.longest_period)
    steps = config.last_step(done + 1) - first
    return np.int32(first), np.int32(steps), rows[order].astype(np.int32)


def on_device(dataset: Dataset) -> Images:
    """Return all images, uint8 (n, h, w), and labels, int32 (n,), on the device."""
    return jax.device_put(dataset.pixels), jax.device_put(dataset.labels.astype(np.int32))


def check_finite(config: TrainingConfig, period: int, *arrays: ArrayLike) -> None:
    """Raise `DivergedError` unless all that `period`, which counts from 1, led to is finite."""
    if all(np.isfinite(array).all() for array in arrays):
        return
    rate = config.learning_rate
    advice = f"a smaller learning rate than {rate:g} (try {rate / 10:g})"
    if config.clip_norm is None:
        advice += ", or clipping the gradients (try a clip norm of 1)"
    raise DivergedError(
        f"The loss stopped being a finite number in period {period} of {config.periods} "
        f"(steps {config.last_step(period - 1) + 1} to {config.last_step(period)}, seed {config.seed}). "
        f"What to try: {advice}."
    )
