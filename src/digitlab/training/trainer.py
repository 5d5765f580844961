"""Training: a generator that yields one row of history, and the state it led to, for each period."""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from operator import itemgetter
from statistics import mean

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from digitlab.compilation import keep_compiled
from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.evaluation import log_loss
from digitlab.models import Model, Params, in_batches, predict_batches
from digitlab.training.config import TrainingConfig
from digitlab.training.engine import Purpose, Weights, initial_weights, make_recipe, run_periods
from digitlab.training.loop import batches_of, check_finite, on_device, train_weights

__all__ = [
    "Best",
    "HistoryRow",
    "TrainingState",
    "initial_state",
    "mean_row",
    "pays_together",
    "train",
    "train_together",
]


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


def mean_row(rows: Sequence[HistoryRow]) -> HistoryRow:
    """Return the means over seeds of what was measured after the same period."""
    means = {field.name: mean(getattr(row, field.name) for row in rows) for field in fields(HistoryRow)}
    return HistoryRow(**means | {"period": rows[0].period, "step": rows[0].step})


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
        return self.best.params if self.best else self.weights.to_use


def initial_state(model: Model, config: TrainingConfig, image_shape: tuple[int, int]) -> TrainingState:
    """Return the state before the first period."""
    recipe = make_recipe(model, config)
    return TrainingState(0, initial_weights(recipe, np.uint32(config.seed), image_shape))


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
    config.check_fits(len(split.training_rows))
    keep_compiled()
    state = state or initial_state(model, config, split.whole.image_shape)
    measure, images = Measure(model, config, split), on_device(split.whole)
    learning = train_weights(model, config, state.weights, images, split.training_rows, done=state.period)
    while state.period < config.periods and not _has_stalled(state, config):
        begin = time.perf_counter()
        weights, losses = next(learning)
        row, state = measure.after(state, weights, losses, time.perf_counter() - begin)
        yield row, state


def train_together(
    model: Model, configs: Sequence[TrainingConfig], splits: Sequence[Split]
) -> Iterator[list[tuple[HistoryRow, TrainingState]]]:
    """Train a model with several seeds at once, by `vmap`, from the beginning.

    On an accelerator a hundred small models take little longer than one; on a CPU it is worth it
    where batches or layers are small. See `pays_together`.

    Parameters
    ----------
    model
        What to train.
    configs
        How: equal but for the seed, and without `patience`.
    splits
        Of the same images; one for each seed.

    Yields
    ------
    list of (HistoryRow, TrainingState)
        At the end of each period, for each seed. The seconds are an equal share of those of all.
        The numbers are those of `train` but for rounding.

    Raises
    ------
    ConfigError
        If the settings differ in more than the seed, or stop early, or a batch is too large.
    DivergedError
        If a loss of any of them is no longer finite.
    """
    _check_together(configs)
    keep_compiled()
    shape = splits[0].whole.image_shape
    states = [initial_state(model, config, shape) for config in configs]
    recipe, images = make_recipe(model, configs[0]), on_device(splits[0].whole)
    measures = [Measure(model, config, split) for config, split in zip(configs, splits, strict=True)]
    weights = jax.tree.map(lambda *leaves: jnp.stack(leaves), *[state.weights for state in states])
    seeds = np.array([config.seed for config in configs], np.uint32)
    for period in range(configs[0].periods):
        begin = time.perf_counter()
        batches = [
            batches_of(config, split.training_rows, period)
            for config, split in zip(configs, splits, strict=True)
        ]
        first, steps, _ = batches[0]
        orders = np.stack([order for _, _, order in batches])
        weights, losses = run_periods(recipe, weights, *images, orders, first, steps, seeds)
        losses.block_until_ready()
        seconds = (time.perf_counter() - begin) / len(configs)
        done = [
            measure.after(state, jax.tree.map(itemgetter(index), weights), losses[index], seconds)
            for index, (measure, state) in enumerate(zip(measures, states, strict=True))
        ]
        states = [state for _, state in done]
        yield done


def pays_together(model: Model) -> bool:
    """Return whether several seeds are quicker at once than one after the other, as measured.

    On two CPU cores the exercise's network takes 0.7 of the time, larger dense layers the same, and
    convolutions a tenth more.
    """
    return jax.default_backend() != "cpu" or model.name != "conv"


def _check_together(configs: Sequence[TrainingConfig]) -> None:
    if any(replace(config, seed=0) != replace(configs[0], seed=0) for config in configs):
        raise ConfigError("Trainings at once may differ only in the seed; train these one after the other.")
    if configs[0].patience is not None:
        raise ConfigError("Trainings at once all go on to the end: leave patience out.")


class Measure:
    """What is measured after each period, on the same images each time."""

    def __init__(self, model: Model, config: TrainingConfig, split: Split) -> None:
        self.model, self.config = model, config
        sample = training_sample(split, config.seed)
        rows = np.concatenate([sample, split.validation_rows])
        self.sampled, self.labels = len(sample), split.whole.labels[rows]
        self.batches = jax.device_put(in_batches(split.whole.pixels[rows]))

    def after(
        self, state: TrainingState, weights: Weights, losses: jax.Array, seconds: float
    ) -> tuple[HistoryRow, TrainingState]:
        """Return what a period led to from `state`, or raise `DivergedError`."""
        period, seconds = state.period + 1, state.seconds + seconds
        logits = predict_batches(self.model, weights.to_use, self.batches)[: len(self.labels)]
        check_finite(self.config, period, losses, logits)
        row = self._row(period, logits, seconds)
        return row, TrainingState(period, weights, seconds, _better(state, row, weights, self.config))

    def _row(self, period: int, logits: NDArray[np.float32], seconds: float) -> HistoryRow:
        of_sample, of_validation = np.split(logits, [self.sampled])
        sample, validation = np.split(self.labels, [self.sampled])
        return HistoryRow(
            period=period,
            step=self.config.last_step(period),
            train_log_loss=log_loss(of_sample, sample),
            train_accuracy=_accuracy(of_sample, sample),
            validation_log_loss=log_loss(of_validation, validation),
            validation_accuracy=_accuracy(of_validation, validation),
            seconds=round(seconds, 4),
        )


def training_sample(split: Split, seed: int) -> NDArray[np.intp]:
    """Return a fixed sample of the training set's rows, as many as the validation set has."""
    size = min(len(split.training_rows), len(split.validation_rows))
    generator = np.random.default_rng([seed, Purpose.SAMPLE])
    return np.sort(generator.choice(split.training_rows, size, replace=False))


def _accuracy(logits: NDArray[np.float32], labels: NDArray[np.uint8]) -> float:
    return float(np.mean(logits.argmax(axis=1) == labels))


def _better(state: TrainingState, row: HistoryRow, weights: Weights, config: TrainingConfig) -> Best | None:
    if config.patience is None:
        return None
    so_far = state.best.validation_log_loss if state.best else math.inf
    return (
        Best(row.period, row.validation_log_loss, weights.to_use)
        if row.validation_log_loss < so_far
        else state.best
    )


def _has_stalled(state: TrainingState, config: TrainingConfig) -> bool:
    if config.patience is None or state.best is None:
        return False
    return state.period - state.best.period >= config.patience
