"""A picture of several digits is read whole: its text, and for each digit what was read and where."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from strings import written

from digitlab.data import Dataset, load_dataset
from digitlab.errors import PictureError
from digitlab.recognition import Norms, Recognizer, prepare, read_many
from digitlab.recognition.lattice import Runs
from digitlab.recognition.lines import text_lines
from digitlab.recognition.pieces import pieces_of
from digitlab.recognition.segments import found_ink
from digitlab.recognition.wholeness import DIGIT, NEITHER, wholeness
from digitlab.runs import Run
from digitlab.workflow import Data, begin_run, plan_run, train_run

Picture = NDArray[np.uint8]


@pytest.fixture(scope="module")
def recognizer(digits: tuple[Dataset, Dataset], tmp_path_factory: pytest.TempPathFactory) -> Recognizer:
    """Return a linear model of the bundled digits, ready to read."""
    data = Data("digits", *digits)
    run: Run = begin_run(tmp_path_factory.mktemp("runs") / "linear", plan_run("linear", {"steps": 400}, data))
    for _ in train_run(run, data):
        pass
    return Recognizer.of(run, Norms.of(run, data))


def page(lines: Sequence[Sequence[int]], test: Dataset) -> Picture:
    """Draw bundled digits, 60 pixels high, in lines on white paper."""
    rows = [np.hstack([np.pad(np.kron(test.pixels[n], np.ones((8, 8))), 14) for n in line]) for line in lines]
    width = max(row.shape[1] for row in rows)
    ink = np.vstack([np.pad(row, ((0, 0), (0, width - row.shape[1]))) for row in rows])
    return np.repeat((255 - ink).astype(np.uint8)[..., None], 3, axis=2)


def test_lines_of_digits_are_read(recognizer: Recognizer, digits: tuple[Dataset, Dataset]) -> None:
    lines = [(0, 2, 3, 4), (6, 7, 8)]
    reading = read_many(recognizer, page(lines, digits[1]))
    assert reading.lines == (4, 3)
    assert [len(line) for line in reading.text.split("\n")] == [4, 3]
    truth = [digits[1].labels[number] for line in lines for number in line]
    assert np.mean([each.digit == label for each, label in zip(reading.digits, truth, strict=True)]) > 0.8


def test_boxes_lie_where_the_digits_are(recognizer: Recognizer, digits: tuple[Dataset, Dataset]) -> None:
    reading = read_many(recognizer, page([(0, 2, 3)], digits[1]))
    for number, each in enumerate(reading.digits):
        assert each.ink.box is not None
        assert 92 * number <= each.ink.box[1] < each.ink.box[3] <= 92 * (number + 1)


def test_a_reading_is_json(recognizer: Recognizer, digits: tuple[Dataset, Dataset]) -> None:
    document = json.loads(json.dumps(read_many(recognizer, page([(0, 2)], digits[1])).as_dict()))
    assert document.keys() == {"text", "lines", "digits"}
    assert len(document["text"]) == len(document["digits"]) == 2
    for each in document["digits"]:
        assert each["confidence"] == pytest.approx(max(each["probabilities"]))
        assert len(each["box"]) == 4


@pytest.mark.parametrize("light", [0, 128, 255])
def test_blank_paper_has_no_digits(light: int, recognizer: Recognizer) -> None:
    reading = read_many(recognizer, np.full((50, 80, 3), light, np.uint8))
    assert (reading.text, reading.digits, reading.lines) == ("", (), ())


@pytest.mark.parametrize("size", [(1, 2), (2, 1), (2, 2), (4, 40)])
def test_too_few_rows_of_pixels_are_no_digits(size: tuple[int, int], recognizer: Recognizer) -> None:
    light = np.random.default_rng(0).integers(0, 256, size)
    light[0, 0], light[-1, -1] = 0, 255
    assert read_many(recognizer, np.repeat(light.astype(np.uint8)[..., None], 3, axis=2)).text == ""


def test_the_smallest_of_fonts_is_large_enough() -> None:
    three = np.array([[1, 1, 1], [0, 0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 1]])
    page = np.repeat((255 - 255 * np.pad(three, 2)).astype(np.uint8)[..., None], 3, axis=2)
    assert found_ink(page).kept.any()


def test_a_texture_is_refused(recognizer: Recognizer) -> None:
    dots = np.full((400, 400, 3), 255, np.uint8)
    dots[::8, ::8] = dots[1::8, ::8] = dots[::8, 1::8] = dots[1::8, 1::8] = 0
    with pytest.raises(PictureError, match=r"separate pieces of ink, and at most 400 .* cut out the part"):
        read_many(recognizer, dots)


def test_one_digit_is_framed_as_when_it_is_read_alone(
    recognizer: Recognizer, digits: tuple[Dataset, Dataset]
) -> None:
    picture = page([(0,)], digits[1])
    (digit,) = read_many(recognizer, picture).digits
    alone = prepare(picture, recognizer.geometry)
    np.testing.assert_array_equal(digit.ink.pixels, alone.pixels)
    assert digit.ink.box == alone.box


@pytest.fixture(scope="module")
def mnist_test(mnist_dir: Path) -> Dataset:
    return load_dataset("mnist", data_dir=mnist_dir)[1]


def test_a_whole_digit_is_told_from_a_pair(mnist_test: Dataset) -> None:
    generator = np.random.default_rng(0)
    right = []
    for begin in range(0, 60, 4):
        rows = np.arange(begin, begin + 4)
        string = written(mnist_test.pixels[rows], mnist_test.labels[rows], generator, spacing="wide")
        (line,) = text_lines(found_ink(string.picture).kept)
        runs = Runs(pieces_of(line))
        parts = [set(runs.pieces.parts[start:stop]) for start, stop in runs.ends]
        likeliest = wholeness(runs.views()).argmax(axis=1)
        right += [kind == NEITHER for kind, own in zip(likeliest, parts, strict=True) if len(own) > 1]
        right += [kind == DIGIT for kind, sign in zip(likeliest, runs.may_be_signs, strict=True) if sign]
    assert np.mean(right) > 0.95
