"""What is compiled: the loss, one step, and a period of steps as one call."""

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from numpy.typing import NDArray

from digitlab.models import Model, Params
from digitlab.training.augment import Augmentation, augment
from digitlab.training.config import TrainingConfig

__all__ = [
    "Purpose",
    "Recipe",
    "Weights",
    "batch_order",
    "clip_each_by_norm",
    "initial_weights",
    "make_recipe",
    "run_period",
    "run_periods",
    "stream",
]


class Purpose:
    """One stream of random numbers for each purpose, so that none disturbs another."""

    INIT = 0
    DROPOUT = 1
    ORDER = 2
    SAMPLE = 3
    AUGMENTATION = 4


class Weights(NamedTuple):
    """What a step changes: the model's weights, the optimizer's memory, and the average where one is kept."""

    params: Params
    optimizer_state: Any
    average: Params | None = None

    @property
    def to_use(self) -> Params:
        """The weights to measure and to keep."""
        return self.params if self.average is None else self.average


class Recipe(NamedTuple):
    """What decides a step besides weights, images and chance: jit's static argument."""

    model: Model
    optimizer: optax.GradientTransformation
    label_smoothing: float
    ema_decay: float
    augmentation: Augmentation


def make_recipe(model: Model, config: TrainingConfig) -> Recipe:
    """Return the recipe of a training; equal settings give equal recipes, so nothing compiles twice."""
    optimizer = make_optimizer(config)
    return Recipe(model, optimizer, config.label_smoothing, config.ema_decay, config.augmentation)


# Optimized for speed, what runs once would take a second to compile instead of 0.3.
@partial(
    jax.jit,
    static_argnames=("recipe", "image_shape"),
    compiler_options={"xla_backend_optimization_level": 1},
)
def initial_weights(recipe: Recipe, seed: jax.Array, image_shape: tuple[int, int]) -> Weights:
    """Return the weights before the first step, drawn from `seed`, uint32 ()."""
    params = recipe.model.init(stream(seed, Purpose.INIT), image_shape)
    return Weights(params, recipe.optimizer.init(params), params if recipe.ema_decay else None)


def stream(seed: jax.Array, purpose: int) -> jax.Array:
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


@partial(jax.jit, static_argnames=("recipe",))
def run_period(
    recipe: Recipe,
    weights: Weights,
    pixels: jax.Array,
    labels: jax.Array,
    order: jax.Array,
    first_step: jax.Array,
    steps: jax.Array,
    seed: jax.Array,
) -> tuple[Weights, jax.Array]:
    """Take a number of steps, all in one compiled loop.

    Parameters
    ----------
    recipe
        What is trained and how; static, so each compiles once.
    weights
        Where to begin.
    pixels, labels : uint8 (n, h, w) and int32 (n,)
        All images, on the device.
    order : int32 (most, batch_size)
        The images of each batch, in the rows of the first `steps`. A training whose periods
        differ in length gives as many rows for each, so that one compilation serves all.
    first_step : int32 ()
        The number of the first step; it decides the dropout and the augmentation of each.
    steps : int32 ()
        How many steps to take.
    seed : uint32 ()
        What dropout and augmentation are drawn from, each by its stream.

    Returns
    -------
    Weights
        Where the steps led.
    float32 (most,)
        The loss on each batch before its step, and 0 from `steps` on.
    """

    def take_step(index: jax.Array, carry: tuple[Weights, jax.Array]) -> tuple[Weights, jax.Array]:
        weights, losses = carry
        chosen, number = order[index], first_step + index
        weights, loss = step(recipe, weights, pixels[chosen], labels[chosen], number, seed)
        return weights, losses.at[index].set(loss)

    before = (weights, jnp.zeros(len(order)))
    after: tuple[Weights, jax.Array] = jax.lax.fori_loop(0, steps, take_step, before)
    return after


@partial(jax.jit, static_argnames=("recipe",))
def run_periods(
    recipe: Recipe,
    weights: Weights,
    pixels: jax.Array,
    labels: jax.Array,
    orders: jax.Array,
    first_step: jax.Array,
    steps: jax.Array,
    seeds: jax.Array,
) -> tuple[Weights, jax.Array]:
    """Do as `run_period` for several seeds at once: weights, orders, seeds and results have an axis more."""

    def one(weights: Weights, order: jax.Array, seed: jax.Array) -> tuple[Weights, jax.Array]:
        led: tuple[Weights, jax.Array] = run_period(
            recipe, weights, pixels, labels, order, first_step, steps, seed
        )
        return led

    together: tuple[Weights, jax.Array] = jax.vmap(one)(weights, orders, seeds)
    return together


def step(
    recipe: Recipe,
    weights: Weights,
    pixels: jax.Array,
    labels: jax.Array,
    number: jax.Array,
    seed: jax.Array,
) -> tuple[Weights, jax.Array]:
    """Take one step on one batch, and return its loss before the step."""
    of_dropout, of_augmentation = (
        jax.random.fold_in(stream(seed, purpose), number)
        for purpose in (Purpose.DROPOUT, Purpose.AUGMENTATION)
    )
    pixels = augment(pixels, recipe.augmentation, key=of_augmentation)
    loss, gradient = jax.value_and_grad(batch_loss)(weights.params, recipe, pixels, labels, of_dropout)
    # optax raises a Python float to an int32 count, which strict promotion forbids.
    with jax.numpy_dtype_promotion("standard"):
        change, memory = recipe.optimizer.update(gradient, weights.optimizer_state, weights.params)
    params = optax.apply_updates(weights.params, change)
    return Weights(params, memory, averaged(weights.average, params, recipe.ema_decay, number)), loss


def batch_loss(
    params: Params, recipe: Recipe, pixels: jax.Array, labels: jax.Array, key: jax.Array
) -> jax.Array:
    """Return the mean softmax cross-entropy of a batch, from logits and smoothed labels, in nats."""
    logits = recipe.model.apply_train(params, pixels, key=key)
    wanted = optax.smooth_labels(jax.nn.one_hot(labels, logits.shape[1]), recipe.label_smoothing)
    return jnp.mean(optax.softmax_cross_entropy(logits, wanted))


def averaged(average: Params | None, params: Params, decay: float, number: jax.Array) -> Params | None:
    """Return the moving average after step `number`: decay · average + (1 - decay) · params.

    Early steps count for more, (1 + number) / (10 + number) in place of a larger decay, so that
    the random first weights are soon forgotten.
    """
    if average is None:
        return None
    done = number.astype(jnp.float32)
    share = 1 - jnp.minimum(jnp.float32(decay), (1 + done) / (10 + done))
    moved: Params = jax.tree.map(lambda old, new: old + share * (new - old), average, params)
    return moved


def make_optimizer(config: TrainingConfig) -> optax.GradientTransformation:
    """Return the optimizer of `config`; equal settings give the same object, so nothing compiles twice.

    A constant rate knows no end, so trainings of any length share what is compiled.
    """
    return _make_optimizer(
        config.optimizer,
        config.learning_rate,
        config.schedule,
        1 if config.schedule == "constant" else config.steps,
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
    decay = optax.add_decayed_weights(weight_decay, mask=_kernels) if weight_decay else optax.identity()
    clip = clip_each_by_norm(clip_norm) if clip_norm else optax.identity()
    direction = optax.trace(momentum) if name == "sgd" else optax.scale_by_adam()
    rate = make_schedule(schedule, learning_rate, steps)
    return optax.chain(clip, direction, decay, optax.scale_by_learning_rate(rate))


def make_schedule(name: str, highest: float, steps: int) -> Callable[[Any], Any]:
    """Return what gives the learning rate for the number of a step, from 0."""
    rise = max(1, steps // 4)
    schedules = {
        "constant": lambda: optax.constant_schedule(highest),
        "cosine": lambda: optax.cosine_decay_schedule(highest, steps),
        "one-cycle": lambda: optax.join_schedules(
            [
                optax.linear_schedule(highest / 10, highest, rise),
                optax.linear_schedule(highest, 0.0, max(1, steps - rise)),
            ],
            [rise],
        ),
    }
    rate: Callable[[Any], Any] = schedules[name]()
    return rate


def clip_each_by_norm(largest: float) -> optax.GradientTransformation:
    """Scale each variable's gradient, on its own, down to an L2 norm of at most `largest`."""

    def clip(gradient: jax.Array) -> jax.Array:
        norm = jnp.linalg.norm(gradient.ravel())
        return gradient * (largest / jnp.maximum(norm, largest))

    return optax.stateless(lambda gradients, _: jax.tree.map(clip, gradients))


def _kernels(params: Params) -> Any:
    return jax.tree.map(lambda variable: variable.ndim > 1, params)
