"""An answer: which digit, how sure, whether to believe it at all, and what it was read from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.recognition.ink import Ink

__all__ = ["Prediction"]


@dataclass(frozen=True)
class Prediction:
    """What a model reads in one picture of one digit.

    Parameters
    ----------
    digit
        The likeliest digit; None where nothing was drawn.
    probabilities : float64 (10,)
        Of each digit, at the temperature fitted on validation images.
    rejected
        Whether the answer is not to be relied on.
    reason
        Why it is rejected; empty where it is not.
    remarks
        What is unusual about the picture, sentence by sentence.
    ink
        What was found in the picture, step by step.
    strangeness
        The log odds of its being no digit; above `Norms.strangest` it is refused.
    """

    digit: int | None
    probabilities: NDArray[np.float64]
    rejected: bool
    reason: str
    remarks: tuple[str, ...]
    ink: Ink
    strangeness: float = 0.0

    @property
    def confidence(self) -> float:
        """The probability of the digit; 0 where nothing was drawn."""
        return 0.0 if self.digit is None else float(self.probabilities[self.digit])

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON has it, without the pictures."""
        return {
            "digit": self.digit,
            "confidence": self.confidence,
            "probabilities": [float(share) for share in self.probabilities],
            "rejected": self.rejected,
            "reason": self.reason,
            "remarks": list(self.remarks),
            "strangeness": self.strangeness,
            "box": self.ink.box,
        }
