"""What is compiled: the loss, one optimizer step, and a period of steps as one call."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from digitlab.models import Model, Params
from digitlab.training.config import TrainingConfig

__all__ = ["Purpose", "Weights", "batch_order", "clip_each_by_norm", "make_optimizer", "run_period", "stream"]


class Purpose:
    """One stream of random numbers for each purpose, so that none disturbs another."""

    INIT = 0
    DROPOUT = 1
    ORDER = 2
    SAMPLE = 3


class Weights(NamedTuple):
    """What a step changes: the model's weights and the optimizer's memory of them."""

    params: Params
    optimizer_state: Any


def stream(seed: int, purpose: int) -> jax.Array:
    """Return the key of one purpose."""
    return jax.random.fold_in(jax.random.key(seed), purpose)


def batch_order(seed: int, images: int, batch_size: int, first_step: int, steps: int) -> NDArray[np.int32]:
    """Return which images the batches of some steps hold, int32 (steps, batch_size).

    The batches cut one endless row of epochs, each epoch a permutation of all images of
    its own. So every image is seen once in each epoch, none is dropped where the batch
    size does not divide their number, and any stretch can be had without those before it.
    """
    start, stop = first_step * batch_size, (first_step + steps) * batch_size
    first_epoch, last_epoch = start // images, (stop - 1) // images
    row = np.concatenate(
        [
            np.random.default_rng([seed, Purpose.ORDER, epoch]).permutation(images)
            for epoch in range(first_epoch, last_epoch + 1)
        ]
    )
    offset = first_epoch * images
    return row[start - offset : stop - offset].reshape(steps, batch_size).astype(np.int32)


@partial(jax.jit, static_argnames=("model", "optimizer"))
def run_period(
    model: Model,
    optimizer: optax.GradientTransformation,
    weights: Weights,
    pixels: jax.Array,
    labels: jax.Array,
    order: jax.Array,
    first_step: jax.Array,
    dropout_key: jax.Array,
) -> tuple[Weights, jax.Array]:
    """Take one step for each row of `order`, all in one compiled scan.

    Parameters
    ----------
    model, optimizer
        What is trained and how; static, so each pair compiles once.
    weights
        Where to begin.
    pixels, labels : uint8 (n, h, w) and int32 (n,)
        The whole training set, on the device.
    order : int32 (steps, batch_size)
        The images of each batch.
    first_step : int32 ()
        The number of the first step; it decides the dropout of each.
    dropout_key
        The stream of `Purpose.DROPOUT`.

    Returns
    -------
    Weights
        Where the steps led.
    float32 (steps,)
        The loss on each batch before its step.
    """

    def step(weights: Weights, batch: tuple[jax.Array, jax.Array]) -> tuple[Weights, jax.Array]:
        number, chosen = batch
        key = jax.random.fold_in(dropout_key, number)
        loss, gradient = jax.value_and_grad(batch_loss)(
            weights.params, model, pixels[chosen], labels[chosen], key
        )
        # optax raises a Python float to an int32 count, which strict promotion forbids.
        with jax.numpy_dtype_promotion("standard"):
            change, memory = optimizer.update(gradient, weights.optimizer_state, weights.params)
        return Weights(optax.apply_updates(weights.params, change), memory), loss

    numbers = first_step + jnp.arange(len(order), dtype=jnp.int32)
    return jax.lax.scan(step, weights, (numbers, order))


def batch_loss(
    params: Params, model: Model, pixels: jax.Array, labels: jax.Array, key: jax.Array
) -> jax.Array:
    """Return the mean softmax cross-entropy of a batch, from logits, in nats."""
    logits = model.apply_train(params, pixels, key=key)
    return jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, labels))


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Return the optimizer of `config`; equal settings give the same object, so nothing compiles twice."""
    return _make_optimizer(
        config.optimizer,
        config.learning_rate,
        config.schedule,
        config.steps,
        config.momentum,
        config.weight_decay,
        config.clip_norm,
    )


@lru_cache(maxsize=64)
def _make_optimizer(
    name: str,
    learning_rate: float,
    schedule: str,
    steps: int,
    momentum: float,
    weight_decay: float,
    clip_norm: float | None,
) -> optax.GradientTransformation:
    rate: float | Callable[[Any], Any] = learning_rate
    if schedule == "cosine":
        rate = optax.cosine_decay_schedule(learning_rate, steps)
    decay = optax.add_decayed_weights(weight_decay, mask=_kernels) if weight_decay else optax.identity()
    clip = clip_each_by_norm(clip_norm) if clip_norm else optax.identity()
    direction = optax.trace(momentum) if name == "sgd" else optax.scale_by_adam()
    return optax.chain(clip, direction, decay, optax.scale_by_learning_rate(rate))


def clip_each_by_norm(largest: float) -> optax.GradientTransformation:
    """Scale each variable's gradient, on its own, down to an L2 norm of at most `largest`."""

    def clip(gradient: jax.Array) -> jax.Array:
        norm = jnp.linalg.norm(gradient.ravel())
        return gradient * (largest / jnp.maximum(norm, largest))

    return optax.stateless(lambda gradients, _: jax.tree.map(clip, gradients))


def _kernels(params: Params) -> Any:
    return jax.tree.map(lambda variable: variable.ndim > 1, params)
