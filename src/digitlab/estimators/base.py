"""What all estimators share: scikit-learn's contract, over the models and their training."""

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import jax
import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import LabelEncoder
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from digitlab.compilation import keep_compiled
from digitlab.errors import ConfigError, DataError
from digitlab.estimators.features import Shape, as_pixels, find_scale, flattened, roomy
from digitlab.evaluation import probabilities
from digitlab.models import Model, is_number, is_whole, predict_logits
from digitlab.training import TrainingConfig, configure, initial_state, state_from
from digitlab.training.engine import Weights, make_schedule
from digitlab.training.loop import check_finite, train_weights

__all__ = ["PixelClassifier"]

Examples = tuple[NDArray[Any], NDArray[Any], Shape]
"""Features (n, h * w), labels (n,), and (h, w)."""


@dataclass(kw_only=True, eq=False, repr=False)
class PixelClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """What all estimators share: the settings of training, and the contract of scikit-learn.

    Use one of `LinearClassifier`, `MLPClassifier` and `ConvClassifier`, whose defaults are those of the
    preset `quick`.

    `X` holds images or any other features: (n, features) or (n, h, w), of bytes, other whole numbers or
    floats of any scale. The models see `X / scale_`, and no float is rounded to a byte. So the same images
    as bytes, as floats of 0 to 255 or of 0 to 1 give the same classifier but for rounding. It is one
    number for all features: where these have units of their own, put a `StandardScaler` before.

    `y` holds labels of any kind that can be sorted: numbers, strings, booleans.

    Parameters
    ----------
    steps : int
        How many batches `fit` learns from.
    epochs : float, optional
        In place of `steps`: how many times `fit` goes through the images.
    batch_size : int
        Images in a batch; all of them where there are fewer.
    learning_rate : float
        The highest rate of the optimizer.
    optimizer : {"adam", "adamw", "sgd"}
        As in `TrainingConfig`, and so are the next five.
    schedule : {"constant", "cosine", "one-cycle"}
        How the rate changes during `fit`.
    momentum : float
        Of sgd.
    weight_decay : float
        Of adamw and sgd.
    clip_norm : float, optional
        The largest norm of each variable's gradient.
    label_smoothing : float
        The share of a label that is spread over all classes. With it, probabilities are less sure than they
        could be; 0, or scikit-learn's `CalibratedClassifierCV`, mends that.
    scale : float, optional
        What in `X` is as full ink, 255, is in a picture. By default the first fit finds it: the largest
        value, where none is negative, else the root mean square.
    random_state : int, RandomState instance or None
        The seed; as in scikit-learn, None is another one for each fit. An int gives the same weights, bit for
        bit, and on the same bytes those of `train` with this seed.

    Attributes
    ----------
    classes_ : ndarray (classes,)
        The labels, sorted.
    n_features_in_ : int
        h * w.
    feature_names_in_ : ndarray of str
        Where `X` was a table with names.
    image_shape_ : (int, int)
        h and w; of (n, features) the square, or one row where there is none.
    scale_ : float
        See `scale`.
    model_ : Model
        The architecture.
    params_ : dict
        Its weights, NumPy's float32. They read pixels, in which 255 is `scale_`:
        `save_model(path, model_, image_shape_, params_)` writes them to a file.
    steps_ : int
        How many steps have been taken.
    loss_curve_ : list of float
        The mean loss on batches, in nats, of each tenth of `fit` and of each `partial_fit`.

    Notes
    -----
    There is no `sample_weight`: the loss of the training engine is a plain mean. Repeat a row instead.

    Probabilities come from single precision: one image read alone has those that it has among others to
    1e-6, and not always to the 1e-7 that scikit-learn's `check_methods_subset_invariance` asks for.

    `fit` has no validation set and stops at no other time than told; `train` does more.
    """

    steps: int
    epochs: float | None = None
    batch_size: int
    learning_rate: float
    optimizer: str = "adamw"
    schedule: str
    momentum: float = 0.9
    weight_decay: float = 0.0
    clip_norm: float | None = None
    label_smoothing: float = 0.0
    scale: float | None = None
    random_state: Any = None

    _model_name: ClassVar[str]

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Learn from the beginning.

        Raises
        ------
        ConfigError
            If a setting is out of range or does not fit the others or `X`. It is a ValueError, as all
            errors are that `X` and `y` can be the reason of.
        DivergedError
            If the loss is no longer finite.
        """
        # A fit that fails leaves nothing behind that could be taken for its result.
        self.__dict__.pop("params_", None)
        features, labels, image_shape = self._examples(X, y, reset=True)
        self._begin(features, labels, image_shape)
        self.model_, config = self._configured(len(features), self._seed)
        weights = initial_state(self.model_, config, image_shape).weights
        return self._go_on(config, weights, features, labels)

    def partial_fit(self, X: ArrayLike, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Go through `X` once more, or for the first time, from where one is.

        The rate is constant, since nobody knows how many calls will follow: the one that the schedule begins
        with, a tenth of `learning_rate` for "one-cycle". `set_params` may change it between calls. The
        optimizer remembers what went before, also a `fit`. The network and `scale_` stay as they began.

        Parameters
        ----------
        X, y
            As for `fit`.
        classes
            All labels that there will ever be; needed in the first call.

        Raises
        ------
        DataError
            If the first call names no classes, or a later one others.
        ConfigError, DivergedError
            As `fit`.
        """
        begun = hasattr(self, "params_")
        features, labels, image_shape = self._examples(X, y, reset=not begun)
        if not begun:
            self._begin(features, self._named(classes), image_shape)
        self._check_same(classes)
        model, config = self._configured(len(features), self._next_seed(), epochs=1)
        config = replace(config, periods=1, schedule="constant", learning_rate=first_rate(config))
        if begun:
            return self._go_on(config, self._remembered(config), features, labels)
        self.model_ = model
        return self._go_on(config, initial_state(model, config, image_shape).weights, features, labels)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Return the most probable label of each image, (n,)."""
        most = self._logits(X).argmax(axis=1)
        return np.asarray(self.classes_[most])

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Return the probability of each of `classes_`, float64 (n, classes)."""
        return probabilities(self._logits(X))

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that pictures, (n, h, w), may be given too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags

    def _examples(self, X: Any, y: Any, *, reset: bool) -> Examples:
        flat, pictures = flattened(X)
        features, labels = validate_data(self, flat, y, reset=reset)
        check_classification_targets(labels)
        if reset:
            return features, labels, self._image_shape(features.shape[1], pictures)
        return features, labels, self._same_shape(pictures)

    def _image_shape(self, features: int, pictures: Shape | None) -> Shape:
        side = math.isqrt(features)
        return pictures or ((side, side) if side**2 == features else (1, features))

    def _same_shape(self, pictures: Shape | None) -> Shape:
        if pictures not in (None, self.image_shape_):
            raise DataError(
                f"X has pictures of {pictures} pixels, but {type(self).__name__} is expecting "
                f"{self.image_shape_}, as in the first fit."
            )
        return self.image_shape_

    def _begin(self, features: NDArray[Any], labels: ArrayLike, image_shape: Shape) -> None:
        if self.scale is not None and not (is_number(self.scale) and 0 < self.scale < math.inf):
            raise ConfigError(f"scale must be a positive number or None, not {self.scale!r}.")
        self.scale_ = float(self.scale or find_scale(features))
        self.classes_ = LabelEncoder().fit(labels).classes_
        self.image_shape_ = image_shape
        self._seed = as_seed(self.random_state)
        self.steps_ = 0
        self.loss_curve_: list[float] = []

    def _configured(self, images: int, seed: int, **changes: Any) -> tuple[Model, TrainingConfig]:
        if not is_whole(self.batch_size):
            raise ConfigError(f"batch_size must be a whole number, not {self.batch_size!r}.")
        settings = self._settings() | {"classes": len(self.classes_), "seed": seed} | changes
        settings["batch_size"] = min(self.batch_size, images)
        return configure(self._model_name, settings, training_images=images)

    def _settings(self) -> dict[str, Any]:
        """Return the settings of the model and of its training."""
        settings: dict[str, Any] = self.get_params(deep=False)
        return {name: settings[name] for name in settings.keys() - {"scale", "random_state", "image_shape"}}

    def _named(self, classes: ArrayLike | None) -> ArrayLike:
        if classes is None:
            raise DataError("The first call of partial_fit must name all labels there will be, as classes.")
        return classes

    def _check_same(self, classes: ArrayLike | None) -> None:
        if classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise DataError(
                f"classes must be those of the first fit, {self.classes_.tolist()}, or left out; "
                f"found {np.unique(classes).tolist()}."
            )

    def _next_seed(self) -> int:
        """Return the seed of a call of `partial_fit`: each has an order and a dropout of its own."""
        if not self.steps_:
            return self._seed
        return int(np.random.SeedSequence([self._seed, self.steps_]).generate_state(1)[0])

    def _remembered(self, config: TrainingConfig) -> Weights:
        """Return the weights with the optimizer's memory, which is empty where another optimizer made it."""
        fresh = state_from(self.model_, config, self.params_).weights
        ours, theirs = jax.tree.structure(self._weights), jax.tree.structure(fresh)
        return self._weights if ours == theirs else fresh  # type: ignore[operator]

    def _go_on(
        self, config: TrainingConfig, weights: Weights, features: NDArray[Any], labels: NDArray[Any]
    ) -> Self:
        encoded = LabelEncoder().fit(self.classes_).transform(labels)
        keep_compiled()
        rows = roomy(len(features))
        images = (
            jax.device_put(self._pixels(features, rows)),
            jax.device_put(np.resize(encoded, rows).astype(np.int32)),
        )
        learning = train_weights(self.model_, config, weights, images, np.arange(len(features)))
        for period, (weights, losses) in enumerate(learning, 1):
            steps = config.last_step(period) - config.last_step(period - 1)
            check_finite(config, period, losses, *jax.tree.leaves(weights.params))
            self.loss_curve_.append(float(np.asarray(losses)[:steps].mean()))
        self._weights = jax.tree.map(np.asarray, weights)
        self.params_ = self._weights.params
        self.steps_ += config.steps
        return self

    def _pixels(self, features: NDArray[Any], rows: int) -> NDArray[Any]:
        return as_pixels(features, self.scale_, self.image_shape_, rows)

    def _logits(self, X: ArrayLike) -> NDArray[np.float32]:
        check_is_fitted(self, "params_")
        flat, pictures = flattened(X)
        features = validate_data(self, flat, reset=False)
        self._same_shape(pictures)
        logits = predict_logits(self.model_, self.params_, self._pixels(features, len(features)))
        if not np.isfinite(logits).all():
            raise DataError(
                f"X has values too far beyond those of training, {np.abs(features).max():g} where "
                f"{self.scale_:g} is usual: their logits are not finite."
            )
        return logits


def first_rate(config: TrainingConfig) -> float:
    """Return the learning rate of a training's first step."""
    return float(make_schedule(config.schedule, config.learning_rate, config.steps)(0))


def as_seed(random_state: Any) -> int:
    """Return an int as it is, and else a seed drawn as scikit-learn draws it."""
    if is_whole(random_state):
        return int(random_state)
    return int(check_random_state(random_state).randint(2**32, dtype=np.uint32))
