"""The compiled period, the optimizers and the order of the batches, against NumPy."""

import itertools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.evaluation import log_loss
from digitlab.models import MLP, Linear, Model, Params, shapes_of
from digitlab.training import TrainingConfig
from digitlab.training.engine import (
    Recipe,
    Weights,
    batch_loss,
    batch_order,
    clip_each_by_norm,
    initial_weights,
    make_optimizer,
    make_recipe,
    make_schedule,
    run_period,
)

# What is the same bit for bit is so as users compile it.
pytestmark = pytest.mark.optimized

KEY = jax.random.key(3)


def recipe_of(model: Model, **settings: Any) -> Recipe:
    return make_recipe(model, TrainingConfig(**settings))


def drawn(model: Model, image_shape: tuple[int, int]) -> Params:
    """Return random weights."""
    generator = np.random.default_rng(3)
    params: Params = jax.tree.map(
        lambda leaf: jnp.asarray(generator.normal(0, 0.3, leaf.shape), jnp.float32),
        shapes_of(model, image_shape),
    )
    return params


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 30)).filter(lambda t: t[1] <= t[0])


@given(sizes, st.integers(0, 2**32 - 1))
def test_every_image_is_seen_once_an_epoch_and_none_is_dropped(size: tuple[int, int, int], seed: int) -> None:
    images, batch_size, epochs = size
    steps = -(-epochs * images // batch_size)
    row = batch_order(seed, images, batch_size, 0, steps).ravel()
    for epoch in range(epochs):
        np.testing.assert_array_equal(np.sort(row[epoch * images : (epoch + 1) * images]), np.arange(images))


@given(sizes, st.integers(0, 200), st.integers(1, 50))
def test_any_stretch_of_batches_can_be_had_alone(size: tuple[int, int, int], first: int, steps: int) -> None:
    images, batch_size, _ = size
    whole = batch_order(5, images, batch_size, 0, first + steps)
    np.testing.assert_array_equal(batch_order(5, images, batch_size, first, steps), whole[first:])


def test_exercise_fault_4_every_epoch_is_shuffled_anew_and_by_the_seed() -> None:
    first, second = batch_order(0, 500, 500, 0, 2)
    assert (first != second).any()
    assert (first != np.arange(500)).any()
    np.testing.assert_array_equal(batch_order(0, 500, 500, 0, 2), [first, second])
    assert (batch_order(1, 500, 500, 0, 1)[0] != first).any()


def test_the_loss_is_that_of_the_metrics(make_dataset: Callable[..., Dataset]) -> None:
    data, model = make_dataset(), MLP((8,))
    params = drawn(model, (5, 4))
    labels = jnp.asarray(data.labels, dtype=jnp.int32)
    loss = jax.jit(batch_loss, static_argnums=1)(
        params, recipe_of(model), jnp.asarray(data.pixels), labels, KEY
    )
    assert float(loss) == pytest.approx(
        log_loss(model.apply(params, jnp.asarray(data.pixels)), data.labels), rel=1e-6
    )


def test_exercise_fault_2_the_training_loss_stays_finite_where_a_probability_is_zero() -> None:
    recipe, pixels = recipe_of(Linear()), jnp.full((2, 5, 4), 255, jnp.uint8)
    params = {"output": {"kernel": jnp.zeros((20, 10)), "bias": jnp.zeros(10).at[0].set(500.0)}}
    labels = jnp.array([1, 2], jnp.int32)
    both = jax.jit(jax.value_and_grad(batch_loss), static_argnums=1)
    loss, gradient = both(params, recipe, pixels, labels, KEY)
    assert float(loss) == 500
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_the_gradient_is_that_of_finite_differences(make_dataset: Callable[..., Dataset]) -> None:
    data, model = make_dataset(12), MLP((6, 5))
    params = jax.tree.map(lambda leaf: leaf + 0.1, drawn(model, (5, 4)))
    labels = jnp.asarray(data.labels, dtype=jnp.int32)
    gradient = jax.jit(jax.grad(batch_loss), static_argnums=1)(
        params, recipe_of(model), jnp.asarray(data.pixels), labels, KEY
    )

    def loss(params: Any) -> float:
        values = data.pixels.reshape(12, -1) / 255
        for name in ("hidden_1", "hidden_2"):
            values = np.maximum(values @ params[name]["kernel"] + params[name]["bias"], 0)
        return log_loss(values @ params["output"]["kernel"] + params["output"]["bias"], data.labels)

    doubles = jax.tree.map(lambda leaf: np.array(leaf, np.float64), params)
    for name in params:
        for part in ("kernel", "bias"):
            for index in list(np.ndindex(params[name][part].shape))[::7]:
                losses = []
                for shift in (1e-6, -2e-6):
                    doubles[name][part][index] += shift
                    losses.append(loss(doubles))
                doubles[name][part][index] += 1e-6
                expected = (losses[0] - losses[1]) / 2e-6
                assert float(gradient[name][part][index]) == pytest.approx(expected, abs=2e-5)


@given(st.floats(0.01, 10), st.lists(st.floats(-20, 20, width=32), min_size=3, max_size=3))
def test_each_variable_is_clipped_on_its_own(largest: float, values: list[float]) -> None:
    gradients = {"a": jnp.array(values, jnp.float32), "b": jnp.array([0.001], jnp.float32), "c": jnp.zeros(2)}
    clip = clip_each_by_norm(largest)
    clipped, _ = clip.update(gradients, clip.init(gradients), None)
    for name, gradient in gradients.items():
        norm = float(np.linalg.norm(gradient))
        expected = np.asarray(gradient) * (min(1, largest / norm) if norm else 1)
        np.testing.assert_allclose(clipped[name], expected, rtol=1e-5, atol=1e-30)


def softmax_gradient(kernel: Any, bias: Any, x: Any, labels: Any) -> tuple[Any, Any]:
    """Return the gradient of softmax regression's mean loss, in closed form."""
    logits = x @ kernel + bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    error = (shares - np.eye(10)[labels]) / len(x)
    return x.T @ error, error.sum(axis=0)


Update = Callable[[int, NDArray[np.float64], NDArray[np.float64], dict[str, Any]], NDArray[np.float64]]


def sgd(_step: int, value: NDArray[np.float64], gradient: NDArray[np.float64], memory: dict[str, Any]) -> Any:
    """Momentum 0.8, rate 0.1, decay 0.01 on kernels."""
    memory["trace"] = gradient + 0.8 * memory.get("trace", 0)
    return value - 0.1 * (memory["trace"] + (0.01 * value if value.ndim > 1 else 0))


def adam(step: int, value: NDArray[np.float64], gradient: NDArray[np.float64], memory: dict[str, Any]) -> Any:
    """Kingma and Ba 2015, algorithm 1, rate 0.02."""
    memory["m"] = 0.9 * memory.get("m", 0) + 0.1 * gradient
    memory["v"] = 0.999 * memory.get("v", 0) + 0.001 * gradient**2
    corrected = memory["m"] / (1 - 0.9**step) / (np.sqrt(memory["v"] / (1 - 0.999**step)) + 1e-8)
    return value - 0.02 * corrected


def adamw(rate: float, value: NDArray[np.float64], moved: NDArray[np.float64]) -> Any:
    """Loshchilov and Hutter 2019, with decay 0.1 on kernels."""
    return value + rate * (moved / 0.02 - (0.1 * value if value.ndim > 1 else 0))


def adamw_cosine(
    step: int, value: NDArray[np.float64], gradient: NDArray[np.float64], memory: dict[str, Any]
) -> Any:
    """A cosine from 0.02 over 12 steps."""
    rate = 0.02 * (1 + np.cos(np.pi * (step - 1) / 12)) / 2
    return adamw(rate, value, adam(step, value, gradient, memory) - value)


def adamw_one_cycle(
    step: int, value: NDArray[np.float64], gradient: NDArray[np.float64], memory: dict[str, Any]
) -> Any:
    """From 0.002 up to 0.02 after 3 of 12 steps, and down to 0."""
    rate = float(np.interp(step - 1, [0, 3, 12], [0.002, 0.02, 0]))
    return adamw(rate, value, adam(step, value, gradient, memory) - value)


def alike(recipe: Recipe, image_shape: tuple[int, int]) -> Weights:
    """Return the weights before the first step, but all of them 0.1."""
    weights = initial_weights(recipe, np.uint32(3), image_shape)
    params = jax.tree.map(lambda leaf: jnp.full_like(leaf, 0.1), weights.params)
    return Weights(params, weights.optimizer_state, None if weights.average is None else params)


def period(
    recipe: Recipe,
    data: Dataset,
    order: NDArray[np.int32],
    steps: int,
    *,
    first: int = 0,
    begin: Callable[[Recipe, tuple[int, int]], Weights] = alike,
) -> Any:
    """Return what a period leads to, and its losses."""
    return run_period(
        recipe,
        begin(recipe, data.image_shape),
        jnp.asarray(data.pixels),
        jnp.asarray(data.labels, dtype=jnp.int32),
        order,
        np.int32(first),
        np.int32(steps),
        np.uint32(3),
    )


@pytest.mark.parametrize(
    ("config", "update"),
    [
        (TrainingConfig(12, 1, 7, 0.1, "sgd", momentum=0.8, weight_decay=0.01), sgd),
        (TrainingConfig(12, 1, 7, 0.02, "adam"), adam),
        (TrainingConfig(12, 1, 7, 0.02, "adamw", "cosine", weight_decay=0.1), adamw_cosine),
        (TrainingConfig(12, 1, 7, 0.02, "adamw", "one-cycle", weight_decay=0.1), adamw_one_cycle),
    ],
    ids=["sgd", "adam", "adamw-cosine", "adamw-one-cycle"],
)
def test_a_period_is_the_formula_step_by_step(
    config: TrainingConfig, update: Update, make_dataset: Callable[..., Dataset]
) -> None:
    data = make_dataset()
    order = batch_order(0, len(data), 7, 0, 12)
    found, losses = period(make_recipe(Linear(), config), data, order, 12)
    kernel, bias = np.full((20, 10), 0.1), np.full(10, 0.1)
    memories: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for step, chosen in enumerate(order, 1):
        x, labels = data.pixels[chosen].reshape(7, -1) / 255, data.labels[chosen]
        assert float(losses[step - 1]) == pytest.approx(log_loss(x @ kernel + bias, labels), rel=1e-4)
        gradients = softmax_gradient(kernel, bias, x, labels)
        kernel = update(step, kernel, gradients[0], memories[0])
        bias = update(step, bias, gradients[1], memories[1])
    np.testing.assert_allclose(found.params["output"]["kernel"], kernel, atol=5e-5)
    np.testing.assert_allclose(found.params["output"]["bias"], bias, atol=5e-5)


def test_equal_settings_share_one_optimizer_and_so_one_compilation() -> None:
    assert make_optimizer(TrainingConfig(seed=1)) is make_optimizer(TrainingConfig(seed=2, periods=5))
    assert make_optimizer(TrainingConfig()) is not make_optimizer(TrainingConfig(learning_rate=0.1))


@given(st.floats(1e-4, 1), st.integers(2, 5000))
def test_one_cycle_is_three_points_and_the_straight_lines_between(highest: float, steps: int) -> None:
    rate, rise = make_schedule("one-cycle", highest, steps), max(1, steps // 4)
    at = np.unique([0, 1, rise - 1, rise, rise + 1, (rise + steps) // 2, steps - 1, steps])
    expected = np.interp(at, [0, rise, steps], [highest / 10, highest, 0])
    np.testing.assert_allclose([rate(step) for step in at], expected, rtol=2e-5, atol=1e-6 * highest)


def test_one_cycle_of_a_single_step_is_its_beginning() -> None:
    assert float(make_schedule("one-cycle", 0.5, 1)(0)) == pytest.approx(0.05)


@settings(max_examples=20)
@given(share=st.floats(0, 0.99), scale=st.floats(0.1, 100))
def test_label_smoothing_is_the_cross_entropy_with_a_share_spread_evenly(share: float, scale: float) -> None:
    generator = np.random.default_rng(1)
    pixels = generator.integers(0, 256, (13, 5, 4)).astype(np.uint8)
    labels = generator.integers(0, 10, 13)
    kernel = (scale * generator.normal(size=(20, 10))).astype(np.float32)
    params = {"output": {"kernel": jnp.asarray(kernel), "bias": jnp.zeros(10)}}
    found = batch_loss(
        params,
        recipe_of(Linear(), label_smoothing=share),
        jnp.asarray(pixels),
        jnp.asarray(labels, jnp.int32),
        KEY,
    )
    logits = pixels.reshape(13, -1) / 255 @ np.float64(kernel)
    of_each_class = [log_loss(logits, np.full(13, digit)) for digit in range(10)]
    expected = (1 - share) * log_loss(logits, labels) + share * np.mean(of_each_class)
    assert float(found) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("decay", "first"), [(0.9, 0), (0.2, 0), (0.9, 1000)])
def test_the_average_is_the_formula_step_by_step(
    decay: float, first: int, make_dataset: Callable[..., Dataset]
) -> None:
    data, sgd = make_dataset(), {"optimizer": "sgd", "learning_rate": 0.5, "momentum": 0.0}
    recipe, plain = (recipe_of(Linear(), ema_decay=each, **sgd) for each in (decay, 0.0))
    order = batch_order(0, len(data), 7, 0, 8)
    found, _ = period(recipe, data, order, 8, first=first)
    expected: Any = np.full((20, 10), 0.1)
    for step in range(8):
        after, _ = period(plain, data, order, step + 1, first=first)
        assert after.average is None
        assert after.to_use is after.params
        kept = min(decay, (1 + first + step) / (10 + first + step))
        expected = kept * expected + (1 - kept) * np.float64(after.params["output"]["kernel"])
    np.testing.assert_allclose(found.to_use["output"]["kernel"], expected, rtol=1e-5)
    np.testing.assert_allclose(found.params["output"]["kernel"], after.params["output"]["kernel"], rtol=1e-6)
    assert np.abs(found.to_use["output"]["kernel"] - found.params["output"]["kernel"]).max() > 1e-3
    assert found.to_use is found.average


@pytest.mark.parametrize("steps", [1, 5])
def test_rows_after_the_last_step_do_nothing(steps: int, make_dataset: Callable[..., Dataset]) -> None:
    data, recipe = make_dataset(), recipe_of(MLP((6,), dropout=0.3), ema_decay=0.9)
    padded = batch_order(0, len(data), 7, 0, 8)
    padded[steps:] = padded[steps:, ::-1] // 2
    exact = period(recipe, data, padded[:steps], steps)
    found = period(recipe, data, padded, steps)
    for one, other in zip(jax.tree.leaves(exact[0]), jax.tree.leaves(found[0]), strict=True):
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(found[1][:steps], exact[1])
    assert not found[1][steps:].any()


@pytest.mark.parametrize(
    ("rate", "settings_of_chance"),
    [(0.5, {}), (0.0, {"augmentation": {"shift": 5}})],
    ids=["dropout", "augmentation"],
)
def test_the_number_of_a_step_decides_what_it_draws(
    rate: float, settings_of_chance: dict[str, Any], make_dataset: Callable[..., Dataset]
) -> None:
    # So small a rate leaves the weights as they are: the losses differ by what was drawn alone.
    data = make_dataset()
    recipe = recipe_of(MLP((6,), dropout=rate), learning_rate=1e-30, **settings_of_chance)
    order = np.tile(np.arange(20, dtype=np.int32), (4, 1))

    def begin(recipe: Recipe, image_shape: tuple[int, int]) -> Weights:
        weights: Weights = initial_weights(recipe, np.uint32(3), image_shape)
        return weights

    _, losses = period(recipe, data, order, 4, begin=begin)
    _, later = period(recipe, data, order, 4, first=2, begin=begin)
    np.testing.assert_array_equal(later[:2], losses[2:])
    assert len(set(losses.tolist())) == 4


def test_equal_settings_make_equal_recipes_and_any_other_setting_another() -> None:
    each_other: list[dict[str, Any]] = [
        {},
        {"label_smoothing": 0.1},
        {"ema_decay": 0.9},
        {"augmentation": {"shift": 1}},
        {"learning_rate": 0.1},
        {"schedule": "one-cycle"},
    ]
    recipes = [recipe_of(Linear(), **each) for each in each_other]
    again = [recipe_of(Linear(), seed=3, periods=2, **each) for each in each_other]
    assert recipes == again
    assert [hash(recipe) for recipe in recipes] == [hash(recipe) for recipe in again]
    assert not any(one == other for one, other in itertools.combinations(recipes, 2))
