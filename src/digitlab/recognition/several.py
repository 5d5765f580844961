"""A whole picture read: every digit in it, in the order of reading."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data.framing import Geometry
from digitlab.errors import PictureError
from digitlab.evaluation import probabilities
from digitlab.models import predict_logits
from digitlab.recognition.ink import Found, Ink, Stage, frame_ink, stages_of
from digitlab.recognition.lattice import Runs
from digitlab.recognition.lines import text_lines
from digitlab.recognition.pieces import pieces_of
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.recognizer import Recognizer
from digitlab.recognition.segments import Part, cut_ink, found_ink

__all__ = ["Several", "find_some", "framed_part", "read_many"]

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
            "digits": [each.as_dict() for each in self.digits],
        }


def find_some(picture: NDArray[np.uint8], most: int) -> Found:
    """Find the ink of a picture, uint8 (h, w, 3), unless it may be digits in more than so many ways.

    A picture has about ten for each digit. How long it takes to read goes with them, and one that is made
    for it has thousands.

    Raises
    ------
    PictureError
        If there are more, or the ink is in too many parts to be digits.
    """
    found, ways = found_ink(picture), 0
    for line in () if found.nothing else text_lines(found.kept):
        ways += len(Runs(pieces_of(line)).ends)
        if ways > most:
            raise PictureError(
                f"The picture has ink for more than about {most // 10} digits, the most that are read at a "
                "time here. Nothing was read; cut out the part of it with the digits."
            )
    return found


def read_many(recognizer: Recognizer, picture: NDArray[np.uint8], *, found: Found | None = None) -> Several:
    """Find all digits in a picture and read each.

    Parameters
    ----------
    recognizer
        A run made ready to read.
    picture : uint8 (h, w, 3)
        Red, green and blue, as `open_picture` returns it.
    found
        Its ink, where that has been found.

    Raises
    ------
    PictureError
        If its ink is in too many parts to be digits.
    """
    found = found or found_ink(picture)
    if found.nothing:
        return Several((), ())
    parts = cut_ink(found.kept, recognizer.geometry, lambda pixels: _confidence(recognizer, pixels))
    shown = stages_of(picture, found)[:2]
    inks = [_framed(shown, found, _alone(part, found), recognizer.geometry) for part in parts]
    lengths = np.bincount([part.line for part in parts])
    return Several(tuple(recognizer.judge(inks)), tuple(int(length) for length in lengths if length))


def framed_part(picture: NDArray[np.uint8], found: Found, part: NDArray[np.bool_], geometry: Geometry) -> Ink:
    """Frame some of the ink that was found, bool (h, w); the rest is shown, and not read."""
    return _framed(stages_of(picture, found)[:2], found, part, geometry)


def _framed(shown: tuple[Stage, ...], found: Found, part: NDArray[np.bool_], geometry: Geometry) -> Ink:
    ink = frame_ink(found, part, geometry)
    alone = Stage("digit", 255 * part.astype(np.uint8))
    return replace(ink, stages=(*shown, alone, *ink.stages))


def _alone(part: Part, found: Found) -> NDArray[np.bool_]:
    top, left, bottom, right = part.box
    alone = np.zeros_like(found.kept)
    alone[top:bottom, left:right] = part.ink
    return alone


def _confidence(recognizer: Recognizer, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    logits = predict_logits(recognizer.model, recognizer.params, pixels).astype(np.float64)
    return np.asarray(probabilities(logits / recognizer.norms.temperature).max(axis=1))
