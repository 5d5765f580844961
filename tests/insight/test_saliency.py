"""The three maps against exact answers, finite differences and brute force."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from digitlab.data import Split
from digitlab.errors import ConfigError
from digitlab.insight import (
    Agreement,
    agreement_in_sign,
    explain,
    gradient_times_input,
    integrated_gradients,
    occlusion,
    regions,
    usual_window,
)
from digitlab.insight.saliency import Occlusion
from digitlab.models import Linear, Model, Params, predict_logits

from .conftest import MODELS, SHAPE

Weigh = Callable[..., Params]
Pixels = NDArray[np.uint8]
Trained = dict[str, tuple[Model, Params]]


def score(model: Model, params: Params, pixels: Any, target: int, rival: int | None = None) -> float:
    logits = predict_logits(model, params, pixels[None])[0].astype(np.float64)
    return float(logits[target] - (0 if rival is None else logits[rival]))


def test_for_the_linear_model_all_three_are_weight_times_ink(weigh: Weigh, picture: Pixels) -> None:
    model = Linear()
    params = weigh(model)
    kernel = np.asarray(params["output"]["kernel"], np.float64)
    exact = (kernel[:, 4] - kernel[:, 9]).reshape(SHAPE) * picture / 255
    gradient = gradient_times_input(model, params, picture, 4, rival=9)
    np.testing.assert_allclose(gradient, exact, atol=1e-6)
    one_step = integrated_gradients(model, params, picture, 4, rival=9, steps=1)
    np.testing.assert_allclose(one_step.values, exact, atol=1e-6)
    assert one_step.steps == 1
    assert one_step.error < 1e-5
    pixel_by_pixel = occlusion(model, params, picture, 4, rival=9, window=1)
    np.testing.assert_allclose(pixel_by_pixel.values, exact, atol=1e-5)
    wide = occlusion(model, params, picture, 4, rival=9, window=3)
    np.testing.assert_allclose(wide.falls, wide.sums_of(exact), atol=1e-5)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_gradient_is_what_finite_differences_give(model: Model, weigh: Weigh, picture: Pixels) -> None:
    params = weigh(model)
    slopes = gradient_times_input(model, params, picture, 2) / np.maximum(picture, 1)
    for row, column in [(1, 2), (4, 4), (7, 6), (3, 5)]:
        sides = []
        for change in (-0.25, 0.25):
            moved = picture.astype(np.float32)
            moved[row, column] += change
            sides.append(score(model, params, moved, 2))
        assert slopes[row, column] == pytest.approx((sides[1] - sides[0]) / 0.5, abs=2e-4)


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("rival", [None, 1])
def test_integrated_gradients_are_complete(
    model: Model, rival: int | None, weigh: Weigh, picture: Pixels
) -> None:
    params = weigh(model)
    found = integrated_gradients(model, params, picture, 3, rival=rival)
    gain = score(model, params, picture, 3, rival) - score(model, params, np.zeros_like(picture), 3, rival)
    assert found.gain == pytest.approx(gain, abs=1e-6)
    assert found.values.sum() == pytest.approx(gain, rel=0.01)
    assert found.error < 0.01
    assert not found.values[picture == 0].any()


def test_the_steps_are_doubled_until_they_are_enough(weigh: Weigh, picture: Pixels) -> None:
    model = MODELS[1]
    params = weigh(model)
    exact = integrated_gradients(model, params, picture, 3, tolerance=1e-4)
    rough = integrated_gradients(model, params, picture, 3, steps=1, tolerance=math.inf)
    assert (rough.steps, rough.error > 1e-4) == (1, True)
    finer = integrated_gradients(model, params, picture, 3, steps=1, tolerance=1e-2)
    assert finer.error < 1e-2
    assert finer.steps in (2**power for power in range(1, 12))
    assert f"off by {100 * exact.error:.2g} %, in {exact.steps} steps." in exact.sentence


def test_blank_paper_has_nothing_to_say(weigh: Weigh) -> None:
    model = MODELS[2]
    found = explain(model, weigh(model), np.zeros(SHAPE, np.uint8))
    assert all(not maps.pictures.any() for maps in found.maps)
    assert found.between.integrated.error == 0
    assert "No ink speaks" in found.between.sentence


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_occlusion_is_what_painting_each_window_gives(model: Model, weigh: Weigh, picture: Pixels) -> None:
    params = weigh(model)
    found = occlusion(model, params, picture, 5, rival=0, window=3, stride=2)
    assert found.tops.tolist() == [0, 2, 4, 6]
    assert found.lefts.tolist() == [0, 2, 4, 5]
    shares, covered = np.zeros(SHAPE), np.zeros(SHAPE)
    for row, top in enumerate(found.tops):
        for column, left in enumerate(found.lefts):
            painted = picture.copy()
            painted[top : top + 3, left : left + 3] = 0
            fall = score(model, params, picture, 5, 0) - score(model, params, painted, 5, 0)
            assert found.falls[row, column] == pytest.approx(fall, abs=2e-5)
            shares[top : top + 3, left : left + 3] += fall / 9
            covered[top : top + 3, left : left + 3] += 1
    np.testing.assert_allclose(found.values, shares / covered, atol=2e-5)


@given(side=st.integers(2, 12), window=st.integers(1, 12), stride=st.integers(1, 5), seed=st.integers(0, 99))
def test_windows_cover_the_picture_and_spreading_keeps_constants(
    side: int, window: int, stride: int, seed: int
) -> None:
    window = min(window, side)
    from digitlab.insight.saliency import _starts

    starts = _starts(side, window, stride)
    assert starts[0] == 0
    assert starts[-1] == side - window
    assert (np.diff(starts) > 0).all()
    if stride <= window:
        covered = {pixel for start in starts for pixel in range(start, start + window)}
        assert covered == set(range(side))
    falls = np.full((len(starts), len(starts)), float(seed))
    values = Occlusion(falls, starts, starts, window, (side, side)).values
    assert set(np.unique(values.round(9))) <= {0.0, round(seed / window**2, 9)}


def test_a_window_is_as_wide_as_a_stroke() -> None:
    assert [usual_window((side, side + 3)) for side in (28, 8, 2, 1)] == [4, 2, 2, 1]


def test_agreement_counts_only_where_both_are_large() -> None:
    a = np.array([4.0, -4, 1, 0, 0, 0.5])
    b = np.array([5.0, 5, 9, 0, 0, 0.1])
    assert agreement_in_sign(a, b, part=0.5) == Agreement(1, 0, 0, 1)
    assert agreement_in_sign(a, -a, part=0.5) == Agreement(0, 0, 1, 1)
    assert agreement_in_sign(a, a, part=1) == Agreement(3, 1, 0, 0)
    assert agreement_in_sign(np.zeros(4), np.zeros(4)) == Agreement(0, 0, 0, 0)
    found = Agreement(5, 3, 2, 1)
    assert (found.agree, found.both) == (8, 11)


@pytest.mark.parametrize("name", ["linear", "mlp", "conv"])
def test_occlusion_and_gradient_agree_where_both_are_large(
    name: str, trained: Trained, digits_split: Split
) -> None:
    model, params = trained[name]
    agree = both = 0
    for pixels, label in zip(
        digits_split.validation.pixels[:40], digits_split.validation.labels[:40], strict=True
    ):
        falls = occlusion(model, params, pixels, int(label))
        sums = falls.sums_of(gradient_times_input(model, params, pixels, int(label)))
        found = agreement_in_sign(falls.falls, sums)
        agree, both = agree + found.agree, both + found.both
    assert both > 100
    assert agree / both > (0.99 if name == "linear" else 0.9)


def test_what_is_explained(trained: Trained, digits_split: Split) -> None:
    model, params = trained["mlp"]
    validation = digits_split.validation
    read = predict_logits(model, params, validation.pixels).argmax(axis=1)
    wrong, right = np.flatnonzero(read != validation.labels)[0], np.flatnonzero(read == validation.labels)[0]
    missed = explain(model, params, validation.pixels[wrong], label=int(validation.labels[wrong]))
    assert (missed.between.target, missed.between.rival) == (read[wrong], validation.labels[wrong])
    assert f"{validation.labels[wrong]} (" in missed.sentence
    assert "it is" in missed.sentence
    found = explain(model, params, validation.pixels[right], label=int(validation.labels[right]))
    order = np.argsort(-found.probabilities)
    assert (found.between.target, found.between.rival) == (order[0], order[1])
    assert found.sentence.endswith("that is right.")
    asked = explain(model, params, validation.pixels[right], target=int(order[4]))
    assert (asked.between.target, asked.between.rival) == (order[4], order[0])
    difference = found.of_target.gradient - found.of_rival.gradient
    np.testing.assert_allclose(found.between.gradient, difference, atol=1e-4)
    assert found.probabilities.sum() == pytest.approx(1)


def test_where_the_evidence_lies() -> None:
    values = np.zeros((9, 9))
    values[1, 8], values[8, 4], values[4, 4] = 2.0, -3.0, 1.0
    parts = {part.name: (part.speaks_for, part.speaks_against) for part in regions(values)}
    assert {name: sums for name, sums in parts.items() if any(sums)} == {
        "top right": (2, 0),
        "bottom": (0, -3),
        "middle": (1, 0),
    }
    assert len(parts) == 9


def test_the_sentence_says_the_strongest_parts(trained: Trained, digits_split: Split) -> None:
    model, params = trained["conv"]
    maps = explain(model, params, digits_split.validation.pixels[3]).between
    parts = regions(maps.integrated.values)
    best = max(parts, key=lambda part: part.speaks_for)
    gained = sum(part.speaks_for for part in parts)
    assert maps.sentence.startswith(f"Of the {gained:+.2f} logits that ink speaks")
    assert f"{best.speaks_for:+.2f} lie in the {best.name} part;" in maps.sentence
    found = agreement_in_sign(maps.occluded.falls, maps.occluded.sums_of(maps.gradient))
    assert maps.agreement.startswith(f"Of the {found.both} windows of 2 x 2 pixels")
    assert maps.agreement.endswith(f"agree in sign in {found.agree}.")


def test_what_cannot_be_explained_is_said(weigh: Weigh, picture: Pixels) -> None:
    model = Linear()
    params = weigh(model)
    with pytest.raises(ConfigError, match="There is no digit 10: this model tells 0 to 9 apart"):
        gradient_times_input(model, params, picture, 10)
    with pytest.raises(ConfigError, match="There is no digit -1"):
        occlusion(model, params, picture, 1, rival=-1)
    with pytest.raises(ConfigError, match="steps must be 1 or more; found 0"):
        integrated_gradients(model, params, picture, 1, steps=0)
    with pytest.raises(ConfigError, match=r"from 1 to 8 pixels wide in a picture of 9 x 8.*found 9 and 1"):
        occlusion(model, params, picture, 1, window=9)
