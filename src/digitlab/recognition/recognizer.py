"""A run made ready to read pictures."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from digitlab.data.framing import Geometry, geometry_of
from digitlab.evaluation import probabilities
from digitlab.models import Model, Params, predict_logits
from digitlab.recognition.guard import strangeness
from digitlab.recognition.ink import Ink, prepare
from digitlab.recognition.norms import Norms
from digitlab.recognition.prediction import Prediction
from digitlab.recognition.refusal import reason_against, remarks_on
from digitlab.recognition.remarks import picture_remarks
from digitlab.runs import Run

__all__ = ["Recognizer"]


@dataclass(frozen=True)
class Recognizer:
    """A finished run, and what its answers are held against.

    Parameters
    ----------
    run
        Where it comes from.
    model, params
        What it is.
    geometry
        How its training data were made.
    norms
        What its validation images were like.
    """

    run: Run
    model: Model
    params: Params = field(repr=False)
    geometry: Geometry
    norms: Norms

    @classmethod
    def of(cls, run: Run, norms: Norms) -> "Recognizer":
        """Make a finished run ready to read.

        Raises
        ------
        RunError
            If it is not finished, or damaged.
        ConfigError
            If no pictures can be made into what it was trained on.
        """
        geometry = geometry_of(run.config.data.image_shape)
        return cls(run, run.config.model, run.params(), geometry, norms)

    def read(self, pictures: Sequence[NDArray[np.uint8]]) -> list[Prediction]:
        """Read pictures of one digit each, uint8 (h, w, 3), as `open_picture` returns them."""
        return self.judge([prepare(picture, self.geometry) for picture in pictures])

    def judge(self, inks: Sequence[Ink]) -> list[Prediction]:
        """Read what was found in pictures."""
        if not inks:
            return []
        pixels = np.stack([ink.pixels for ink in inks])
        logits = predict_logits(self.model, self.params, pixels).astype(np.float64)
        shares = probabilities(logits / self.norms.temperature)
        strange = strangeness(self.norms.guard, pixels)
        return [self._prediction(*each) for each in zip(inks, shares, strange.tolist(), strict=True)]

    def _prediction(self, ink: Ink, shares: NDArray[np.float64], strange: float) -> Prediction:
        reason = reason_against(ink, shares, strange, self.norms)
        if ink.nothing:
            uniform = np.full(len(shares), 1 / len(shares))
            return Prediction(None, uniform, True, reason, (), ink, strange)
        remarks = (*picture_remarks(ink, self.geometry), *remarks_on(ink, self.geometry, self.norms))
        return Prediction(int(shares.argmax()), shares, bool(reason), reason, remarks, ink, strange)
