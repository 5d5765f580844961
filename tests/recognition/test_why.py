"""Why a picture was read so: reasons that follow from numbers, and a picture that shows all of them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy.typing import NDArray

from digitlab.data import MNIST, OPTDIGITS
from digitlab.errors import DataError
from digitlab.figures import nothing_read, why_read
from digitlab.insight import nearest
from digitlab.models import predict_logits
from digitlab.recognition import Ink, Norms, Prediction, Recognizer, Stage, Why, prepare, why
from digitlab.recognition.numbers import Numbers
from digitlab.recognition.refusal import _said
from digitlab.recognition.remarks import MOST_SLANT, picture_remarks, slant
from digitlab.workflow import Data, begin_run, load_data, plan_run, train_run


def paper(height: int = 90, width: int = 80, grey: int = 250) -> NDArray[np.uint8]:
    return np.full((height, width, 3), grey, np.uint8)


def stroke(picture: NDArray[np.uint8], rows: slice, columns: slice, grey: int = 20) -> NDArray[np.uint8]:
    picture = picture.copy()
    picture[rows, columns] = grey
    return picture


@pytest.fixture(scope="module")
def data() -> Data:
    return load_data("digits")


@pytest.fixture(scope="module")
def recognizer(tmp_path_factory: pytest.TempPathFactory, data: Data) -> Recognizer:
    settings = {"steps": 300, "periods": 1, "batch_size": 32, "learning_rate": 0.01}
    run = begin_run(tmp_path_factory.mktemp("why") / "run", plan_run("linear", settings, data))
    list(train_run(run, data))
    return Recognizer.of(run, Norms.of(run, data))


@pytest.fixture(scope="module")
def told(recognizer: Recognizer, data: Data) -> Why:
    [found] = recognizer.read([stroke(paper(), slice(10, 80), slice(36, 46))])
    return why(recognizer, found, data.train)


def test_the_evidence_adds_up_to_what_the_model_says(recognizer: Recognizer, told: Why) -> None:
    pixels = told.prediction.ink.pixels
    blank, logits = predict_logits(
        recognizer.model, recognizer.params, np.stack([np.zeros_like(pixels), pixels])
    )
    gained = (logits - blank).astype(np.float64)
    first, second = told.prediction.digit, told.runner_up
    assert first is not None
    assert second is not None
    assert (first, second) == tuple(np.argsort(-told.prediction.probabilities)[:2])
    sums = [each.values.sum() for each in told.evidence]
    np.testing.assert_allclose(
        sums, [gained[first], gained[second], gained[first] - gained[second]], rtol=0.02, atol=0.02
    )


def test_the_neighbours_are_the_nearest_training_digits(told: Why, data: Data) -> None:
    indices, _ = nearest(told.prediction.ink.pixels[None], data.train.pixels, 5)
    assert [each.index for each in told.neighbours] == indices[0].tolist()
    np.testing.assert_array_equal(told.neighbour_pixels, data.train.pixels[indices[0]])
    assert all(data.train.labels[each.index] == each.label for each in told.neighbours)


def test_it_is_told_plainly(told: Why) -> None:
    first, *others = told.sentences
    assert first.startswith(f"Read as {told.prediction.digit} (")
    assert f"the runner-up is {told.runner_up} (" in first
    assert any(said.startswith("Of the training digits most like it (") for said in others)
    assert others[-1].startswith(
        f"Ink speaks for {told.prediction.digit} rather than {told.runner_up} most at the "
    )
    document = told.as_dict()
    assert document["sentences"] == told.sentences
    assert np.shape([each["values"] for each in document["evidence"]]) == (3, 8, 8)


def test_a_refusal_remarks_and_polarity_are_told(told: Why) -> None:
    found = told.prediction
    doubtful = replace(
        found, rejected=True, reason="unlike the training digits", remarks=("looks thin", "a part of its own")
    )
    inverted = replace(doubtful, ink=replace(found.ink, dark_on_light=False))
    said = replace(told, prediction=inverted).sentences
    assert said[1:5] == [
        "Refused: unlike the training digits.",
        "It looks thin.",
        "A part of its own.",
        "It is lighter than its paper, and was turned to dark on light.",
    ]


@pytest.mark.parametrize(
    ("name", "numbers", "said"),
    [
        ("breadth", Numbers(0.1, 3, 0, 2.5), "Too broad: 2.50 times as wide as high against 0.75."),
        ("second", Numbers(0.1, 3, 0.12, 1), "A part of its own has 12 % of the ink that the main one has."),
        ("crossings", Numbers(0.1, 6, 0, 1), "A tangle: a straight line crosses 6 strokes against 1."),
    ],
)
def test_a_remark_is_a_sentence(told: Why, name: str, numbers: Numbers, said: str) -> None:
    remark = _said(name, numbers, 0.75)
    assert said in replace(told, prediction=replace(told.prediction, remarks=(remark,))).sentences


def test_where_nothing_is_drawn_there_is_nothing_to_explain(recognizer: Recognizer, data: Data) -> None:
    [found] = recognizer.read([paper()])
    nothing = why(recognizer, found, data.train)
    assert nothing.sentences == ["Refused: nothing drawn."]
    assert (nothing.runner_up, nothing.evidence, nothing.neighbours) == (None, (), ())
    assert nothing.as_dict()["digit"] is None


@pytest.mark.parametrize(
    ("picture", "said"),
    [
        (stroke(paper(), slice(10, 80), slice(36, 46)), None),
        (stroke(paper(), slice(10, 80), slice(36, 46), grey=225), "looks faint: its strokes take "),
        (stroke(paper(), slice(40, 52), slice(40, 43)), "is small: "),
        (stroke(paper(), slice(20, 90), slice(36, 46)), "touches the edge of the picture"),
    ],
)
def test_what_is_unusual_is_remarked(picture: NDArray[np.uint8], said: str | None) -> None:
    remarks = picture_remarks(prepare(picture, MNIST), MNIST)
    assert any(said in remark for remark in remarks) if said else remarks == ()


def ink_of(pixels: NDArray[np.uint8]) -> Ink:
    return Ink(pixels, (Stage("picture", paper(200, 200)),), (50, 50, 150, 150), 2.5, 0.9, True, "")


def test_what_leans_farther_than_any_training_digit_is_remarked() -> None:
    flat = np.zeros((28, 28), np.uint8)
    for row in range(9, 19):
        flat[row, 28 - 2 * (row - 5)] = 255
    assert slant(flat) > MOST_SLANT
    assert picture_remarks(ink_of(flat), MNIST) == (
        "leans 63° to the right, farther than nearly all training digits",
    )


@given(shift=st.floats(-0.9, 0.9))
def test_the_slant_of_a_sheared_stroke_is_its_angle(shift: float) -> None:
    """x = -s y leans by arctan s, up to the rounding of its pixels."""
    pixels = np.zeros((61, 81), np.uint8)
    for y in range(-30, 31):
        pixels[30 + y, round(40 - shift * y)] = 255
    assert slant(pixels) == pytest.approx(np.degrees(np.arctan(shift)), abs=1)
    assert slant(pixels[:, ::-1]) == pytest.approx(-slant(pixels), abs=1e-6)


def test_nothing_and_a_level_line_do_not_lean() -> None:
    level = np.zeros((8, 8), np.uint8)
    assert slant(level) == 0
    level[4] = 255
    assert slant(level) == 0


def drawn(told: Why, **changed: object) -> object:
    arguments: dict[str, object] = {
        "map_names": [each.name for each in told.evidence],
        "probabilities": told.prediction.probabilities,
        "neighbours": told.neighbour_pixels,
        "neighbour_labels": [each.label for each in told.neighbours],
        "sentences": told.sentences,
        "title": "costs $5 and $6",
    }
    stages = [(each.name, each.picture) for each in told.prediction.ink.stages]
    maps = changed.pop("maps", np.stack([each.values for each in told.evidence]))
    return why_read(stages, told.prediction.ink.pixels, maps, **arguments | changed)  # type: ignore[arg-type]


def test_the_picture_shows_every_step_map_and_neighbour(told: Why) -> None:
    figure = drawn(told)
    titles = [ax.get_title(loc="left") for ax in figure.axes]  # type: ignore[attr-defined]
    steps = [f"{number}. {each.name}" for number, each in enumerate(told.prediction.ink.stages, 1)]
    assert titles[: len(steps)] == steps
    assert [f"ink {each.name}" for each in told.evidence] == [
        each for each in titles if each.startswith("ink ")
    ]
    assert [each for each in titles if each.isdecimal()] == [str(each.label) for each in told.neighbours]
    limits = {ax.images[0].get_clim() for ax in figure.axes if ax.get_title(loc="left").startswith("ink ")}  # type: ignore[attr-defined]
    assert len(limits) == 1
    texts = [text.get_text() for text in figure.texts]  # type: ignore[attr-defined]
    assert texts[0] == "costs $5 and $6"
    assert set(told.sentences) <= set(texts)


def test_the_picture_says_what_does_not_fit(told: Why) -> None:
    with pytest.raises(DataError, match=r"map_names must be 3, one for each; found 1\."):
        drawn(told, map_names=["one"])
    with pytest.raises(DataError, match="maps must be of the picture's shape"):
        drawn(told, maps=np.zeros((3, 5, 5)))
    with pytest.raises(DataError, match="neighbour_labels must be 5"):
        drawn(told, neighbour_labels=[1])


def test_what_was_not_read_is_drawn_with_its_steps_alone() -> None:
    figure = nothing_read(
        [("picture", paper()), ("ink", np.zeros((9, 9), np.uint8))], ["Refused: nothing drawn."], title="x"
    )
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["1. picture", "2. ink"]
    assert figure.texts[-1].get_text() == "Refused: nothing drawn."


def test_remarks_come_with_the_answer(recognizer: Recognizer) -> None:
    picture = stroke(paper(), slice(20, 90), slice(36, 46))
    [found] = recognizer.read([picture])
    assert isinstance(found, Prediction)
    assert set(picture_remarks(found.ink, OPTDIGITS)) <= set(found.remarks)
    assert "touches the edge of the picture: a part of it may be cut off" in found.remarks
