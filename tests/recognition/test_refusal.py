"""Refusal: real digits are answered, what is none is refused, and the reason is told in words."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as of_numpy
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy import ndimage, special

from digitlab.data import MNIST, OPTDIGITS, Dataset, load_dataset
from digitlab.models import predict_logits
from digitlab.recognition import Ink, Norms, Prediction, Recognizer, Stage, guard, prepare
from digitlab.recognition.guard import MODEL, strangeness
from digitlab.recognition.impostors import SHARES, impostors, printed_digits
from digitlab.recognition.numbers import numbers_of, usual_numbers
from digitlab.recognition.refusal import reason_against
from digitlab.runs import Run

Picture = NDArray[np.uint8]
PAPER = (255, 255, 255)
# Of the ink, the crossings, the second part and the breadth: rarely less, usual, rarely more.
USUAL = np.array([[0.2, 0.3, 0.4], [1, 2, 3], [0, 0, 0.5], [0.3, 0.6, 1.2]])


@pytest.fixture(scope="module")
def recognizer(known: Run, norms: Norms) -> Recognizer:
    return Recognizer.of(known, norms)


def ink_of(pixels: Picture) -> Ink:
    """Return ink as if it had been found in a picture with a wide border of paper."""
    stages = (Stage("picture", np.full((64, 64, 3), 255, np.uint8)),)
    return Ink(pixels, stages, (10, 10, 54, 54), 1.2, 0.9, True, "")


def drawn(*lines: list[tuple[float, float]], width: int = 10) -> Picture:
    image = Image.new("RGB", (120, 120), PAPER)
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=0, width=width, joint="curve")
    return np.asarray(image)


def scribble() -> Picture:
    places = np.random.default_rng(3).uniform(15, 105, (14, 2))
    return drawn([(float(x), float(y)) for x, y in places], width=4)


def answer(recognizer: Recognizer, picture: Picture) -> Prediction:
    (prediction,) = recognizer.read([picture])
    return prediction


def test_real_digits_are_answered(recognizer: Recognizer, data_test: Dataset) -> None:
    found = recognizer.judge([ink_of(pixels) for pixels in data_test.pixels])
    assert np.mean([each.rejected for each in found]) < 0.05
    right = [each.digit == label for each, label in zip(found, data_test.labels, strict=True)]
    assert np.mean(right) > 0.93


def test_a_drawn_digit_is_answered(recognizer: Recognizer) -> None:
    image = Image.new("RGB", (120, 120), PAPER)
    ImageDraw.Draw(image).ellipse((38, 15, 82, 105), outline=0, width=10)
    found = answer(recognizer, np.asarray(image))
    assert (found.digit, found.rejected, found.reason) == (0, False, "")


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_blank_picture_has_nothing(recognizer: Recognizer, value: int) -> None:
    found = answer(recognizer, np.full((80, 80, 3), value, np.uint8))
    assert found.digit is None
    assert found.rejected
    assert "nothing drawn" in found.reason or "faint" in found.reason


def test_noise_is_refused(recognizer: Recognizer) -> None:
    rng = np.random.default_rng(0)
    pictures = [rng.integers(0, 256, (80, 80, 3)).astype(np.uint8) for _ in range(10)]
    assert sum(each.rejected for each in recognizer.read(pictures)) >= 8


def test_a_filled_square_is_refused(recognizer: Recognizer) -> None:
    picture = np.full((100, 100, 3), 255, np.uint8)
    picture[25:75, 25:75] = 0
    found = answer(recognizer, picture)
    assert found.rejected
    assert found.reason.startswith("unlike the training digits: ")


def test_a_scribble_is_refused(recognizer: Recognizer) -> None:
    assert answer(recognizer, scribble()).reason.startswith("unlike the training digits: ")


def test_stripes_from_border_to_border_are_refused(recognizer: Recognizer) -> None:
    stripes = np.where(np.arange(96) // 8 % 2 == 0, 255, 0)[None, :, None]
    found = answer(recognizer, np.broadcast_to(stripes, (96, 96, 3)).astype(np.uint8))
    assert found.rejected


def test_two_digits_side_by_side_are_asked_about(recognizer: Recognizer) -> None:
    two = drawn([(35, 15), (35, 105)], [(85, 15), (85, 105)])
    found = answer(recognizer, two)
    assert found.reason.startswith("unlike the training digits: two digits?")


@pytest.mark.parametrize("turns", range(4))
def test_a_shadow_along_one_border_is_nothing(recognizer: Recognizer, turns: int) -> None:
    ramp = np.broadcast_to(np.linspace(255, 40, 96)[None, :, None], (96, 96, 3)).astype(np.uint8)
    found = answer(recognizer, np.rot90(ramp, turns))
    assert found.rejected
    assert found.reason.startswith("nothing drawn")


@pytest.mark.parametrize(
    "line", [[(14, 4), (14, 115)], [(10, 5), (110, 5), (40, 115)], [(5, 5), (5, 115), (115, 115)]]
)
def test_a_digit_as_large_as_its_picture_is_no_shadow(norms: Norms, line: list[tuple[float, float]]) -> None:
    ink = prepare(drawn(line), OPTDIGITS)
    assert reason_against(ink, np.eye(10)[1], norms.strangest, norms) == ""


def test_who_is_torn_between_two_names_them(norms: Norms, data_test: Dataset) -> None:
    shares = np.full(10, 0.02)
    shares[4], shares[8] = 0.44, 0.4
    reason = reason_against(
        ink_of(data_test.pixels[0]), shares, norms.strangest, replace(norms, least_sure=0.5)
    )
    assert reason == "neither a 4 nor an 8: 44 % against 40 %"


def test_too_much_ink_is_told_in_numbers(norms: Norms) -> None:
    full = ink_of(np.full((8, 8), 255, np.uint8))
    reason = reason_against(full, np.eye(10)[1], norms.strangest + 1, replace(norms, usual=USUAL))
    assert reason == "unlike the training digits: too much ink: 100 % against 30 %"


def test_thin_strokes_are_remarked_on(recognizer: Recognizer, data_test: Dataset) -> None:
    thin = replace(ink_of(data_test.pixels[0]), stroke=0.4)
    (found,) = recognizer.judge([thin])
    assert "looks thin: stroke 0.4 px against 1.2 in training" in found.remarks


def test_strangeness_is_the_log_odds_of_no_digit(norms: Norms, data_test: Dataset) -> None:
    shares = special.softmax(
        predict_logits(MODEL, norms.guard, data_test.pixels[:20]).astype(np.float64), axis=1
    )
    found = strangeness(norms.guard, data_test.pixels[:20])
    np.testing.assert_allclose(found, special.logit(shares[:, 10]), rtol=1e-6)


def test_an_answer_costs_the_same_alone_and_among_others(recognizer: Recognizer, data_test: Dataset) -> None:
    inks = [ink_of(pixels) for pixels in data_test.pixels[:40]]
    together = [each.strangeness for each in recognizer.judge(inks)]
    alone = [recognizer.judge([each])[0].strangeness for each in inks]
    np.testing.assert_allclose(together, alone, rtol=1e-3, atol=1e-3)


INKED = of_numpy.arrays(np.uint8, (9, 7), elements=st.sampled_from([0, 0, 0, 100, 255])).filter(np.any)


@given(INKED)
def test_numbers_do_not_depend_on_the_side_one_looks_from(pixels: Picture) -> None:
    numbers = numbers_of(pixels)
    turned, mirrored = numbers_of(np.rot90(pixels)), numbers_of(pixels[:, ::-1])
    assert mirrored == numbers
    assert turned[:3] == numbers[:3]
    assert turned.breadth == pytest.approx(1 / numbers.breadth)


@given(INKED)
def test_numbers_are_those_of_a_slow_count(pixels: Picture) -> None:
    ink = pixels >= min(128, pixels.max())
    runs = [
        len([run for run in "".join(map(str, row)).split("0") if run]) for row in [*(1 * ink), *(1 * ink.T)]
    ]
    numbers = numbers_of(pixels)
    assert numbers.ink == pytest.approx(pixels.mean() / 255)
    assert numbers.crossings == max(runs)
    assert (numbers.second > 0) == (ndimage.label(ink, np.ones((3, 3)))[1] > 1)


def test_usual_numbers_are_percentiles(data_test: Dataset) -> None:
    every = np.array([numbers_of(pixels) for pixels in data_test.pixels])
    low, middle, high = usual_numbers(data_test.pixels).T
    np.testing.assert_allclose(middle, np.median(every, axis=0))
    assert ((every < low).mean(axis=0) <= 0.002 + 1 / len(every)).all()
    assert ((every > high).mean(axis=0) <= 0.002 + 1 / len(every)).all()


def test_impostors_are_framed_as_digits_are(data_test: Dataset) -> None:
    pixels = impostors(120, data_test, OPTDIGITS, seed=1)
    assert pixels.shape == (120, 8, 8)
    assert pixels.dtype == np.uint8
    assert pixels.any(axis=(1, 2)).all()
    np.testing.assert_array_equal(pixels, impostors(120, data_test, OPTDIGITS, seed=1))
    assert (pixels != impostors(120, data_test, OPTDIGITS, seed=2)).any()
    assert set(SHARES) == {"strokes", "letters", "foreign", "words", "fields", "blobs", "spoilt"}


def test_printed_digits_are_labelled_as_drawn() -> None:
    digits = printed_digits(50, OPTDIGITS)
    np.testing.assert_array_equal(digits.class_counts, 5)


def test_prepared_pictures_tell_what_they_are(recognizer: Recognizer) -> None:
    ink = prepare(scribble(), OPTDIGITS)
    (found,) = recognizer.judge([ink])
    document = found.as_dict()
    assert document["rejected"] is True
    assert document["strangeness"] > recognizer.norms.strangest


def test_a_guard_of_mnist_knows_letters(mnist_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "CONFIG", replace(guard.CONFIG, steps=120))
    monkeypatch.setattr(guard, "MOST_DIGITS", 1500)
    monkeypatch.setattr(guard, "LEAST", {"drawn": 100, "printed": 50, "impostors": 1500})
    training, test = load_dataset("mnist", data_dir=mnist_dir)
    weights = guard.train_guard(training, MNIST)
    limit = np.quantile(strangeness(weights, training.pixels[-2000:]), 0.98)
    assert (strangeness(weights, test.pixels[:2000]) > limit).mean() < 0.05
    spoilt = impostors(400, test, MNIST, seed=9)
    assert (strangeness(weights, spoilt) > limit).mean() > 0.75


def test_the_usual_numbers_of_mnist(mnist_dir: Path) -> None:
    training, _ = load_dataset("mnist", data_dir=mnist_dir)
    ink, crossings, second, breadth = usual_numbers(training.pixels[:2000])
    assert ink[1] == pytest.approx(0.13, abs=0.01)
    assert crossings[1] in (2, 3)
    assert second[0] == second[1] == 0
    assert breadth[0] < 0.2 < 0.6 < breadth[1] < 1
