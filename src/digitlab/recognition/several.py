"""A whole picture read: every digit in it, in the order of reading."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.framing import Geometry
from digitlab.evaluation import probabilities
from digitlab.models import predict_logits
from digitlab.recognition.ink import Found, Ink, frame_ink, stages_of
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.recognizer import Recognizer
from digitlab.recognition.segments import Part, cut_ink, found_ink

__all__ = ["Several", "framed_part", "read_many"]

# What stands in a text for a digit that is not to be relied on.
UNREAD = "?"


@dataclass(frozen=True)
class Several:
    """What a model reads in a picture of several digits.

    Parameters
    ----------
    digits
        Left to right and line by line; the box of each is its `ink.box`, in the picture's pixels.
    lines
        How many digits each line has, from top to bottom.
    """

    digits: tuple[Prediction, ...]
    lines: tuple[int, ...]

    @property
    def text(self) -> str:
        """The digits, a line feed between lines, and "?" for each that is refused."""
        signs = iter(UNREAD if each.rejected else str(each.digit) for each in self.digits)
        return "\n".join("".join(next(signs) for _ in range(length)) for length in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, without the pictures."""
        return {
            "text": self.text,
            "lines": list(self.lines),
            "digits": [each.as_dict() | {"confidence": each.confidence} for each in self.digits],
        }


def read_many(recognizer: Recognizer, picture: NDArray[np.uint8]) -> Several:
    """Find all digits in a picture and read each.

    Parameters
    ----------
    recognizer
        A run made ready to read.
    picture : uint8 (h, w, 3)
        Red, green and blue, as `open_picture` returns it.

    Raises
    ------
    PictureError
        If its ink is in too many parts to be digits.
    """
    found = found_ink(picture)
    if found.nothing:
        return Several((), ())
    parts = cut_ink(found.kept, recognizer.geometry, lambda pixels: _confidence(recognizer, pixels))
    inks = [framed_part(picture, found, _alone(part, found), recognizer.geometry) for part in parts]
    lengths = np.bincount([part.line for part in parts])
    return Several(tuple(recognizer.judge(inks)), tuple(int(length) for length in lengths if length))


def framed_part(picture: NDArray[np.uint8], found: Found, part: NDArray[np.bool_], geometry: Geometry) -> Ink:
    """Frame some of the ink that was found, bool (h, w); the rest is shown, and not read."""
    ink = frame_ink(found, part, geometry)
    return replace(ink, stages=stages_of(picture, replace(found, kept=part)) + ink.stages)


def _alone(part: Part, found: Found) -> NDArray[np.bool_]:
    top, left, bottom, right = part.box
    alone = np.zeros_like(found.kept)
    alone[top:bottom, left:right] = part.ink
    return alone


def _confidence(recognizer: Recognizer, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    logits = predict_logits(recognizer.model, recognizer.params, pixels).astype(np.float64)
    return np.asarray(probabilities(logits / recognizer.norms.temperature).max(axis=1))
