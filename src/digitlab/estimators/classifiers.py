"""The classifiers, simplest first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digitlab.errors import ConfigError
from digitlab.estimators.base import PixelClassifier
from digitlab.estimators.features import Shape
from digitlab.models import as_sizes, is_whole

__all__ = ["ConvClassifier", "LinearClassifier", "MLPClassifier"]


@dataclass(kw_only=True, eq=False, repr=False)
class LinearClassifier(PixelClassifier):
    """Softmax regression: one weighted sum of the features for each class.

    Parameters and attributes are those of `PixelClassifier`; its loss is convex, and a seed decides
    only the order of the batches.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = load_digits(return_X_y=True)
    >>> scores = cross_val_score(LinearClassifier(steps=500, random_state=0), X, y)
    >>> print(f"{scores.mean():.1f}")
    0.9
    """

    steps: int = 6000
    batch_size: int = 128
    learning_rate: float = 0.006
    schedule: str = "cosine"

    _model_name = "linear"


@dataclass(kw_only=True, eq=False, repr=False)
class MLPClassifier(PixelClassifier):
    """A network of fully connected hidden layers with ReLU.

    Parameters and attributes are those of `PixelClassifier`, and:

    Parameters
    ----------
    hidden_units : int or sequence of int
        Units of each hidden layer, first to last.
    dropout : float
        The share of each hidden layer's units that training silences.
    """

    hidden_units: int | Sequence[int] = (256,)
    dropout: float = 0.0
    steps: int = 600
    batch_size: int = 256
    learning_rate: float = 0.015
    schedule: str = "one-cycle"
    weight_decay: float = 0.05
    label_smoothing: float = 0.1

    _model_name = "mlp"

    def _settings(self) -> dict[str, Any]:
        settings = super()._settings()
        if is_whole(self.hidden_units):
            settings["hidden_units"] = (self.hidden_units,)
        return settings


@dataclass(kw_only=True, eq=False, repr=False)
class ConvClassifier(PixelClassifier):
    """A small convolutional network: `X` must be pictures.

    Parameters and attributes are those of `PixelClassifier`, and:

    Parameters
    ----------
    channels : sequence of int
        Filters of each convolutional layer, first to last.
    hidden_units : sequence of int
        Units of each dense layer between them and the output.
    dropout : float
        The share of what enters each dense layer, the output included, that training silences.
    image_shape : (int, int), optional
        h and w of the pictures where `X` is (n, features); by default they are square.
    """

    channels: Sequence[int] = (32, 64)
    hidden_units: Sequence[int] = ()
    dropout: float = 0.0
    image_shape: tuple[int, int] | None = None
    steps: int = 800
    batch_size: int = 128
    learning_rate: float = 0.015
    schedule: str = "one-cycle"
    weight_decay: float = 0.05
    label_smoothing: float = 0.1

    _model_name = "conv"

    def _image_shape(self, features: int, pictures: Shape | None) -> Shape:
        if self.image_shape is not None:
            return self._told_shape(features, pictures)
        found = super()._image_shape(features, pictures)
        if found == (1, features) != pictures:
            raise ConfigError(
                f"{features} features are no square picture: give X as (n, h, w), or name image_shape=(h, w)."
                " For what is no picture there are LinearClassifier and MLPClassifier."
            )
        return found

    def _told_shape(self, features: int, pictures: Shape | None) -> Shape:
        told = as_sizes("image_shape", self.image_shape, least=1)
        if len(told) != 2 or math.prod(told) != features or pictures not in (None, told):
            raise ConfigError(
                f"image_shape must be the height and width of the pictures in X, not {told}: "
                f"X has {pictures or features} features."
            )
        return told[0], told[1]
