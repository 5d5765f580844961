"""Training: a generator that yields one row of history, and the state it led to, for each period."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from digitlab.data import Dataset, Split
from digitlab.errors import DivergedError
from digitlab.evaluation import log_loss
from digitlab.models import Model, Params, predict_logits
from digitlab.training.config import TrainingConfig
from digitlab.training.engine import Purpose, Weights, batch_order, make_optimizer, run_period, stream

__all__ = ["Best", "HistoryRow", "TrainingState", "initial_state", "train"]


@dataclass(frozen=True)
class HistoryRow:
    """What was measured at the end of one period.

    The training values are those of a fixed sample of the training set, of the size of the
    validation set, so that both columns are equally noisy. Dropout is off for both.

    period, step
        Which one it is, from 1, and how many steps had been taken by its end.
    train_log_loss, validation_log_loss
        Nats an image.
    train_accuracy, validation_accuracy
        Shares in [0, 1].
    seconds
        Of training since the beginning: steps and compiling, without measuring and saving.
    """

    period: int
    step: int
    train_log_loss: float
    train_accuracy: float
    validation_log_loss: float
    validation_accuracy: float
    seconds: float


@dataclass(frozen=True)
class Best:
    """The period with the lowest validation log loss so far, and its weights."""

    period: int
    validation_log_loss: float
    params: Params


@dataclass(frozen=True)
class TrainingState:
    """All that is needed to go on from the end of a period.

    best
        Kept only where the training stops early, that is, where `patience` is set.
    """

    period: int
    weights: Weights
    seconds: float = 0.0
    best: Best | None = None

    @property
    def params(self) -> Params:
        """The weights to use: those of the best period where training stops early, else the last."""
        return self.best.params if self.best else self.weights.params


def initial_state(model: Model, config: TrainingConfig, image_shape: tuple[int, int]) -> TrainingState:
    """Return the state before the first period."""
    params = model.init(stream(config.seed, Purpose.INIT), image_shape)
    return TrainingState(0, Weights(params, make_optimizer(config).init(params)))


def train(
    model: Model, config: TrainingConfig, split: Split, *, state: TrainingState | None = None
) -> Iterator[tuple[HistoryRow, TrainingState]]:
    """Train a model, period by period.

    Parameters
    ----------
    model
        What to train.
    config
        How.
    split
        The images to learn from, and those to measure on.
    state
        Where to go on from; by default, from the beginning. Going on gives the same
        numbers, bit for bit, as never having stopped.

    Yields
    ------
    HistoryRow, TrainingState
        At the end of each period.

    Raises
    ------
    ConfigError
        If a batch is larger than the training set.
    DivergedError
        If a loss is no longer finite. The states yielded before are still good.

    Examples
    --------
    >>> from digitlab import Linear, TrainingConfig, load_dataset, stratified_split, train
    >>> digits, test = load_dataset("digits")
    >>> config = TrainingConfig(steps=100, periods=2)
    >>> [row.step for row, state in train(Linear(), config, stratified_split(digits))]
    [50, 100]
    """
    images = len(split.training)
    config.check_fits(images)
    state = state or initial_state(model, config, split.training.image_shape)
    sample = training_sample(split, config.seed)
    optimizer, dropout_key = make_optimizer(config), stream(config.seed, Purpose.DROPOUT)
    pixels = jnp.asarray(split.training.pixels)
    labels = jnp.asarray(split.training.labels, dtype=jnp.int32)

    while state.period < config.periods and not _has_stalled(state, config):
        period, step = state.period + 1, config.last_step(state.period)
        begin = time.perf_counter()
        order = batch_order(config.seed, images, config.batch_size, step, config.last_step(period) - step)
        weights, losses = run_period(
            model, optimizer, state.weights, pixels, labels, order, np.int32(step), dropout_key
        )
        losses.block_until_ready()
        seconds = state.seconds + time.perf_counter() - begin
        row = _measure(model, config, period, weights.params, losses, sample, split.validation, seconds)
        state = TrainingState(period, weights, seconds, _better(state, row, weights.params, config))
        yield row, state


def training_sample(split: Split, seed: int) -> Dataset:
    """Return a fixed sample of the training set, as large as the validation set."""
    size = min(len(split.training), len(split.validation))
    chosen = np.random.default_rng([seed, Purpose.SAMPLE]).choice(len(split.training), size, replace=False)
    return split.training.take(np.sort(chosen))


def _measure(
    model: Model,
    config: TrainingConfig,
    period: int,
    params: Params,
    losses: jax.Array,
    sample: Dataset,
    validation: Dataset,
    seconds: float,
) -> HistoryRow:
    """Return the row of a period, or raise `DivergedError`."""
    train_logits = predict_logits(model, params, sample.pixels)
    validation_logits = predict_logits(model, params, validation.pixels)
    if not all(np.isfinite(values).all() for values in (losses, train_logits, validation_logits)):
        raise DivergedError(_diverged(config, period))
    return HistoryRow(
        period=period,
        step=config.last_step(period),
        train_log_loss=log_loss(train_logits, sample.labels),
        train_accuracy=_accuracy(train_logits, sample),
        validation_log_loss=log_loss(validation_logits, validation.labels),
        validation_accuracy=_accuracy(validation_logits, validation),
        seconds=round(seconds, 4),
    )


def _diverged(config: TrainingConfig, period: int) -> str:
    rate = config.learning_rate
    advice = f"a smaller learning rate than {rate:g} (try {rate / 10:g})"
    if config.clip_norm is None:
        advice += ", or clipping the gradients (try a clip norm of 1)"
    return (
        f"The loss stopped being a finite number in period {period} of {config.periods} "
        f"(steps {config.last_step(period - 1) + 1} to {config.last_step(period)}). "
        f"What to try: {advice}."
    )


def _accuracy(logits: Any, dataset: Dataset) -> float:
    return float(np.mean(logits.argmax(axis=1) == dataset.labels))


def _better(state: TrainingState, row: HistoryRow, params: Params, config: TrainingConfig) -> Best | None:
    if config.patience is None:
        return None
    so_far = state.best.validation_log_loss if state.best else math.inf
    return (
        Best(row.period, row.validation_log_loss, params) if row.validation_log_loss < so_far else state.best
    )


def _has_stalled(state: TrainingState, config: TrainingConfig) -> bool:
    if config.patience is None or state.best is None:
        return False
    return state.period - state.best.period >= config.patience
