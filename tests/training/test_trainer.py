"""Training as a whole: it repeats, it resumes, it measures without disturbing."""

import dataclasses
import doctest
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import jax
import numpy as np
import pytest

import digitlab.training.trainer
from digitlab.data import Split, stratified_split
from digitlab.errors import ConfigError, DivergedError
from digitlab.evaluation import evaluate, log_loss
from digitlab.models import MLP, Conv, Linear, Model, predict_logits
from digitlab.training import (
    Augmentation,
    TrainingConfig,
    TrainingState,
    configure,
    initial_state,
    preset_settings,
    train,
)
from digitlab.training.checkpoint import pack_state, unpack_state
from digitlab.training.engine import run_period
from digitlab.training.trainer import training_sample

# What is the same bit for bit is so as users compile it.
pytestmark = pytest.mark.optimized

NETWORK = MLP((16,), dropout=0.3)
CONFIG = TrainingConfig(steps=60, periods=6, batch_size=32, learning_rate=0.01, seed=5)
FILTERS = Conv((4,), hidden_units=(6,), dropout=0.3)
EVERYTHING = TrainingConfig(
    steps=20,
    periods=3,
    batch_size=32,
    learning_rate=0.01,
    optimizer="adamw",
    schedule="one-cycle",
    weight_decay=0.05,
    clip_norm=1.0,
    label_smoothing=0.1,
    ema_decay=0.9,
    augmentation=Augmentation(shift=2, rotate=10, scale=0.1, shear=5, stroke=0.5, elastic=1),
    seed=5,
)


@contextmanager
def compilations() -> Iterator[list[str]]:
    """Yield a list that gets the name of everything that XLA compiles meanwhile."""
    names: list[str] = []

    def listen(event: str, duration_secs: float, **more: str | int) -> None:
        if event == "/jax/core/compile/backend_compile_duration":
            names.append(str(more.get("fun_name")))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield names
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


def trained(
    model: Model, config: TrainingConfig, split: Split, state: TrainingState | None = None
) -> TrainingState:
    """Return the last state."""
    return list(train(model, config, split, state=state))[-1][1]


def assert_same(first: Any, second: Any) -> None:
    """Check that two nested values of arrays are equal bit for bit."""
    for one, other in zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True):
        assert np.asarray(one).tobytes() == np.asarray(other).tobytes()


@pytest.fixture(scope="module")
def whole(digits_split: Split) -> list[tuple[Any, TrainingState]]:
    """Return every period of one training."""
    return list(train(NETWORK, CONFIG, digits_split))


def test_the_same_seed_gives_the_same_result_bit_for_bit(
    whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    assert_same(trained(NETWORK, CONFIG, digits_split).weights, whole[-1][1].weights)


def test_the_largest_seed_is_a_seed(digits_split: Split) -> None:
    config = dataclasses.replace(CONFIG, seed=2**32 - 1)
    first, again = (next(train(NETWORK, config, digits_split))[1] for _ in range(2))
    assert_same(first.weights, again.weights)


def test_another_seed_gives_another_result(
    whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    other = trained(NETWORK, dataclasses.replace(CONFIG, seed=6), digits_split)
    assert (other.params["output"]["kernel"] != whole[-1][1].params["output"]["kernel"]).any()


@pytest.mark.parametrize("period", range(6))
def test_going_on_from_any_saved_period_is_as_never_having_stopped(
    period: int, whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    start = whole[period - 1][1] if period else initial_state(NETWORK, CONFIG, (8, 8))
    saved = unpack_state(*pack_state(start), initial_state(NETWORK, CONFIG, (8, 8)))
    assert_same(trained(NETWORK, CONFIG, digits_split, saved).weights, whole[-1][1].weights)


@pytest.mark.parametrize("periods", [1, 7, 60])
def test_measuring_more_or_less_often_does_not_change_training(
    periods: int, whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    config = dataclasses.replace(CONFIG, periods=periods)
    assert_same(trained(NETWORK, config, digits_split).weights, whole[-1][1].weights)


def test_evaluating_on_the_side_does_not_change_training(
    whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    state = None
    for _, state in train(NETWORK, CONFIG, digits_split):
        predict_logits(NETWORK, state.params, digits_split.validation.pixels)
        jax.random.normal(jax.random.key(0), (3,))
        np.random.default_rng(0).random(3)
    assert state is not None
    assert_same(state.weights, whole[-1][1].weights)


def test_the_history_is_what_evaluating_the_state_gives(
    whole: list[tuple[Any, TrainingState]], digits_split: Split
) -> None:
    for row, state in whole:
        logits = predict_logits(NETWORK, state.params, digits_split.validation.pixels)
        result = evaluate(logits, digits_split.validation.labels, baseline_class=0)
        assert row.validation_accuracy == result.accuracy
        assert row.validation_log_loss == result.log_loss
        assert row.step == state.period * 10
    assert whole[-1][0].validation_log_loss < whole[0][0].validation_log_loss


def test_with_all_that_is_random_and_an_average_the_history_is_of_the_weights_to_use(
    digits_split: Split,
) -> None:
    """And of the images as they are: augmentation changes only those that are learnt from."""
    config = dataclasses.replace(EVERYTHING, patience=9)
    sample = digits_split.whole.take(training_sample(digits_split, config.seed))
    for row, state in train(FILTERS, config, digits_split):
        assert state.weights.average is not None
        for images, accuracy, loss in (
            (digits_split.validation, row.validation_accuracy, row.validation_log_loss),
            (sample, row.train_accuracy, row.train_log_loss),
        ):
            logits = predict_logits(FILTERS, state.weights.average, images.pixels)
            assert log_loss(logits, images.labels) == loss
            assert (logits.argmax(axis=1) == images.labels).mean() == accuracy
        assert state.best is not None
        if state.best.period == row.period:
            assert_same(state.params, state.weights.average)


def test_with_all_that_is_random_training_repeats_and_goes_on_from_any_period(digits_split: Split) -> None:
    model = FILTERS
    states = [state for _, state in train(model, EVERYTHING, digits_split)]
    assert_same(trained(model, EVERYTHING, digits_split).weights, states[-1].weights)
    for start in states[:-1]:
        saved = unpack_state(*pack_state(start), initial_state(model, EVERYTHING, (8, 8)))
        assert_same(saved.weights, start.weights)
        assert_same(trained(model, EVERYTHING, digits_split, saved).weights, states[-1].weights)


@pytest.mark.parametrize(
    "setting", [{"augmentation": {"shift": 1}}, {"label_smoothing": 0.1}, {"ema_decay": 0.9}], ids=str
)
def test_each_setting_does_something_and_off_is_as_if_it_were_not_there(
    setting: dict[str, Any], digits_split: Split
) -> None:
    config = TrainingConfig(steps=7, batch_size=32, periods=1)
    plain = trained(Linear(), config, digits_split)
    off = dataclasses.replace(
        config, augmentation=Augmentation(elastic_scale=2), label_smoothing=0.0, ema_decay=0.0
    )
    assert_same(trained(Linear(), off, digits_split).weights, plain.weights)
    on = trained(Linear(), dataclasses.replace(config, **setting), digits_split)
    assert (on.params["output"]["kernel"] != plain.params["output"]["kernel"]).any()


def test_periods_of_unequal_length_and_other_seeds_compile_nothing_new(digits_split: Split) -> None:
    model, config = MLP((5,), dropout=0.3), dataclasses.replace(CONFIG, steps=17, periods=5, ema_decay=0.9)
    other_seed = dataclasses.replace(config, seed=1)
    other_split = stratified_split(digits_split.whole, seed=4)

    def cached() -> int:
        kept: Any = run_period
        return int(kept._cache_size())

    before = cached()
    history = list(train(model, config, digits_split))
    assert len({row.step - after.step for (row, _), (after, _) in pairwise(history)}) == 2
    assert cached() == before + 1
    saved = unpack_state(*pack_state(history[1][1]), initial_state(model, config, (8, 8)))
    with compilations() as names:
        trained(model, other_seed, digits_split)
        trained(model, other_seed, other_split)
        trained(model, config, digits_split, saved)
    assert names == []
    assert cached() == before + 1


def test_evaluating_other_weights_or_as_many_images_compiles_nothing_new(digits_split: Split) -> None:
    model, pixels = MLP((5,)), np.resize(digits_split.whole.pixels, (3000, 8, 8))
    for count in (3000, 200):
        predict_logits(model, model.init(jax.random.key(0), (8, 8)), pixels[:count])
    other = model.init(jax.random.key(1), (8, 8))
    with compilations() as names:
        for count in (1025, 2048, 2999, 129, 256):
            predict_logits(model, other, pixels[:count])
    assert names == []


def test_reading_a_few_digits_compiles_nothing(digits_split: Split) -> None:
    model = Conv((3,), hidden_units=(4,))
    params = model.init(jax.random.key(0), (8, 8))
    with compilations() as names:
        for count in (1, 2, 16):
            predict_logits(model, params, digits_split.whole.pixels[:count])
    assert names == []


def test_steps_that_do_not_divide_are_spread_over_the_periods(digits_split: Split) -> None:
    config = dataclasses.replace(CONFIG, steps=17, periods=5)
    assert [row.step for row, _ in train(Linear(), config, digits_split)] == [3, 6, 10, 13, 17]


def test_the_training_sample_is_fixed_and_from_training(digits_split: Split) -> None:
    sample = training_sample(digits_split, 0)
    assert len(set(sample)) == len(sample) == len(digits_split.validation)
    training = {image.tobytes() for image in digits_split.training.pixels}
    assert all(image.tobytes() in training for image in digits_split.whole.pixels[sample])
    np.testing.assert_array_equal(training_sample(digits_split, 0), sample)
    assert (training_sample(digits_split, 1) != sample).any()


def test_a_training_sample_of_a_small_part_is_all_of_it(make_dataset: Any) -> None:
    split = stratified_split(make_dataset(60), validation_fraction=0.7)
    np.testing.assert_array_equal(training_sample(split, 0), split.training_rows)


def test_early_stopping_keeps_the_best_period_and_resumes(digits_split: Split) -> None:
    config = TrainingConfig(steps=400, periods=40, batch_size=64, learning_rate=0.3, patience=3)
    states = list(train(MLP((16,)), config, digits_split))
    losses = [row.validation_log_loss for row, _ in states]
    best = int(np.argmin(losses))
    assert len(states) == best + 1 + 3 < 40
    assert states[-1][1].best is not None
    assert states[-1][1].best.period == best + 1
    assert_same(states[-1][1].params, states[best][1].weights.params)
    half = unpack_state(*pack_state(states[best // 2][1]), initial_state(MLP((16,)), config, (8, 8)))
    assert_same(trained(MLP((16,)), config, digits_split, half).params, states[-1][1].params)
    assert list(train(MLP((16,)), config, digits_split, state=states[-1][1])) == []


def test_a_batch_larger_than_the_set(digits_split: Split) -> None:
    config = TrainingConfig(batch_size=5000)
    with pytest.raises(ConfigError, match="A batch of 5000 cannot be drawn from 1123 training images"):
        next(train(Linear(), config, digits_split))


def test_a_loss_that_is_not_finite_names_the_period_and_what_to_try(digits_split: Split) -> None:
    config = TrainingConfig(steps=40, periods=4, batch_size=32, learning_rate=1e38, optimizer="sgd")
    with pytest.raises(
        DivergedError,
        match=r"in period 1 of 4 \(steps 1 to 10, seed 0\).*smaller learning rate than 1e\+38.*clipping",
    ):
        list(train(MLP((8,)), config, digits_split))


def test_the_short_exercise_learns_something(digits_split: Split) -> None:
    model, config = configure("linear", preset_settings("exercise-short", "linear"), training_images=1123)
    rows = [row for row, _ in train(model, config, digits_split)]
    assert rows[-1].step == 100
    assert rows[-1].validation_accuracy > 0.8


def test_exercise_fault_1_what_is_measured_on_was_never_trained_on(digits: Any) -> None:
    split = stratified_split(digits[0])
    seen, held_out, test = (
        {image.tobytes() for image in part.pixels} for part in (split.training, split.validation, digits[1])
    )
    assert not seen & held_out
    assert not seen & test
    assert not held_out & test


def test_the_docstring_runs() -> None:
    assert doctest.testmod(digitlab.training.trainer).failed == 0
