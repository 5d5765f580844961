"""The convolutional network against loops in NumPy, and against JAX's own convolution."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.evaluation import log_loss
from digitlab.models import (
    Conv,
    count_parameters,
    first_kernel,
    first_layer,
    load_model,
    predict_logits,
    save_model,
    shapes_of,
)
from digitlab.models.base import FEW
from digitlab.models.conv import largest, windows
from digitlab.training import TrainingConfig
from digitlab.training.engine import batch_loss, make_recipe

KEY = jax.random.key(7)
Floats = NDArray[Any]

# Windows of 6x6 every 2 pixels and of 3x3 every 1; sides that strides and pools do not divide.
CASES = {
    "28x28": ((28, 28), Conv((3, 4))),
    "8x8": ((8, 8), Conv((5, 3), hidden_units=(6,))),
    "30x17": ((30, 17), Conv((3, 4, 2), hidden_units=(6, 5))),
    "21x30": ((21, 30), Conv((2,), hidden_units=(4,))),
}
every_case = pytest.mark.parametrize(("shape", "model"), CASES.values(), ids=CASES.keys())


def slow_layer(layer: Any, images: Floats, *, stride: int = 1, pool: int = 1) -> Floats:
    """Convolve, add the bias, apply ReLU and pool, in this order and window by window, in float64."""
    kernel, bias = np.asarray(layer["kernel"], np.float64), np.asarray(layer["bias"], np.float64)
    size, filters = len(kernel), len(bias)
    tops, lefts = (range(0, side - size + 1, stride) for side in images.shape[1:3])
    answers = np.zeros((len(images), len(tops), len(lefts), filters))
    for r, top in enumerate(tops):
        for c, left in enumerate(lefts):
            window = images[:, top : top + size, left : left + size]
            answers[:, r, c] = np.maximum(np.einsum("nrci,rcik->nk", window, kernel) + bias, 0)
    height, width = (side // pool for side in answers.shape[1:3])
    pooled = np.zeros((len(images), height, width, filters))
    for r in range(height):
        for c in range(width):
            block = answers[:, r * pool : (r + 1) * pool, c * pool : (c + 1) * pool]
            pooled[:, r, c] = block.max(axis=(1, 2))
    return pooled


def slow_logits(params: Any, pixels: NDArray[np.uint8]) -> Floats:
    """Return the logits of a convolutional network in float64."""
    values = pixels[..., None] / 255
    for name in sorted(name for name in params if name.startswith("conv")):
        first = {"stride": len(params[name]["kernel"]) // 3, "pool": 2} if name == "conv_1" else {}
        values = slow_layer(params[name], values, **first)
    values = values.reshape(len(pixels), -1)
    for name in sorted(name for name in params if name.startswith("hidden")):
        values = np.maximum(values @ np.float64(params[name]["kernel"]) + np.float64(params[name]["bias"]), 0)
    return np.asarray(values @ np.float64(params["output"]["kernel"]) + np.float64(params["output"]["bias"]))


def lax_logits(params: Any, pixels: jax.Array) -> jax.Array:
    """Return the logits by XLA's own convolution and pooling."""
    values = pixels.astype(jnp.float32)[..., None] / 255
    for name in sorted(name for name in params if name.startswith("conv")):
        kernel, bias = params[name]["kernel"], params[name]["bias"]
        stride = len(kernel) // 3 if name == "conv_1" else 1
        values = jax.lax.conv_general_dilated(
            values, kernel, (stride, stride), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        values = jax.nn.relu(values + bias[None, None, None, :])
        if name == "conv_1":
            values = jax.lax.reduce_window(values, -jnp.inf, jax.lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    values = values.reshape(len(pixels), -1)
    for name in sorted(name for name in params if name.startswith("hidden")):
        values = jax.nn.relu(values @ params[name]["kernel"] + params[name]["bias"][None, :])
    logits: jax.Array = values @ params["output"]["kernel"] + params["output"]["bias"][None, :]
    return logits


def weights_of(model: Conv, shape: tuple[int, int], seed: int = 0) -> Any:
    """Return random weights of the model's shapes, none of them zero, of a scale that keeps logits small."""
    generator = np.random.default_rng(seed)

    def draw(leaf: Any) -> jax.Array:
        scale = 1 / np.sqrt(max(1, np.prod(leaf.shape[:-1])))
        return jnp.asarray(scale * generator.normal(size=leaf.shape), jnp.float32)

    return jax.tree.map(draw, shapes_of(model, shape))


@every_case
def test_reading_and_training_both_compute_what_the_slow_loop_does(
    shape: tuple[int, int], model: Conv, make_dataset: Callable[..., Dataset]
) -> None:
    pixels, params = make_dataset(FEW + 1, shape).pixels, weights_of(model, shape)
    expected = slow_logits(params, pixels)
    assert np.abs(expected).max() > 0.1
    for count in (1, FEW, FEW + 1):
        np.testing.assert_allclose(predict_logits(model, params, pixels[:count]), expected[:count], atol=2e-5)
    found = jax.jit(model.apply_train)(params, jnp.asarray(pixels), key=KEY)
    np.testing.assert_allclose(found, expected, atol=2e-5)


@every_case
def test_the_gradient_is_that_of_jaxs_own_convolution(
    shape: tuple[int, int], model: Conv, make_dataset: Callable[..., Dataset]
) -> None:
    data, params = make_dataset(20, shape), weights_of(model, shape)
    pixels, labels = jnp.asarray(data.pixels), jnp.asarray(data.labels, dtype=jnp.int32)

    def loss(params: Any, pixels: jax.Array, labels: jax.Array) -> jax.Array:
        shares = jax.nn.log_softmax(lax_logits(params, pixels))
        return -jnp.mean(jnp.take_along_axis(shares, labels[:, None], axis=1))

    recipe = make_recipe(model, TrainingConfig())
    found = jax.jit(jax.grad(batch_loss), static_argnums=1)(params, recipe, pixels, labels, KEY)
    expected = jax.jit(jax.grad(loss))(params, pixels, labels)
    for name, layer in expected.items():
        for part, gradient in layer.items():
            assert np.abs(gradient).max() > 1e-4
            np.testing.assert_allclose(found[name][part], gradient, rtol=1e-3, atol=1e-6)


def test_the_gradient_is_that_of_finite_differences(make_dataset: Callable[..., Dataset]) -> None:
    data, model = make_dataset(9, (8, 8)), Conv((3, 2), hidden_units=(5,))
    params = weights_of(model, (8, 8))
    recipe, labels = make_recipe(model, TrainingConfig()), jnp.asarray(data.labels, dtype=jnp.int32)
    gradient = jax.jit(jax.grad(batch_loss), static_argnums=1)(
        params, recipe, jnp.asarray(data.pixels), labels, KEY
    )
    doubles = jax.tree.map(lambda leaf: np.array(leaf, np.float64), params)
    for name, layer in doubles.items():
        for part, values in layer.items():
            for index in list(np.ndindex(values.shape))[::5]:
                losses = []
                for shift in (1e-6, -2e-6):
                    values[index] += shift
                    losses.append(log_loss(slow_logits(doubles, data.pixels), data.labels))
                values[index] += 1e-6
                expected = (losses[0] - losses[1]) / 2e-6
                assert float(gradient[name][part][index]) == pytest.approx(expected, abs=2e-5)


@pytest.mark.parametrize(
    ("shape", "size", "stride", "pool"),
    [((2, 7, 6, 1), 3, 1, 2), ((2, 15, 12, 1), 6, 2, 2), ((3, 6, 5, 4), 3, 1, 1), ((1, 11, 9, 2), 2, 3, 2)],
)
def test_windows_are_the_windows_column_by_column_and_blocks_are_pooled(
    shape: tuple[int, ...], size: int, stride: int, pool: int
) -> None:
    images = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    found = np.asarray(jax.jit(windows, static_argnums=(1, 2, 3))(images, size, stride, pool))
    height, width = (((side - size) // stride + 1) // pool for side in shape[1:3])
    assert found.shape == (pool**2, shape[0], height, width, size**2 * shape[3])
    for block, image, row, column in np.ndindex(found.shape[:4]):
        down, right = divmod(block, pool)
        top, left = (row * pool + down) * stride, (column * pool + right) * stride
        window = images[image, top : top + size, left : left + size]
        np.testing.assert_array_equal(found[block, image, row, column], window.swapaxes(0, 1).ravel())


ours = jax.jit(lambda blocks, given: (largest(blocks), jax.vjp(largest, blocks)[1](given)[0]))
jaxs_max = partial(jnp.max, axis=0)
theirs = jax.jit(lambda blocks, given: (jaxs_max(blocks), jax.vjp(jaxs_max, blocks)[1](given)[0]))
few_values = st.integers(-2, 1).map(float)


@pytest.mark.parametrize("blocks", [1, 4, 9])
@settings(max_examples=30)
@given(data=st.data())
def test_the_largest_and_its_gradient_are_jaxs_own_with_ties_too(blocks: int, data: st.DataObject) -> None:
    values = data.draw(hnp.arrays(np.float32, (blocks, 3, 2), elements=few_values))
    gradient = data.draw(hnp.arrays(np.float32, (3, 2), elements=st.floats(-4, 4, width=16)))
    for one, other in zip(ours(values, gradient), theirs(values, gradient), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("n", [1, 5, 2049])
def test_predict_logits_counts_every_image(n: int, make_dataset: Callable[..., Dataset]) -> None:
    model, pixels = Conv((3,)), make_dataset(n, (8, 8)).pixels
    params = weights_of(model, (8, 8))
    logits = predict_logits(model, params, pixels)
    assert logits.shape == (n, 10)
    np.testing.assert_allclose(logits, slow_logits(params, pixels), atol=2e-5)


def test_dropout_is_off_unless_training(make_dataset: Callable[..., Dataset]) -> None:
    pixels = make_dataset(6, (8, 8)).pixels
    silent, plain = (Conv((4,), hidden_units=(5,), dropout=rate) for rate in (0.5, 0.0))
    params = weights_of(plain, (8, 8))
    expected = predict_logits(plain, params, pixels)
    np.testing.assert_array_equal(predict_logits(silent, params, pixels), expected)
    training = jax.jit(silent.apply_train)
    trained = [training(params, jnp.asarray(pixels), key=jax.random.key(seed)) for seed in (0, 1)]
    assert not np.allclose(trained[0], trained[1])


def test_dropout_comes_before_every_dense_layer() -> None:
    # All 27 features are 1 and all kernels 1, so that a hidden unit says how many features were kept.
    rate, model = 0.25, Conv((3,), hidden_units=(6,), dropout=0.25)
    shapes = shapes_of(model, (8, 8))
    params: Any = jax.tree.map(lambda leaf: jnp.zeros(leaf.shape), shapes)
    params["conv_1"]["bias"] = jnp.ones(3)
    params["hidden_1"]["kernel"] = jnp.ones((27, 6))
    params["output"]["kernel"] = jnp.eye(6, 10)
    blank = jnp.zeros((500, 8, 8), jnp.uint8)
    logits = np.asarray(jax.jit(model.apply_train)(params, blank, key=KEY))[:, :6]
    kept = logits[logits > 0] * (1 - rate) ** 2
    assert abs((logits == 0).mean() - rate) < 0.04
    np.testing.assert_allclose(kept, kept.round(), atol=1e-4)
    assert abs(kept.mean() - 27 * (1 - rate)) < 0.5
    assert abs(kept.std() - np.sqrt(27 * rate * (1 - rate))) < 0.3


def test_the_layers_have_the_shapes_and_the_scale_they_should() -> None:
    params = jax.jit(Conv((32, 64), hidden_units=(50,)).init, static_argnums=1)(KEY, (28, 28))
    assert list(params) == ["conv_1", "conv_2", "hidden_1", "output"]
    shapes = [params[name]["kernel"].shape for name in params]
    # 12 windows to a side of 28, 6 after pooling, 4 after the second layer.
    assert shapes == [(6, 6, 1, 32), (3, 3, 32, 64), (4 * 4 * 64, 50), (50, 10)]
    deviations = [float(jnp.std(params[name]["kernel"])) for name in list(params)[:3]]
    np.testing.assert_allclose(deviations, np.sqrt([2 / 36, 2 / (9 * 32), 2 / 1024]), rtol=0.06)
    assert not params["output"]["kernel"].any()
    assert not any(params[name]["bias"].any() for name in params)
    assert first_layer(params) == "conv_1"
    small = shapes_of(Conv(), (8, 8))
    assert [small[name]["kernel"].shape for name in small] == [(3, 3, 1, 32), (3, 3, 32, 64), (64, 10)]
    assert count_parameters(small) == 320 + 9 * 32 * 64 + 64 + 650


@settings(max_examples=60)
@given(
    height=st.integers(1, 60),
    width=st.integers(1, 60),
    channels=st.lists(st.integers(1, 3), min_size=1, max_size=4),
)
def test_any_picture_fits_or_is_said_to_be_too_small(height: int, width: int, channels: list[int]) -> None:
    model, pixels = Conv(channels), np.zeros((2, height, width), np.uint8)
    stride = max(1, round(min(height, width) / 14))
    left = [((side - 3 * stride) // stride + 1) // 2 - 2 * (len(channels) - 1) for side in (height, width)]
    if min(left) >= 1:
        params = shapes_of(model, (height, width))
        assert params["output"]["kernel"].shape == (left[0] * left[1] * channels[-1], 10)
        assert jax.eval_shape(model.apply, params, pixels).shape == (2, 10)
    else:
        with pytest.raises(ConfigError, match=f"A picture of {height}x{width} is too small for"):
            model.init(KEY, (height, width))


@pytest.mark.parametrize("channels", [[], [0], [5, -1], [2.5], [4097], [True]])
def test_channels_out_of_range(channels: list[Any]) -> None:
    with pytest.raises(ConfigError, match="channels must be one or more whole numbers from 1 to 4096, not"):
        Conv(channels)


@pytest.mark.parametrize("units", [[0], [5, -1], [2.5], [4097]])
def test_hidden_units_out_of_range(units: list[Any]) -> None:
    with pytest.raises(
        ConfigError, match="hidden_units must be any number of whole numbers from 1 to 4096, not"
    ):
        Conv(hidden_units=units)


@pytest.mark.parametrize("rate", [-0.1, 1.0, float("nan")])
def test_dropout_out_of_range(rate: float) -> None:
    with pytest.raises(ConfigError, match=r"dropout is the share of units to silence, in \[0, 1\)"):
        Conv(dropout=rate)


def test_the_callers_lists_stay_as_they_were() -> None:
    channels, units = [4, 3], [2]
    model = Conv(channels, units)
    channels.append(1)
    units.append(1)
    assert (model.channels, model.hidden_units) == ((4, 3), (2,))


def test_a_picture_of_a_filter_is_what_it_looks_for() -> None:
    model = Conv((7,))
    params = weights_of(model, (28, 28))
    kernel, shape = first_kernel(params, (28, 28))
    assert (kernel.shape, shape) == ((36, 7), (6, 6))
    for row, column, unit in np.ndindex(6, 6, 7):
        picture = kernel[:, unit].reshape(shape)
        assert picture[row, column] == params["conv_1"]["kernel"][row, column, 0, unit]
    # Of all first windows, the one that is a filter's picture answers that filter with its squared norm.
    params["conv_1"]["bias"] = jnp.zeros(7)
    answer = slow_layer(params["conv_1"], kernel[:, 3].reshape(1, 6, 6, 1).astype(np.float64), stride=2)
    assert answer[0, 0, 0, 3] == pytest.approx(float((kernel[:, 3] ** 2).sum()))


def test_a_file_keeps_the_model_and_its_weights(tmp_path: Path) -> None:
    model = Conv((5, 3), hidden_units=(6,), dropout=0.25)
    params = weights_of(model, (8, 8))
    save_model(tmp_path / "model.safetensors", model, (8, 8), params)
    read_model, shape, read_params = load_model(tmp_path / "model.safetensors")
    assert (read_model, shape) == (model, (8, 8))
    assert {name: set(layer) for name, layer in read_params.items()} == {
        name: {"kernel", "bias"} for name in ("conv_1", "conv_2", "hidden_1", "output")
    }
    for one, other in zip(jax.tree.leaves(params), jax.tree.leaves(read_params), strict=True):
        np.testing.assert_array_equal(one, other)


def test_far_too_many_weights_are_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"would make a layer of 5,\d\d\d,\d\d\d,\d\d\d weights for these pictures"
    ):
        shapes_of(Conv((4096, 4096), hidden_units=(4096,)), (100, 20))
