"""Units taken out: as in NumPy, the same by every way, and gone without a trace."""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from numpy.typing import NDArray

from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.insight import Out, hidden_layers, remove_units, silence
from digitlab.insight.silencing import Probe
from digitlab.models import MLP, Conv, Linear, Model, Params, count_parameters, predict_logits, shapes_of

SHAPE = (8, 8)
MODELS: list[Model] = [MLP((6, 5)), MLP((4,)), Conv((4, 3)), Conv((3,), (6,)), Conv((3, 4), (5, 4))]
IMAGES = np.random.default_rng(0).integers(0, 256, (20, *SHAPE)).astype(np.uint8)


def weights(model: Model, seed: int = 0) -> Params:
    """Return weights of which none is zero, with biases that let units speak."""
    generator = np.random.default_rng(seed)
    drawn = jax.tree.map(lambda leaf: generator.normal(size=leaf.shape), shapes_of(model, SHAPE))
    params: Params = jax.tree.map(
        lambda leaf: jax.numpy.asarray((leaf / 3 if leaf.ndim > 1 else 1 + abs(leaf)).astype(np.float32)),
        drawn,
    )
    return params


def by_numpy(model: Model, params: Params, taken: Out) -> NDArray[np.float64]:
    """Return the logits where one unit of an MLP answers `slope` times what another one does."""
    values: Any = IMAGES.reshape(len(IMAGES), -1) / 255
    for name in model.layer_names:
        values = values @ np.float64(params[name]["kernel"]) + np.float64(params[name]["bias"])
        if name != "output":
            values = np.maximum(values, 0)
        if name == taken.layer:
            values[:, taken.unit] = taken.slope * values[:, taken.twin]
    return np.asarray(values)


@pytest.mark.parametrize("model", [Linear(), *MODELS], ids=repr)
def test_a_model_is_its_layers_in_turn(model: Model) -> None:
    params = weights(model)
    assert model.layer_names == sorted(params, key=model.layer_names.index)
    logits = predict_logits(model, params, IMAGES)
    for place in (np.asarray, jax.numpy.asarray):
        answers: Any = place(IMAGES)
        for name in model.layer_names:
            answers = model.apply_layer(jax.tree.map(place, params), name, answers)
            assert answers.shape[-1] == len(params[name]["bias"])
        np.testing.assert_allclose(answers, logits, rtol=1e-4, atol=1e-4 * np.abs(logits).max())


@pytest.mark.parametrize("slope", [0.0, 0.7])
@pytest.mark.parametrize("layer", ["hidden_1", "hidden_2"])
def test_a_unit_taken_out_is_that_of_numpy(layer: str, slope: float) -> None:
    model = MODELS[0]
    params, taken = weights(model), Out(layer, 2, twin=4, slope=slope)
    expected = by_numpy(model, params, taken)
    np.testing.assert_allclose(
        predict_logits(model, silence(model, params, [taken]), IMAGES), expected, atol=1e-4
    )
    probe = Probe(model, params, IMAGES)
    np.testing.assert_allclose(probe.logits_without(probe.answers(layer), taken), expected, atol=1e-3)
    assert not np.allclose(expected, predict_logits(model, params, IMAGES), atol=1e-3)


@settings(max_examples=12)
@given(st.sampled_from(MODELS), st.data())
def test_silenced_probed_and_removed_units_leave_the_same_logits(model: Model, data: st.DataObject) -> None:
    params = weights(model, data.draw(st.integers(0, 99)))
    taken = []
    for layer in hidden_layers(model):
        units = len(params[layer]["bias"])
        gone = data.draw(st.sets(st.integers(0, units - 1), max_size=units - 1))
        kept = min(set(range(units)) - gone)
        slope = data.draw(st.sampled_from([0.0, 0.5]))
        taken += [Out(layer, unit, kept, slope) for unit in gone]
    logits = predict_logits(model, silence(model, params, taken), IMAGES)
    smaller, left = remove_units(model, params, taken)
    assert jax.tree.map(np.shape, left) == jax.tree.map(np.shape, shapes_of(smaller, SHAPE))
    assert (count_parameters(left) < count_parameters(params)) == bool(taken)
    tolerance = {"rtol": 1e-4, "atol": 1e-4 * np.abs(logits).max()}
    np.testing.assert_allclose(predict_logits(smaller, left, IMAGES), logits, **tolerance)
    if len(taken) == 1:
        probe = Probe(model, params, IMAGES)
        probed = probe.logits_without(probe.answers(taken[0].layer), taken[0])
        np.testing.assert_allclose(probed, logits, **tolerance)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_one_of_two_duplicates_can_go_unnoticed(model: Model) -> None:
    layer = hidden_layers(model)[0]
    params = weights(model)
    params[layer] = {part: array.at[..., 1].set(array[..., 0]) for part, array in params[layer].items()}
    smaller, left = remove_units(model, params, [Out(layer, 1, twin=0, slope=1.0)])
    logits = predict_logits(model, params, IMAGES)
    close = {"rtol": 1e-4, "atol": 1e-4 * np.abs(logits).max()}
    np.testing.assert_allclose(predict_logits(smaller, left, IMAGES), logits, **close)


def test_nothing_is_changed_in_place(make_dataset: Callable[..., Dataset]) -> None:
    model = MODELS[0]
    params = weights(model)
    before = jax.tree.map(np.array, params)
    remove_units(model, params, [Out("hidden_1", 0), Out("hidden_2", 1)])
    assert jax.tree.all(jax.tree.map(lambda a, b: bool((a == b).all()), params, before))


def test_what_cannot_be_taken_out_is_told() -> None:
    model = MODELS[0]
    params = weights(model)
    with pytest.raises(ConfigError, match="no hidden layer 'output': the model's are hidden_1, hidden_2"):
        silence(model, params, [Out("output", 0)])
    with pytest.raises(ConfigError, match="no unit 6 in hidden_1: its units are"):
        silence(model, params, [Out("hidden_1", 6)])
    with pytest.raises(ConfigError, match="no unit -1 in hidden_1"):
        silence(model, params, [Out("hidden_1", 1, twin=-1)])
    with pytest.raises(ConfigError, match="No unit would be left in hidden_2"):
        remove_units(model, params, [Out("hidden_2", unit) for unit in range(5)])
    with pytest.raises(ConfigError, match="linear has no hidden units"):
        hidden_layers(Linear())
