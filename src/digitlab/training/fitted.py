"""A whole training in one call."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Split
from digitlab.models import Model, Params, predict_logits
from digitlab.training.config import TrainingConfig
from digitlab.training.trainer import HistoryRow, TrainingState, train

__all__ = ["Fitted", "curves", "fit"]


@dataclass(frozen=True, eq=False)
class Fitted:
    """A model with the weights that a training gave it, and how it learned them.

    Parameters
    ----------
    model, config
        What was trained, and how.
    params
        The weights.
    history
        What was measured at the end of each period.
    """

    model: Model
    config: TrainingConfig
    params: Params
    history: tuple[HistoryRow, ...]

    def read(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return the logits of images, float32 (n, classes) of uint8 (n, h, w)."""
        return predict_logits(self.model, self.params, pixels)


def fit(model: Model, config: TrainingConfig, split: Split, *, state: TrainingState | None = None) -> Fitted:
    """Train a model to its end, from the beginning or from `state`; `train` does it period by period.

    Raises
    ------
    ConfigError, DivergedError
        As `train`.

    Examples
    --------
    >>> from digitlab import Linear, TrainingConfig, fit, load_dataset, stratified_split
    >>> digits, test = load_dataset("digits")
    >>> fitted = fit(Linear(), TrainingConfig(steps=100, periods=2), stratified_split(digits))
    >>> fitted.read(test.pixels).shape
    (450, 10)
    """
    done = list(train(model, config, split, state=state))
    return Fitted(model, config, done[-1][1].params, tuple(row for row, _ in done))


def curves(history: Sequence[HistoryRow]) -> tuple[list[int], list[float], list[float]]:
    """Return the periods, and the log loss on training and on validation images after each."""
    return (
        [row.period for row in history],
        [row.train_log_loss for row in history],
        [row.validation_log_loss for row in history],
    )
