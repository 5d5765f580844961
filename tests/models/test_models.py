"""The models against formulas written in NumPy."""

import json
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.models import (
    MLP,
    MODELS,
    Conv,
    Linear,
    Model,
    count_parameters,
    describe_model,
    first_layer,
    make_model,
    predict_logits,
    shapes_of,
)
from digitlab.models.base import FEW, dropout, relu

# What is the same bit for bit is so as users compile it.
pytestmark = pytest.mark.optimized

KEY = jax.random.key(7)
ALL_MODELS: list[Model] = [Linear(), MLP(), MLP((7,), dropout=0.5), MLP((6, 5, 4))]


def numpy_logits(params: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the logits of a stack of layers in float64."""
    values = pixels.reshape(len(pixels), -1).astype(np.float64) / 255
    for name in sorted(set(params) - {"output"}, key=lambda name: int(name.split("_")[1])):
        values = np.maximum(values @ np.float64(params[name]["kernel"]) + np.float64(params[name]["bias"]), 0)
    return np.asarray(values @ np.float64(params["output"]["kernel"]) + np.float64(params["output"]["bias"]))


def randomised(params: Any) -> Any:
    """Return weights of the same shapes, none of them zero."""
    generator = np.random.default_rng(7)
    return jax.tree.map(lambda leaf: jnp.asarray(generator.normal(0, 0.25, leaf.shape), jnp.float32), params)


@pytest.mark.parametrize("model", ALL_MODELS, ids=repr)
def test_apply_is_the_formula(model: Model, make_dataset: Callable[..., Dataset]) -> None:
    pixels = make_dataset(23).pixels
    params = randomised(shapes_of(model, (5, 4)))
    expected = numpy_logits(params, pixels)
    np.testing.assert_allclose(jax.jit(model.apply)(params, jnp.asarray(pixels)), expected, atol=2e-5)
    for count in (FEW, len(pixels)):
        logits = predict_logits(model, params, pixels[:count])
        assert type(logits) is np.ndarray
        assert logits.dtype == np.float32
        np.testing.assert_allclose(logits, expected[:count], atol=2e-5)


@pytest.mark.parametrize("model", [*ALL_MODELS, Conv(), Conv((4,), (7, 5), 0.25)], ids=repr)
def test_a_model_is_a_frozen_hashable_protocol_member(model: Model) -> None:
    assert isinstance(model, Model)
    assert hash(model) == hash(make_model(**describe_model(model)))
    assert make_model(**describe_model(model)) == model
    assert make_model(**json.loads(json.dumps(describe_model(model)))) == model
    with pytest.raises(AttributeError, match="cannot assign"):
        model.classes = 3  # type: ignore[misc]


@pytest.mark.parametrize("n", [1, 2, FEW, FEW + 1, 2047, 2048, 2049, 5000])
def test_predict_logits_counts_every_image(n: int, make_dataset: Callable[..., Dataset]) -> None:
    model, pixels = MLP((9,)), make_dataset(n).pixels
    params = randomised(shapes_of(model, (5, 4)))
    logits = predict_logits(model, params, pixels)
    assert logits.shape == (n, 10)
    np.testing.assert_allclose(logits, numpy_logits(params, pixels), atol=2e-5)


def test_predict_logits_of_nothing_is_nothing() -> None:
    model = Linear()
    assert predict_logits(model, model.init(KEY, (5, 4)), np.zeros((0, 5, 4), np.uint8)).shape == (0, 10)


@pytest.mark.parametrize("model", [Linear(), MLP((7,)), Conv((3,))], ids=repr)
def test_weights_that_overflow_give_what_compiled_code_gives_and_no_warning(
    model: Model, make_dataset: Callable[..., Dataset]
) -> None:
    pixels = make_dataset(FEW + 1, (8, 8)).pixels
    params = jax.tree.map(lambda leaf: jnp.full(leaf.shape, 1e38), shapes_of(model, (8, 8)))
    many = predict_logits(model, params, pixels)
    assert np.isinf(many).any()
    np.testing.assert_array_equal(predict_logits(model, params, pixels[:FEW]), many[:FEW])


def test_relu_hides_no_nan() -> None:
    numbers = np.array([-1, 0, 2, np.nan], np.float32)
    for found in (relu(jnp.asarray(numbers)), relu(numbers)):  # type: ignore[arg-type]
        np.testing.assert_array_equal(found, [0, 0, 2, np.nan])


def test_the_linear_model_begins_undecided(make_dataset: Callable[..., Dataset]) -> None:
    model = Linear()
    params = model.init(KEY, (5, 4))
    assert not predict_logits(model, params, make_dataset(5).pixels).any()
    assert count_parameters(params) == 5 * 4 * 10 + 10
    assert first_layer(params) == "output"


def test_the_network_has_the_layers_and_the_scale_it_should() -> None:
    params = MLP((300, 200)).init(KEY, (28, 28))
    assert list(params) == ["hidden_1", "hidden_2", "output"]
    assert [params[name]["kernel"].shape for name in params] == [(784, 300), (300, 200), (200, 10)]
    assert first_layer(params) == "hidden_1"
    deviations = [float(jnp.std(params[name]["kernel"])) for name in params]
    np.testing.assert_allclose(deviations, np.sqrt([2 / 784, 2 / 300, 1 / 200]), rtol=0.05)
    assert not any(params[name]["bias"].any() for name in params)


def test_different_keys_give_different_weights() -> None:
    first, second = (MLP().init(jax.random.key(seed), (8, 8))["hidden_1"]["kernel"] for seed in (0, 1))
    assert (np.asarray(first) != np.asarray(second)).any()


def test_no_layer_begins_with_another_layers_numbers() -> None:
    params = MLP((20, 20)).init(KEY, (5, 4))
    drawn = np.concatenate([np.ravel(layer["kernel"] / layer["kernel"].std()) for layer in params.values()])
    assert len(np.unique(drawn.round(5))) > 0.99 * len(drawn)


def test_training_without_dropout_is_inference(make_dataset: Callable[..., Dataset]) -> None:
    pixels = jnp.asarray(make_dataset(5).pixels)
    for model in (Linear(), MLP((6,))):
        params = randomised(shapes_of(model, (5, 4)))
        apply, apply_train = jax.jit(model.apply), jax.jit(model.apply_train)
        np.testing.assert_array_equal(apply(params, pixels), apply_train(params, pixels, key=KEY))


def test_exercise_fault_3_dropout_is_off_unless_training(make_dataset: Callable[..., Dataset]) -> None:
    model, pixels = MLP((50,), dropout=0.5), make_dataset(8).pixels
    params = randomised(shapes_of(model, (5, 4)))
    once, twice = (predict_logits(model, params, pixels) for _ in range(2))
    np.testing.assert_array_equal(once, twice)
    np.testing.assert_array_equal(once, predict_logits(MLP((50,), dropout=0.0), params, pixels))
    apply_train = jax.jit(model.apply_train)
    trained = [apply_train(params, jnp.asarray(pixels), key=jax.random.key(seed)) for seed in (0, 1)]
    assert not np.allclose(trained[0], trained[1])


@settings(max_examples=20)
@given(rate=st.floats(0.05, 0.9), seed=st.integers(0, 2**31))
def test_dropout_silences_its_share_and_keeps_the_mean(rate: float, seed: int) -> None:
    kept = np.asarray(dropout(jnp.ones((200, 200)), rate, jax.random.key(seed)))
    rounded = round(rate * 256) / 256
    assert abs((kept == 0).mean() - rounded) < 0.015
    np.testing.assert_allclose(kept[kept > 0], 1 / (1 - rounded), rtol=1e-6)
    assert abs(kept.mean() - 1) < 0.05 / (1 - rate)


@pytest.mark.parametrize(
    ("rate", "silenced"), [(0.001, 1 / 256), (0.002, 1 / 256), (0.5, 0.5), (0.9999, 255 / 256)]
)
def test_dropout_is_rounded_to_256ths_but_not_to_none_or_all(rate: float, silenced: float) -> None:
    kept = np.asarray(dropout(jnp.ones((500, 2000)), rate, KEY))
    assert abs((kept == 0).mean() - silenced) < 0.003
    np.testing.assert_allclose(kept[kept > 0], 1 / (1 - silenced), rtol=1e-6)


def test_exercise_fault_5_the_callers_list_stays_as_it_was() -> None:
    hidden_units = [12, 11]
    model = MLP(hidden_units)
    model.init(KEY, (8, 8))
    assert hidden_units == [12, 11]
    hidden_units.append(10)
    assert model.hidden_units == (12, 11)


@pytest.mark.parametrize("units", [[], [0], [5, -1], [2.5], 100, "100", None])
def test_hidden_units_out_of_range(units: Any) -> None:
    with pytest.raises(ConfigError, match="one or more positive whole numbers"):
        MLP(units)


@pytest.mark.parametrize("rate", [-0.1, 1.0, 2.0, float("nan"), "half", None])
def test_dropout_out_of_range(rate: Any) -> None:
    with pytest.raises(ConfigError, match=r"dropout is the share of units to silence, in \[0, 1\)"):
        MLP(dropout=rate)


def test_an_unknown_model_is_named_with_the_nearest() -> None:
    with pytest.raises(
        ConfigError, match=r"no model 'mpl': the models are linear, mlp, conv\. Did you mean mlp\?"
    ):
        make_model("mpl")


def test_an_unknown_setting_is_named() -> None:
    with pytest.raises(ConfigError, match="linear has no setting hidden_units"):
        make_model("linear", hidden_units=(3,))


def test_the_registry_names_each_model_by_its_own_name() -> None:
    assert all(name == model.name for name, model in MODELS.items())
