"""Templates against the closed form, and first answers against a model cut after its first layer."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from digitlab.data import Dataset, Split
from digitlab.errors import ConfigError
from digitlab.insight import class_templates, exciting_digits, first_answers
from digitlab.models import MLP, Conv, Linear, Model, Params, predict_logits, shapes_of

from .conftest import SHAPE

Weigh = Callable[..., Params]
Trained = dict[str, tuple[Model, Params]]


def test_gradient_ascent_on_the_linear_model_ends_where_the_formula_does(weigh: Weigh) -> None:
    """The best x of w·x - l2 / 2 |x|² in [0, 1] is w / l2, cut to [0, 1]."""
    model = Linear()
    params = weigh(model)
    kernel = np.asarray(params["output"]["kernel"], np.float64)
    others = (kernel.sum(axis=1, keepdims=True) - kernel) / 9
    exact = np.clip((kernel - others) / 0.5, 0, 1).T.reshape(10, *SHAPE)
    found = class_templates(model, params, SHAPE, l2=0.5, variation=0, reach=0)
    assert found.weights is not None
    np.testing.assert_array_equal(found.weights, kernel.T.reshape(10, *SHAPE))
    np.testing.assert_allclose(found.pixels / 255, exact, atol=0.01)


@pytest.mark.parametrize("name", ["linear", "mlp", "conv"])
def test_templates_are_read_as_their_own_digit(name: str, trained: Trained) -> None:
    model, params = trained[name]
    found = class_templates(model, params, (8, 8))
    assert found.pixels.shape == (10, 8, 8)
    assert found.pixels.dtype == np.uint8
    assert (found.probabilities.argmax(axis=1) == np.arange(10)).all()
    assert (found.weights is None) == (name != "linear")
    assert "reads 10 of its 10 templates as their own digit" in found.sentence
    again = class_templates(model, params, (8, 8))
    np.testing.assert_array_equal(found.pixels, again.pixels)


def test_variation_and_ink_cost(trained: Trained) -> None:
    model, params = trained["mlp"]
    plain = class_templates(model, params, (8, 8), l2=0.01, variation=0).pixels.astype(float)
    smooth = class_templates(model, params, (8, 8), l2=0.01, variation=0.3).pixels.astype(float)
    pale = class_templates(model, params, (8, 8), l2=3, variation=0).pixels.astype(float)
    assert np.abs(np.diff(smooth)).mean() < 0.8 * np.abs(np.diff(plain)).mean()
    assert pale.mean() < 0.8 * plain.mean()


def whole_first_layer(model: Model, params: Params, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return all that leaves the first layer, by a model that ends in an output that repeats it."""
    if isinstance(model, Conv):
        layer = params["conv_1"]
        filters = layer["kernel"].shape[-1]
        probe: Model = Conv((filters,))
        size = shapes_of(probe, (pixels.shape[1], pixels.shape[2]))["output"]["kernel"].shape[0]
        name = "conv_1"
    else:
        name, layer = "hidden_1", params["hidden_1"]
        size = filters = layer["kernel"].shape[-1]
        probe = MLP((size,))
    output = {"kernel": np.eye(size, dtype=np.float32), "bias": np.zeros(size, np.float32)}
    answers = predict_logits(probe, {name: layer, "output": output}, pixels)  # type: ignore[dict-item]
    return answers.reshape(len(pixels), -1, filters)


@pytest.mark.parametrize("model", [MLP((7, 5)), Conv((3, 4)), Conv((2,), hidden_units=(4,))], ids=repr)
def test_first_answers_are_those_of_the_model(
    model: Model, weigh: Weigh, make_dataset: Callable[..., Dataset]
) -> None:
    pixels, params = make_dataset(37, SHAPE).pixels, weigh(model)
    expected = whole_first_layer(model, params, pixels).max(axis=1)
    np.testing.assert_allclose(first_answers(model, params, pixels), expected, atol=1e-5)


def test_the_linear_model_answers_with_its_logits(weigh: Weigh, make_dataset: Callable[..., Dataset]) -> None:
    model, pixels = Linear(), make_dataset(20, SHAPE).pixels
    params = weigh(model)
    logits = predict_logits(model, params, pixels)
    np.testing.assert_allclose(first_answers(model, params, pixels), logits, atol=1e-5)


def test_the_digits_that_excite_a_unit_most(trained: Trained, digits_split: Split) -> None:
    model, params = trained["mlp"]
    training = digits_split.training
    answers = first_answers(model, params, training.pixels)[:, 5]
    found = exciting_digits(model, params, training.pixels, training.labels, 5, count=12)
    assert found.answers.tolist() == sorted(answers.tolist(), reverse=True)[:12]
    np.testing.assert_array_equal(answers[found.indices], found.answers)
    np.testing.assert_array_equal(training.labels[found.indices], found.labels)
    commonest = np.bincount(found.labels).argmax()
    assert found.sentence.startswith(
        f"Unit 5 answers most to {(found.labels == commonest).sum()} x {commonest}"
    )
    assert f"silent at {100 * np.mean(answers <= 0):.0f} % of them" in found.sentence
    with pytest.raises(ConfigError, match=r"units 0 to 39.*found unit 40 and 20 digits"):
        exciting_digits(model, params, training.pixels, training.labels, 40)
