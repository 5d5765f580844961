"""How well own digits are read, whoever wrote them: every answer held against its label."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitlab.errors import DataError
from digitlab.evaluation import Evaluation, Interval, evaluate, wilson_interval
from digitlab.recognition.ink import Ink
from digitlab.recognition.own_digits import OwnDigits, OwnPicture
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.reading import OnPicture, read_pictures
from digitlab.recognition.recognizer import Recognizer

__all__ = ["Answer", "Group", "Score", "score_own_digits"]

CLASSES = 10
# The log of a probability that is rounded to 0.
LEAST = 1e-300
CROP_SIDE = 112
CROP_MARGIN = 0.15


@dataclass(frozen=True, eq=False)
class Answer:
    """What was read in one picture whose label is known.

    Attributes
    ----------
    picture
        The file and its label.
    digit
        What was read; None where nothing was found.
    probabilities : float64 (10,)
        Of each digit.
    rejected, reason, remarks
        As in `Prediction`.
    pixels : uint8 (h, w)
        What the model saw.
    crop : uint8 (height, width, 3)
        The digit in the picture, as it came.
    """

    picture: OwnPicture
    digit: int | None
    probabilities: NDArray[np.float64]
    rejected: bool
    reason: str
    remarks: tuple[str, ...]
    pixels: NDArray[np.uint8]
    crop: NDArray[np.uint8]

    @property
    def is_right(self) -> bool:
        """Whether the digit read is the true one."""
        return self.digit == self.picture.label

    @property
    def confidence(self) -> float:
        """The probability of the digit read; 0 where nothing was found."""
        return 0.0 if self.digit is None else float(self.probabilities[self.digit])

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {
            "file": str(self.picture.file),
            "label": self.picture.label,
            "writer": self.picture.writer,
            "digit": self.digit,
            "confidence": self.confidence,
            "label_probability": float(self.probabilities[self.picture.label]),
            "rejected": self.rejected,
            "reason": self.reason,
            "remarks": list(self.remarks),
        }


@dataclass(frozen=True, eq=False)
class Group:
    """How well the digits of one writer are read, the refused ones too."""

    writer: str
    n: int
    accuracy: float
    interval: Interval
    log_loss: float
    refused: int

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return vars(self) | {"interval": list(self.interval)}


@dataclass(frozen=True, eq=False)
class Score:
    """How well own digits are read.

    Attributes
    ----------
    own
        The pictures and their labels.
    answers
        What was read in each that could be opened.
    errors
        The pictures that could not, and why.
    evaluation
        Of all answers, the refused ones too. It has an eleventh class for pictures in which nothing was
        found, which is never right.
    groups
        The same of each writer, where there are several.
    """

    own: OwnDigits
    answers: tuple[Answer, ...]
    errors: tuple[tuple[str, str], ...]
    evaluation: Evaluation
    groups: tuple[Group, ...]

    @property
    def mistakes(self) -> list[Answer]:
        """The answers that are wrong, the surest first."""
        return sorted((each for each in self.answers if not each.is_right), key=lambda each: -each.confidence)

    @property
    def digits(self) -> Evaluation:
        """The evaluation with its confusion among the ten digits alone."""
        return replace(self.evaluation, confusion=self.evaluation.confusion[:CLASSES, :CLASSES])

    @property
    def nothing_found(self) -> NDArray[np.int64]:
        """In how many pictures of each digit nothing was found."""
        return self.evaluation.confusion[:CLASSES, CLASSES]

    @property
    def refused(self) -> int:
        """How many answers were refused."""
        return sum(each.rejected for each in self.answers)

    @property
    def accepted(self) -> tuple[int, float, Interval] | None:
        """How many answers were not refused, their accuracy and its interval; None without any."""
        right = [each.is_right for each in self.answers if not each.rejected]
        if not right:
            return None
        return len(right), sum(right) / len(right), wilson_interval(sum(right), len(right))

    def as_dict(self) -> dict[str, Any]:
        """Return the SCORE keys, the confusion matrix, and all else that was found."""
        kept = self.accepted
        told = {"n": kept[0], "accuracy": kept[1], "interval": list(kept[2])} if kept else None
        return self.evaluation.score() | {
            "confusion": self.digits.confusion.tolist(),
            "nothing_found": self.nothing_found.tolist(),
            "refused": self.refused,
            "accepted": told,
            "per_writer": [each.as_dict() for each in self.groups],
            "labelled_by": self.own.labelled_by,
            "mistakes": [each.as_dict() for each in self.mistakes],
            "unlabelled": [str(file) for file in self.own.unlabelled],
            "errors": [{"file": file, "error": error} for file, error in self.errors],
        }


def score_own_digits(recognizer: Recognizer, own: OwnDigits, *, on_picture: OnPicture | None = None) -> Score:
    """Read own digits and hold the answers against their labels.

    Raises
    ------
    DataError
        If none of them can be opened.
    """
    sources = [(str(each.file), each.file) for each in own.pictures]
    answers, errors = [], []
    for picture, reading in zip(
        own.pictures, read_pictures(recognizer, sources, on_picture=on_picture), strict=True
    ):
        if reading.prediction:
            answers.append(_answer(picture, reading.prediction))
        else:
            errors.append((reading.name, reading.error))
    if not answers:
        raise DataError(f"None of the {len(errors):,} pictures can be read. The first: {errors[0][1]}")
    baseline = recognizer.run.config.data.baseline_digit
    names = own.writers
    groups = [_group(name, [each for each in answers if each.picture.writer == name]) for name in names]
    evaluation = _evaluated(answers, baseline, names)
    return Score(own, tuple(answers), tuple(errors), evaluation, tuple(filter(None, groups)))


def _answer(picture: OwnPicture, found: Prediction) -> Answer:
    return Answer(
        picture,
        found.digit,
        found.probabilities,
        found.rejected,
        found.reason,
        found.remarks,
        found.ink.pixels,
        cropped(found.ink),
    )


def cropped(ink: Ink) -> NDArray[np.uint8]:
    """Return the digit as it came, with a margin, uint8 (h, w, 3), at most `CROP_SIDE` on a side."""
    picture = ink.stages[0].picture
    if ink.box:
        top, left, bottom, right = ink.box
        margin = round(CROP_MARGIN * max(bottom - top, right - left))
        picture = picture[max(0, top - margin) : bottom + margin, max(0, left - margin) : right + margin]
    image = Image.fromarray(picture)
    image.thumbnail((CROP_SIDE, CROP_SIDE), Image.Resampling.BOX)
    return np.asarray(image)


def _evaluated(answers: Sequence[Answer], baseline: int, writers: Sequence[str]) -> Evaluation:
    logits = np.stack([_logits(each) for each in answers])
    numbers = [writers.index(each.picture.writer) for each in answers] if len(writers) > 1 else None
    labels = [each.picture.label for each in answers]
    return evaluate(logits, labels, baseline_class=baseline, writers=numbers)


def _logits(answer: Answer) -> NDArray[np.float64]:
    """Return the logs of the probabilities, and an eleventh that is the largest where nothing was found."""
    logs = np.log(np.maximum(answer.probabilities, LEAST))
    nothing = np.log(LEAST) if answer.digit is not None else logs.max() + 1e-9
    return np.append(logs, nothing)


def _group(writer: str, answers: Sequence[Answer]) -> Group | None:
    if not answers:
        return None
    found = _evaluated(answers, 0, ())
    refused = sum(each.rejected for each in answers)
    return Group(writer, found.n, found.accuracy, found.interval, found.log_loss, refused)
