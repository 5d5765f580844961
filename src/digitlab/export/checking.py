"""An ONNX file held against the run that it was made of: ONNX's checker, and ONNX Runtime on real digits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray

from digitlab.evaluation import probabilities
from digitlab.export.drawings import drawn_from, frame_drawing
from digitlab.export.original import Original
from digitlab.models import predict_logits

__all__ = ["LIMIT", "Agreement", "agreement", "answers_of", "check_onnx", "open_session"]

# How far probabilities may be from the run's, and logits, as a share of the largest of their image.
LIMIT = 1e-5
# How far a pixel of a framed drawing may be, in grey levels: what is half a level may be rounded up or down.
PIXEL_LIMIT = 1

MOST_CHECKED = 10_000
# Of drawings, which are large.
MOST_DRAWN = 1_000
AT_A_TIME = 500
ERRORS_ONLY = 3

Pixels = NDArray[np.uint8]
Answers = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Agreement:
    """How far the answers of an ONNX file are from the run's.

    Parameters
    ----------
    images
        How many were read by both.
    probabilities
        The largest difference of a probability.
    logits
        The largest difference of a logit, as a share of the largest logit of its image, or of 1 where that
        is larger.
    pixels
        The largest difference of a pixel of a framed drawing, in grey levels; None where none was framed.
    """

    images: int
    probabilities: float
    logits: float
    pixels: int | None = None

    @property
    def failures(self) -> list[str]:
        """What differs by more than it may, in words; not a number does."""
        found = {
            "probabilities": (self.probabilities, LIMIT),
            "logits, as a share of the image's largest,": (self.logits, LIMIT),
            "framed pixels": (self.pixels or 0, PIXEL_LIMIT),
        }
        return [
            f"{what} differ by up to {value:.2g}, more than {limit:g}"
            for what, (value, limit) in found.items()
            if not value <= limit
        ]


def check_onnx(path: Path, original: Original, *, ink: bool = False) -> Agreement:
    """Check a file by ONNX's own checker, and read the run's validation images by it and by the run.

    With `ink` these are made into drawings, light and dark, of several sizes: their pixels are held against
    those that digitlab frames of the same drawings, and the answers against the run's to the same pixels.

    Raises
    ------
    onnx.checker.ValidationError
        If it is no ONNX model, which would be a mistake in this package.
    """
    onnx.checker.check_model(str(path), full_check=True)
    session = open_session(path)
    if ink:
        return _check_ink(session, original)
    images = original.images.pixels[:MOST_CHECKED]
    return agreement(answers_of(session, images), original.logits[: len(images)], original.temperature)


def open_session(path: Path) -> onnxruntime.InferenceSession:
    """Return ONNX Runtime's session of a file, on the CPU."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = ERRORS_ONLY
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def answers_of(session: onnxruntime.InferenceSession, pictures: Pixels) -> Answers:
    """Return every output of a session for any number of pictures, by its name."""
    (given,), names = session.get_inputs(), [output.name for output in session.get_outputs()]
    starts = range(0, len(pictures), AT_A_TIME)
    parts = [session.run(names, {given.name: pictures[start : start + AT_A_TIME]}) for start in starts]
    return _joined([dict(zip(names, part, strict=True)) for part in parts])


def agreement(answers: Answers, logits: NDArray[np.floating[Any]], temperature: float) -> Agreement:
    """Return how far answers are from a run's logits, float (n, classes), and their probabilities."""
    largest = np.maximum(np.abs(logits).max(axis=1, keepdims=True), 1)
    shares = probabilities(np.asarray(logits, np.float64) / temperature)
    return Agreement(
        images=len(logits),
        probabilities=float(np.abs(answers["probabilities"] - shares).max()),
        logits=float((np.abs(answers["logits"] - logits) / largest).max()),
    )


def _check_ink(session: onnxruntime.InferenceSession, original: Original) -> Agreement:
    drawings = list(drawn_from(original.images.pixels[:MOST_DRAWN]))
    answers = _joined([answers_of(session, part) for part in drawings])
    seen = answers["pixels"]
    logits = predict_logits(original.run.config.model, original.params, seen)
    framed = np.array([frame_drawing(each) for part in drawings for each in part], np.int64)
    return replace(agreement(answers, logits, original.temperature), pixels=int(np.abs(seen - framed).max()))


def _joined(parts: Sequence[Answers]) -> Answers:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
