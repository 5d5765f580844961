"""Digits drawn by code: every way of writing them, framed as the data set's own, and told apart by models."""

import numpy as np
import pytest

from digitlab.data import MNIST, OPTDIGITS, Dataset, Geometry, stratified_split
from digitlab.data.pen import WAYS, draw_digit, drawn_digits
from digitlab.errors import ConfigError, DataError
from digitlab.models import MLP, predict_logits
from digitlab.training import TrainingConfig, fit
from digitlab.workflow import Data, plan_run


@pytest.mark.parametrize("geometry", [MNIST, OPTDIGITS], ids=lambda geometry: geometry.name)
def test_every_digit_comes_equally_often_and_the_seed_decides_all(geometry: Geometry) -> None:
    drawn, again, other = (drawn_digits(60, geometry, seed=seed) for seed in (3, 3, 4))
    assert drawn.class_counts.tolist() == [6] * 10
    assert drawn.image_shape == geometry.image_shape
    assert drawn.fingerprint == again.fingerprint != other.fingerprint


def test_drawn_digits_have_the_four_properties_of_mnist() -> None:
    pixels = drawn_digits(500, MNIST, seed=1).pixels.astype(float)
    mass = pixels.sum(axis=(1, 2))
    places = np.arange(28)
    centres = [(pixels.sum(axis=axis) * places).sum(axis=1) / mass for axis in (1, 2)]
    assert all(((centre >= 13.5) & (centre <= 14.5)).all() for centre in centres)
    sides = [(pixels.max(axis=axis) > 0).sum(axis=1) for axis in (1, 2)]
    assert (np.max(sides, axis=0) >= 19).all()
    assert (np.max(sides, axis=0) <= 20).all()
    assert (pixels.max(axis=(1, 2)) >= 254).all()
    assert 0.08 < pixels.mean() / 255 < 0.18


def test_every_way_is_drawn_in_one_piece_of_plausible_strokes() -> None:
    rng = np.random.default_rng(0)
    for digit, ways in WAYS.items():
        assert len({way.name for way in ways}) == len(ways)
        for way in ways:
            assert all(stroke.shape[1] == 2 and len(stroke) >= 2 for stroke in way.strokes)
            points = np.concatenate(way.strokes)
            assert points.min() >= 0
            assert points[:, 1].max() == pytest.approx(1, abs=0.05)
        assert draw_digit(digit, MNIST, rng).any()


def test_a_network_learns_to_read_them_from_others() -> None:
    training, test = drawn_digits(1500, MNIST, seed=0), drawn_digits(300, MNIST, seed=1)
    model = MLP((64,))
    fitted = fit(model, TrainingConfig(steps=400, batch_size=50, periods=1), stratified_split(training))
    read = predict_logits(model, fitted.params, test.pixels).argmax(axis=1)
    assert (read == test.labels).mean() > 0.9


def test_what_is_added_is_learnt_from_and_never_validated_on(digits: tuple[Dataset, Dataset]) -> None:
    split = stratified_split(digits[0])
    made: list[int] = []

    def drawn() -> Dataset:
        made.append(1)
        return drawn_digits(20, OPTDIGITS)

    more = split.with_added(20, drawn)
    assert more.validation.fingerprint == split.validation.fingerprint
    assert more.validation_digest == split.validation_digest
    assert len(more.training_rows) == len(split.training_rows) + 20
    assert not made, "it is drawn before it is needed"
    assert more.training.pixels[-20:].tobytes() == drawn_digits(20, OPTDIGITS).pixels.tobytes()
    assert more.training.pixels[:-20].tobytes() == split.training.pixels.tobytes()


def test_those_who_wrote_what_is_added_are_nobody(digits: tuple[Dataset, Dataset]) -> None:
    train = digits[0]
    known = Dataset(train.pixels, train.labels, "known", np.ones(len(train), np.int32))
    joined = known.joined(drawn_digits(10, OPTDIGITS))
    assert joined.writers is not None
    assert joined.writers[-10:].tolist() == [-1] * 10
    assert joined.writers[:-10].tolist() == [1] * len(train)
    with pytest.raises(DataError, match=r"images of \(28, 28\) pixels, .* of \(8, 8\)"):
        known.joined(drawn_digits(10, MNIST))


def test_a_run_tells_how_many_were_drawn_and_learns_from_them_again(
    digits: tuple[Dataset, Dataset],
) -> None:
    data = Data("digits", *digits)
    config = plan_run("linear", {"steps": 10, "drawn": 30}, data)
    assert config.data.drawn == 30
    assert config.data.training_images == plan_run("linear", {"steps": 10}, data).data.training_images + 30
    for drawn in (-1, 10**6):
        with pytest.raises(ConfigError, match=r"from 0 to 60,000"):
            plan_run("linear", {"steps": 10, "drawn": drawn}, data)
