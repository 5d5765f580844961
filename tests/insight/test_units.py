"""What is said of units: activity and cost against NumPy, verdicts of units whose kind is known."""

from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from units import COPY, DEAD, FAINT, FRESH, SOURCE, plant

from digitlab.data import Split, stratified_split
from digitlab.errors import ConfigError
from digitlab.evaluation import Interval, evaluate, log_loss, losses
from digitlab.insight import (
    Cost,
    LayerUnits,
    Twin,
    Untrained,
    Verdict,
    activity_of,
    choose_units,
    inked_pixels,
    prune,
    study_units,
)
from digitlab.insight.cost import Reading, cost_of, knowledge_share
from digitlab.insight.judging import judge
from digitlab.models import MLP, Conv, Linear, Model, Params, predict_logits
from digitlab.training import TrainingConfig, train

Trained = tuple[Model, Params, Split]


@pytest.fixture(scope="module")
def trained(digits_split: Split) -> Trained:
    """Return a network that has learned the bundled digits."""
    model = MLP((24, 16))
    config = TrainingConfig(steps=600, periods=1, batch_size=32, learning_rate=0.003, seed=1)
    [(_, state)] = train(model, config, digits_split)
    return model, state.params, digits_split


@pytest.fixture(scope="module")
def studied(trained: Trained) -> list[LayerUnits]:
    """Return what is found of its units."""
    return found_in(trained)


def found_in(trained: Trained, *layers: str) -> list[LayerUnits]:
    model, params, split = trained
    inked = inked_pixels(split.training.pixels)
    return study_units(model, params, split.validation, inked=inked, layers=layers)


@pytest.mark.parametrize("shape", [(37, 5), (37, 3, 2, 5)])
def test_activity_is_that_of_numpy_and_blank_images_do_not_count(shape: tuple[int, ...]) -> None:
    answers = np.maximum(np.random.default_rng(0).normal(size=shape), 0).astype(np.float32)
    answers[..., 3] = 0
    blank = np.ones((64 - len(answers), *shape[1:]), np.float32)
    activity = activity_of([answers[:20], np.concatenate([answers[20:], blank])], len(answers))
    rows = answers.reshape(-1, 5).astype(float)
    np.testing.assert_allclose(activity.mean, rows.mean(axis=0))
    by_image = (answers > 0).reshape(37, -1, 5).any(axis=1)
    np.testing.assert_allclose(activity.share, by_image.mean(axis=0))
    live = [0, 1, 2, 4]
    expected = np.corrcoef(rows[:, live].T) - np.eye(4)
    np.testing.assert_allclose(activity.correlations[np.ix_(live, live)], expected, atol=1e-9)
    assert not activity.correlations[3].any()
    expected_slope = np.linalg.lstsq(rows[:, [1]], rows[:, 0], rcond=None)[0][0]
    assert activity.slope(0, 1) == pytest.approx(expected_slope)


def test_a_cost_is_what_evaluation_says_before_and_after() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 10, 300).astype(np.uint8)
    before, after = (generator.normal(size=(300, 10)).astype(np.float32) for _ in range(2))
    after[labels == 4, 4] -= 9
    whole = Reading.of(before, labels)
    cost = cost_of(whole, after)
    one, other = (evaluate(logits, labels, baseline_class=0) for logits in (before, after))
    assert cost.log_loss == pytest.approx(other.log_loss - one.log_loss)
    assert cost.accuracy == pytest.approx(one.accuracy - other.accuracy)
    assert cost.accuracy_interval.low < cost.accuracy < cost.accuracy_interval.high
    rise = losses(after, labels) - losses(before, labels)
    assert cost.moved == pytest.approx(np.abs(rise).mean())
    assert cost.of_classes == pytest.approx([rise[labels == digit].mean() for digit in range(10)])
    assert cost.serves[0] == 4
    reach = 1.968 * rise.std(ddof=1) / np.sqrt(300)  # t with 299 degrees of freedom
    assert cost.log_loss_interval == pytest.approx((rise.mean() - reach, rise.mean() + reach), rel=1e-3)
    assert losses(before, labels).mean() == log_loss(before, labels)


def test_what_a_network_knows_is_shared_out() -> None:
    assert knowledge_share(np.log(10) - 1, 10, 50) == pytest.approx(0.02)
    assert knowledge_share(5.0, 10, 50) == 0


FREE = Cost(0.0, Interval(-1, 1), 0.5, 0.0, Interval(-1, 1), (0.0,) * 10, ())
DEAR = replace(FREE, log_loss=0.5)
STAND_IN = Twin(3, 0.99, 1.0, FREE, can_stand_in=True)
JUDGED: dict[str, tuple[tuple[Any, ...], Verdict]] = {
    "never active": ((0.0, 0.9, DEAR, None), Verdict.DEAD),
    "a tile like noise, and free": ((0.5, 0.0, FREE, None), Verdict.NOISE),
    "a tile like noise, cheap": ((0.5, 0.0, replace(FREE, log_loss=0.09), None), Verdict.NOISE),
    "a tile like noise, dear": ((0.5, 0.0, DEAR, None), Verdict.USEFUL),
    "a tile like noise, and fewer right": (
        (0.5, 0.0, replace(FREE, accuracy_interval=Interval(0.1, 0.2)), None),
        Verdict.USEFUL,
    ),
    "structure that nobody hears": ((0.5, 0.9, replace(FREE, moved=0.04), None), Verdict.NOISE),
    "structure that others make up for": ((0.5, 0.9, FREE, None), Verdict.REDUNDANT),
    "dear, with a twin that stands in": ((0.5, 0.9, DEAR, STAND_IN), Verdict.REDUNDANT),
    "dear, with a twin that cannot": (
        (0.5, 0.9, DEAR, replace(STAND_IN, can_stand_in=False)),
        Verdict.USEFUL,
    ),
    "dear": ((0.5, 0.9, DEAR, None), Verdict.USEFUL),
    "deep, free, heard": ((0.5, None, FREE, None), Verdict.REDUNDANT),
    "deep, not heard": ((0.5, None, replace(FREE, moved=0.0), None), Verdict.NOISE),
}


@pytest.mark.parametrize(("numbers", "verdict"), JUDGED.values(), ids=JUDGED.keys())
def test_a_verdict_follows_from_the_numbers(numbers: tuple[Any, ...], verdict: Verdict) -> None:
    active, smoothness, cost, twin = numbers
    untrained = None if smoothness is None else Untrained(0.0, 0.03, 0.07, 1000)
    assert judge(active, smoothness, untrained, cost, twin, 1.0) is verdict


def test_a_small_tile_tells_nothing() -> None:
    spread = Untrained(-0.03, 0.12, 0.23, 1000)
    assert judge(0.5, 0.0, spread, FREE, None, 1.0) is Verdict.REDUNDANT
    assert judge(0.5, 0.0, replace(spread, deviation=0.03), FREE, None, 1.0) is Verdict.NOISE


@pytest.mark.parametrize("layer", ["hidden_1", "hidden_2"])
def test_planted_units_get_their_verdicts(trained: Trained, studied: list[LayerUnits], layer: str) -> None:
    model, params, split = trained
    before = next(each for each in studied if each.layer == layer)
    best = [unit.number for unit in before.ranked[:3]]
    planted, wider, kinds = plant(model, params, layer, best, (8, 8), seed=0)
    [after] = found_in((planted, wider, split), layer)
    judged = {
        kind: {after.units[n].verdict for n, each in kinds.items() if each == kind} for kind in kinds.values()
    }
    assert judged[DEAD] == {Verdict.DEAD}
    assert judged[FAINT] == {Verdict.NOISE}
    assert judged[COPY] == judged[SOURCE] == {Verdict.REDUNDANT}
    assert Verdict.DEAD not in judged[FRESH]
    twins = {
        each.number: each.twin.unit
        for each in after.units
        if each.number in kinds and each.stand_in and each.twin
    }
    assert twins
    assert all(twins[twin] == unit for unit, twin in twins.items())
    taken = choose_units(planted, wider, [after], split.validation)
    gone = {each.unit for each in taken}
    assert {unit for unit, kind in kinds.items() if kind in (DEAD, FAINT)} <= gone
    assert all((unit in gone) != (twin in gone) for unit, twin in twins.items())  # one of each pair


def test_sentences_say_why_with_the_numbers(studied: list[LayerUnits]) -> None:
    for layer in studied:
        said = layer.sentence()
        assert said.startswith(
            f"Of the {len(layer.units)} units of {layer.layer} {layer.counts[Verdict.USEFUL]} are useful"
        )
        ranks = [list(Verdict).index(unit.verdict) for unit in layer.ranked]
        assert ranks == sorted(ranks)
        for unit in layer.units:
            assert layer.describe(unit.number).startswith(f"Unit {unit.number} is {unit.verdict}: ")
    best = max(studied[0].units, key=lambda unit: unit.cost.log_loss)
    assert f"rises by {best.cost.log_loss:.2g}" in studied[0].describe(best.number)
    with pytest.raises(ConfigError, match="no unit 24 in hidden_1: its units are 0 to 23"):
        studied[0].describe(24)


def test_an_untrained_network_keeps_a_unit_of_each_layer(digits_split: Split) -> None:
    model = MLP((4, 3))
    params = model.init(jax.random.key(0), (8, 8))
    found = found_in((model, params, digits_split))
    noise = [
        replace(layer, units=tuple(replace(unit, verdict=Verdict.NOISE) for unit in layer.units))
        for layer in found
    ]
    taken = choose_units(model, params, noise, digits_split.validation)
    left = prune(model, params, taken, noise, digits_split.validation, baseline_class=1)
    assert all(len(units) < layer for units, layer in zip(left.removed.values(), (4, 3), strict=False))


def test_what_is_left_is_measured_on_other_images(trained: Trained) -> None:
    model, params, split = trained
    halves = stratified_split(split.validation, validation_fraction=0.5)
    planted, wider, _ = plant(model, params, "hidden_1", [0, 1], (8, 8), seed=0)
    found = study_units(planted, wider, halves.training, inked=inked_pixels(split.training.pixels))
    taken = choose_units(planted, wider, found, halves.training)
    left = prune(planted, wider, taken, found, halves.validation, baseline_class=3)
    after = evaluate(
        predict_logits(left.model, left.params, halves.validation.pixels),
        halves.validation.labels,
        baseline_class=3,
    )
    assert left.after.score() == after.score()
    assert left.comparison.difference == pytest.approx(left.after.accuracy - left.before.accuracy)
    assert left.log_loss_rise == pytest.approx(left.after.log_loss - left.before.log_loss)
    assert left.is_free
    assert sum(left.verdicts.values()) == len(taken) == sum(len(units) for units in left.removed.values())
    assert left.sentence().startswith(f"Without {len(taken)} of its units (")
    assert "No loss is shown; at worst it is " in left.sentence()
    document = left.as_dict()
    assert document["free"] is True
    assert document["after"]["accuracy"] == left.after.accuracy
    dear = [out for unit in found[0].ranked[:12] for out in [unit.without]]
    lost = prune(planted, wider, dear, found, halves.validation, baseline_class=3)
    assert not lost.is_free
    assert lost.sentence().endswith("That is a loss.")


def test_redundant_units_without_a_twin_stay(trained: Trained, studied: list[LayerUnits]) -> None:
    model, params, split = trained
    layer = studied[0]
    others = replace(
        layer, units=tuple(replace(each, verdict=Verdict.REDUNDANT, twin=None) for each in layer.units)
    )
    assert choose_units(model, params, [others], split.validation) == []


def test_filters_are_studied_too(digits_split: Split) -> None:
    model = Conv((4, 3))
    first, second = found_in((model, model.init(jax.random.key(0), (8, 8)), digits_split))
    assert [len(first.units), len(second.units)] == [4, 3]
    assert first.untrained
    assert second.untrained is None
    assert all(unit.smoothness is not None for unit in first.units)


def test_what_has_no_hidden_unit_is_told(trained: Trained) -> None:
    split = trained[2]
    with pytest.raises(ConfigError, match="no hidden layer 'hidden_3': the model's are hidden_1, hidden_2"):
        found_in(trained, "hidden_3")
    linear = Linear()
    with pytest.raises(ConfigError, match="linear has no hidden units: its ten columns are the digits"):
        found_in((linear, linear.init(jax.random.key(0), (8, 8)), split))
