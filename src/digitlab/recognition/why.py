"""Why a picture was read as it was: what the model saw, what spoke for it, and what it looks like."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab import words
from digitlab.data import Dataset
from digitlab.insight import Neighbour, Region, integrated_gradients, nearest, regions
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.recognizer import Recognizer

__all__ = ["Evidence", "Why", "why"]

NEIGHBOURS = 5


@dataclass(frozen=True, eq=False)
class Evidence:
    """What the ink of a picture says for one digit, or for one rather than another.

    Attributes
    ----------
    name
        "for 7", or "for 7 rather than 1".
    values : float64 (h, w)
        Each pixel's part, in logits, by integrated gradients.
    """

    name: str
    values: NDArray[np.float64]

    @property
    def sentence(self) -> str:
        """Where most of it lies."""
        parts = regions(self.values)
        best = max(parts, key=lambda part: part.speaks_for)
        worst = min(parts, key=lambda part: part.speaks_against)
        pro = f"{_at(best)} ({best.speaks_for:+.1f} logits)" if best.speaks_for else "nowhere"
        con = f"{_at(worst)} ({worst.speaks_against:+.1f})" if worst.speaks_against else "nowhere"
        return f"Ink speaks {self.name} most {pro}, against it most {con}."

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"name": self.name, "values": self.values.round(4).tolist()}


@dataclass(frozen=True, eq=False)
class Why:
    """One answer and its reasons.

    Attributes
    ----------
    prediction
        The answer; its ink has every step of the preparation.
    runner_up
        The second likeliest digit; None where nothing was found, and then there is no evidence either.
    evidence
        For the answer, for the runner-up, and for the first rather than the second.
    neighbours
        The training digits that look most like what the model saw, the nearest first; none where there was
        nothing to compare it with.
    neighbour_pixels : uint8 (k, h, w)
        What they look like.
    """

    prediction: Prediction
    runner_up: int | None
    evidence: tuple[Evidence, ...]
    neighbours: tuple[Neighbour, ...]
    neighbour_pixels: NDArray[np.uint8]

    @cached_property
    def sentences(self) -> list[str]:
        """All that is to be said of it, plainly."""
        found = self.prediction
        if found.digit is None or self.runner_up is None:
            return [f"Refused: {found.reason}."]
        sure, second = (words.percent(found.probabilities[each], 1) for each in (found.digit, self.runner_up))
        said = [f"Read as {found.digit} ({sure}); the runner-up is {self.runner_up} ({second})."]
        if found.rejected:
            said.append(f"Refused: {found.reason}.")
        said += [_sentence(remark) for remark in found.remarks]
        if not found.ink.dark_on_light:
            said.append("It is lighter than its paper, and was turned to dark on light.")
        if self.neighbours:
            said.append(self._alike(found.digit))
        return [*said, self.evidence[-1].sentence]

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return self.prediction.as_dict() | {
            "runner_up": self.runner_up,
            "stages": [each.name for each in self.prediction.ink.stages],
            "stroke": self.prediction.ink.stroke,
            "strength": self.prediction.ink.strength,
            "dark_on_light": self.prediction.ink.dark_on_light,
            "evidence": [each.as_dict() for each in self.evidence],
            "neighbours": [vars(each) for each in self.neighbours],
            "sentences": self.sentences,
        }

    def _alike(self, digit: int) -> str:
        labels = [each.label for each in self.neighbours]
        alike = labels.count(digit)
        told = ", ".join(str(label) for label in labels)
        agree = "all of them" if alike == len(labels) else f"{alike} of {len(labels)}" if alike else "none"
        return f"Of the training digits most like it ({told}), {agree} are of the digit read."


def why(recognizer: Recognizer, prediction: Prediction, training: Dataset | None) -> Why:
    """Give the reasons of one answer.

    Parameters
    ----------
    recognizer
        What read the picture.
    prediction
        What it read.
    training
        What its run learned from, to look for digits that are alike; None where that is not at hand.
    """
    if prediction.digit is None:
        return Why(prediction, None, (), *_alike(prediction.ink.pixels, None))
    model, params, pixels = recognizer.model, recognizer.params, prediction.ink.pixels
    answer, second = (int(digit) for digit in np.argsort(-prediction.probabilities, kind="stable")[:2])
    asked = (
        (f"for {answer}", answer, None),
        (f"for {second}", second, None),
        (f"for {answer} rather than {second}", answer, second),
    )
    evidence = tuple(
        Evidence(name, integrated_gradients(model, params, pixels, target, rival=rival).values)
        for name, target, rival in asked
    )
    return Why(prediction, second, evidence, *_alike(pixels, training))


def _alike(
    pixels: NDArray[np.uint8], training: Dataset | None
) -> tuple[tuple[Neighbour, ...], NDArray[np.uint8]]:
    """Return the training digits nearest to what a model saw, and what they look like."""
    if training is None:
        return (), np.zeros((0, *pixels.shape), np.uint8)
    [indices], [distances] = nearest(pixels[None], training.pixels, min(NEIGHBOURS, len(training)))
    neighbours = tuple(
        Neighbour(int(index), int(training.labels[index]), float(distance))
        for index, distance in zip(indices, distances, strict=True)
    )
    return neighbours, training.pixels[indices]


def _at(region: Region) -> str:
    return f"in the {region.name}" if region.name == "middle" else f"at the {region.name}"


def _sentence(remark: str) -> str:
    """Return a remark as a sentence of "it" where it begins with a verb, else as it is."""
    begins_with_verb = remark.split()[0] in ("looks", "is", "touches", "leans")
    return f"It {remark}." if begins_with_verb else f"{remark[0].upper()}{remark[1:]}."
