"""Whether some ink in a line is one whole digit, a sign between digits, or neither: a small network's answer.

A model that was trained on digits alone is sure of half a digit too: a half of a 0 is a good 1. This network
has seen pieces of digits, pairs of them and signs, each in its place between neighbours; the weights in
`wholeness.safetensors` were fitted by `benchmarks/wholeness.py` to strings made of MNIST's training images.
"""

from functools import cache
from importlib.resources import as_file, files
from typing import Final

import numpy as np
from numpy.typing import NDArray

from digitlab.evaluation import probabilities
from digitlab.models import Model, Params, load_model, predict_logits

__all__ = ["DIGIT", "NEITHER", "SIGN", "wholeness"]

NEITHER: Final = 0
DIGIT: Final = 1
SIGN: Final = 2


def wholeness(views: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Return the probabilities of `NEITHER`, `DIGIT` and `SIGN`, float64 (m, 3).

    Parameters
    ----------
    views : uint8 (m, 32, 32)
        As `Runs.views` returns them.
    """
    return probabilities(predict_logits(*_network(), views).astype(np.float64))


@cache
def _network() -> tuple[Model, Params]:
    with as_file(files("digitlab.recognition") / "wholeness.safetensors") as path:
        model, _, params = load_model(path)
    return model, params
