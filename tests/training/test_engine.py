"""The compiled period, the optimizers and the order of the batches, against NumPy."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.evaluation import log_loss
from digitlab.models import MLP, Linear
from digitlab.training import TrainingConfig
from digitlab.training.engine import (
    Weights,
    batch_loss,
    batch_order,
    clip_each_by_norm,
    make_optimizer,
    run_period,
)

KEY = jax.random.key(3)
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
    params = model.init(KEY, (5, 4))
    labels = jnp.asarray(data.labels, dtype=jnp.int32)
    loss = batch_loss(params, model, jnp.asarray(data.pixels), labels, KEY)
    assert float(loss) == pytest.approx(
        log_loss(model.apply(params, jnp.asarray(data.pixels)), data.labels), rel=1e-6
    )


def test_exercise_fault_2_the_training_loss_stays_finite_where_a_probability_is_zero() -> None:
    model, pixels = Linear(), jnp.full((2, 5, 4), 255, jnp.uint8)
    params = {"output": {"kernel": jnp.zeros((20, 10)), "bias": jnp.zeros(10).at[0].set(500.0)}}
    labels = jnp.array([1, 2], jnp.int32)
    loss, gradient = jax.value_and_grad(batch_loss)(params, model, pixels, labels, KEY)
    assert float(loss) == 500
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


def test_the_gradient_is_that_of_finite_differences(make_dataset: Callable[..., Dataset]) -> None:
    data, model = make_dataset(12), MLP((6, 5))
    params = jax.tree.map(lambda leaf: leaf + 0.1, model.init(KEY, (5, 4)))
    labels = jnp.asarray(data.labels, dtype=jnp.int32)
    gradient = jax.grad(batch_loss)(params, model, jnp.asarray(data.pixels), labels, KEY)

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


def adamw_cosine(
    step: int, value: NDArray[np.float64], gradient: NDArray[np.float64], memory: dict[str, Any]
) -> Any:
    """Loshchilov and Hutter 2019, with a cosine from 0.02 over 12 steps and decay 0.1 on kernels."""
    rate = 0.02 * (1 + np.cos(np.pi * (step - 1) / 12)) / 2
    moved = adam(step, value, gradient, memory) - value
    return value + rate * (moved / 0.02 - (0.1 * value if value.ndim > 1 else 0))


@pytest.mark.parametrize(
    ("config", "update"),
    [
        (TrainingConfig(12, 1, 7, 0.1, "sgd", momentum=0.8, weight_decay=0.01), sgd),
        (TrainingConfig(12, 1, 7, 0.02, "adam"), adam),
        (TrainingConfig(12, 1, 7, 0.02, "adamw", "cosine", weight_decay=0.1), adamw_cosine),
    ],
    ids=["sgd", "adam", "adamw-cosine"],
)
def test_a_period_is_the_formula_step_by_step(
    config: TrainingConfig, update: Update, make_dataset: Callable[..., Dataset]
) -> None:
    data, model = make_dataset(), Linear()
    params = jax.tree.map(lambda leaf: leaf + 0.1, model.init(KEY, (5, 4)))
    order = batch_order(0, len(data), 7, 0, 12)
    optimizer = make_optimizer(config)
    found, losses = run_period(
        model,
        optimizer,
        Weights(params, optimizer.init(params)),
        jnp.asarray(data.pixels),
        jnp.asarray(data.labels, dtype=jnp.int32),
        order,
        np.int32(0),
        KEY,
    )
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
