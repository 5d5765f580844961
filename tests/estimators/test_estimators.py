import doctest
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import digitlab.estimators.classifiers
from digitlab import Dataset, Split, fit, load_model, predict_logits, save_model
from digitlab.errors import ConfigError, DataError, DigitlabError, DivergedError
from digitlab.estimators import ConvClassifier, LinearClassifier, MLPClassifier, PixelClassifier
from digitlab.estimators.features import find_scale
from digitlab.training import configure, preset_settings
from digitlab.training.engine import run_period

ALL: dict[str, Any] = {"linear": LinearClassifier, "mlp": MLPClassifier, "conv": ConvClassifier}
Data = tuple[Dataset, Dataset]
WORDS = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def made(name: str, **settings: Any) -> Any:
    small = {"steps": 60, "batch_size": 64, "random_state": 0} | (
        {"channels": (4, 8)} if name == "conv" else {}
    )
    return ALL[name](**small | settings)


def compiled() -> int:
    count: Any = run_period
    return int(count._cache_size())


def assert_same_weights(one: PixelClassifier, other: PixelClassifier, atol: float = 0) -> None:
    for layer, arrays in one.params_.items():
        for part, array in arrays.items():
            np.testing.assert_allclose(array, other.params_[layer][part], rtol=0, atol=atol)


@pytest.mark.parametrize("name", ALL)
def test_defaults_are_those_of_the_preset_quick(name: str) -> None:
    quick = preset_settings("quick", name)
    quick.pop("periods", None)
    assert ALL[name]().get_params().items() >= quick.items()


@pytest.mark.parametrize("name", ALL)
def test_weights_are_those_of_the_training_engine(name: str, few: Dataset) -> None:
    split = Split(few, np.arange(500), np.arange(9), 0, 0)
    estimator = made(name, random_state=7).fit(few.pixels, few.labels)
    told = {key: value for key, value in estimator.get_params().items() if key not in NOT_TRAINING}
    model, config = configure(name, told | {"seed": 7}, training_images=500)
    fitted = fit(model, config, split)
    assert estimator.model_ == model
    for layer, arrays in fitted.params.items():
        for part, array in arrays.items():
            np.testing.assert_array_equal(estimator.params_[layer][part], array)


NOT_TRAINING = {"random_state", "scale", "image_shape"}


@pytest.mark.parametrize("name", ALL)
def test_bytes_and_floats_of_any_range_and_pictures_are_the_same(name: str, few: Dataset) -> None:
    pixels, labels = few.pixels, few.labels
    bytes_ = made(name).fit(pixels, labels)
    flat = pixels.reshape(len(pixels), -1)
    assert (bytes_.scale_, bytes_.n_features_in_, bytes_.image_shape_) == (255, 64, (8, 8))
    assert_same_weights(bytes_, made(name).fit(flat.astype(float), labels))
    shares = made(name).fit(flat / 255, labels)
    assert shares.scale_ == 1
    assert_same_weights(bytes_, shares, atol=1e-3)
    np.testing.assert_array_equal(bytes_.predict(pixels), bytes_.predict(flat))
    np.testing.assert_array_equal(bytes_.predict(list(pixels[:20])), bytes_.predict(flat[:20]))


def test_floats_are_not_rounded_to_bytes() -> None:
    generator = np.random.default_rng(0)
    X = generator.random((200, 9))
    estimator = made("linear").fit(X, X[:, 0] > 0.5)
    finer = np.full((50, 9), 0.5)
    finer[:, 0] += np.linspace(0, 0.5 / 255, 50)
    assert (np.diff(estimator.predict_proba(finer)[:, 1]) > 0).all()


@given(exponent=st.integers(-900, 900), signed=st.booleans())
@settings(max_examples=20)
def test_the_unit_of_the_features_does_not_matter(exponent: int, signed: bool) -> None:
    X = np.random.default_rng(1).normal(size=(30, 6))
    X = X if signed else np.abs(X)
    found = find_scale(X)
    assert found == pytest.approx(np.sqrt(np.mean(X**2)) if signed else X.max())
    factor = 2.0**exponent
    assert find_scale(X * factor) == found * factor
    estimator, scaled = made("mlp"), made("mlp")
    y = X[:, 0] > 1
    assert_same_weights(estimator.fit(X, y), scaled.fit(X * factor, y))
    np.testing.assert_array_equal(estimator.predict_proba(X), scaled.predict_proba(X * factor))


@pytest.mark.parametrize("value", [0.0, 5e-324, 1.7e308])
def test_blank_and_extreme_features_are_learnt_from(value: float) -> None:
    X, y = np.full((4, 3), value), [0, 1, 1, 1]
    assert set(made("linear").fit(X, y).predict(X)) == {1}


@pytest.mark.parametrize("name", ALL)
def test_a_file_of_the_weights_reads_pixels_whatever_was_learnt_from(
    name: str, digits: Data, few: Dataset, tmp_path: Path
) -> None:
    test = digits[1]
    estimator = made(name).fit(few.pixels / 255, few.labels)
    path = tmp_path / "model.safetensors"
    save_model(path, estimator.model_, estimator.image_shape_, estimator.params_)
    model, _, params = load_model(path)
    read = predict_logits(model, params, test.pixels).argmax(axis=1)
    np.testing.assert_array_equal(read, estimator.predict(test.pixels / 255))


@pytest.mark.parametrize("name", ALL)
def test_an_int_gives_the_same_bits_and_none_others(name: str, few: Dataset) -> None:
    X, y = few.pixels, few.labels
    estimator = made(name, random_state=3)
    assert_same_weights(clone(estimator).fit(X, y), estimator.fit(X, y))
    drawn = [made(name, random_state=np.random.RandomState(5)).fit(X, y) for _ in range(2)]
    assert_same_weights(*drawn)
    others = [made(name, random_state=None).fit(X, y).params_["output"]["kernel"] for _ in range(2)]
    assert (others[0] != others[1]).any()


@pytest.mark.parametrize("name", ALL)
def test_a_pickle_reads_and_goes_on_as_before(name: str, few: Dataset, tmp_path: Path) -> None:
    X, y = few.pixels, few.labels
    estimator = made(name).fit(X, y)
    joblib.dump(estimator, tmp_path / "estimator.joblib")
    loaded = joblib.load(tmp_path / "estimator.joblib")
    np.testing.assert_array_equal(estimator.predict_proba(X), loaded.predict_proba(X))
    assert_same_weights(estimator.partial_fit(X, y), loaded.partial_fit(X, y))


def test_pipelines_searches_cross_validation_and_calibration(digits: Data, few: Dataset) -> None:
    test, truth = digits[1].pixels, WORDS[digits[1].labels]
    X, y = few.pixels.reshape(-1, 64).astype(float), WORDS[few.labels]
    grid = {"mlpclassifier__hidden_units": [(2,), 64]}
    search = GridSearchCV(make_pipeline(StandardScaler(), made("mlp")), grid, cv=2).fit(X, y)
    assert search.best_params_ == {"mlpclassifier__hidden_units": 64}
    assert search.score(test.reshape(-1, 64).astype(float), truth) > 0.9
    read = cross_val_predict(made("conv"), few.pixels, y, cv=2)
    assert np.mean(read == y) > 0.6
    calibrated = CalibratedClassifierCV(made("linear", steps=300), cv=2).fit(few.pixels, y)
    assert calibrated.score(test, truth) > 0.85
    assert set(calibrated.classes_) == set(WORDS)


@pytest.mark.parametrize("name", ALL)
def test_folds_that_differ_by_an_image_share_what_is_compiled(name: str, few: Dataset) -> None:
    X, y = few.pixels, few.labels
    made(name).fit(X, y)
    before = compiled()
    for images in (333, 334, 499):
        made(name).fit(X[:images], y[:images])
    assert compiled() == before


@pytest.mark.parametrize("name", ["linear", "mlp"])
def test_partial_fits_of_all_at_once_are_steps_of_one_fit(name: str, digits: Data) -> None:
    X, y = digits[0].pixels[:50], digits[0].labels[:50]
    settings = {"batch_size": 50, "learning_rate": 0.003, "schedule": "constant"}
    whole = made(name, steps=5, **settings).fit(X, y)
    parts = made(name, **settings)
    for _ in range(5):
        parts.partial_fit(X, y, classes=range(10))
    assert_same_weights(whole, parts, atol=2e-5)
    np.testing.assert_allclose(
        np.mean(np.split(np.array(whole.loss_curve_), 5), axis=1), parts.loss_curve_, 1e-4
    )
    assert whole.steps_ == parts.steps_ == 5


@pytest.mark.parametrize("name", ALL)
def test_a_partial_fit_sees_every_image_and_goes_on_from_a_fit(name: str, digits: Data) -> None:
    X, y = digits[0].pixels, digits[0].labels
    estimator = made(name, steps=30).fit(X[:500], y[:500])
    before = estimator.score(digits[1].pixels, digits[1].labels)
    for _ in range(3):
        estimator.partial_fit(X[500:1000], y[500:1000])
    assert estimator.score(digits[1].pixels, digits[1].labels) > before
    assert estimator.steps_ == 30 + 3 * 8
    assert len(estimator.loss_curve_) == 10 + 3


def test_classes_may_come_late_and_the_optimizer_may_change(few: Dataset) -> None:
    X, y = few.pixels, WORDS[few.labels]
    ones = np.flatnonzero(y == "one")
    estimator = made("mlp", schedule="constant").partial_fit(X[ones], y[ones], classes=WORDS)
    for _ in range(9):
        estimator.partial_fit(X[ones], y[ones])
    assert set(estimator.predict(X[:50])) == {"one"}
    assert estimator.predict_proba(X[:50]).shape == (50, 10)
    estimator.set_params(optimizer="sgd", learning_rate=0.1)
    for _ in range(10):
        estimator.partial_fit(X, y)
    assert estimator.score(X, y) > 0.9


def test_few_images_few_classes_and_few_steps_are_enough() -> None:
    X = np.array([[0, 255], [255, 0], [0, 250]], np.uint8)
    assert made("mlp").fit(X, ["a", "b", "a"]).predict(X).tolist() == ["a", "b", "a"]
    alone = made("linear", steps=1).fit(X, [True] * 3)
    assert alone.predict_proba(X).tolist() == [[1.0]] * 3
    assert alone.loss_curve_ == [0.0]
    many = np.repeat(np.arange(300), 3)
    assert len(made("linear").fit(many[:, None], many).classes_) == 300


def test_epochs_are_counted_in_images(digits: Data) -> None:
    X, y = digits[0].pixels[:100], digits[0].labels[:100]
    assert made("mlp", epochs=2.5, batch_size=30).fit(X, y).steps_ == 9


def wide(rows: int = 20) -> Any:
    return np.arange(rows * 64).reshape(rows, 8, 8) % 251


@pytest.mark.parametrize(
    ("name", "settings", "error", "words"),
    [
        ("mlp", {"steps": 0}, ConfigError, "steps must be 1 or more, not 0"),
        ("mlp", {"steps": "many"}, ConfigError, "steps must be a whole number, not many"),
        ("mlp", {"epochs": "two"}, ConfigError, "epochs must be a positive number, not two"),
        ("mlp", {"batch_size": None}, ConfigError, "batch_size must be a whole number, not None"),
        ("mlp", {"batch_size": 0}, ConfigError, "batch_size must be 1 or more"),
        ("mlp", {"learning_rate": "fast"}, ConfigError, "learning_rate must be a number, not 'fast'"),
        ("mlp", {"learning_rate": None}, ConfigError, "learning_rate must be a number, not None"),
        ("mlp", {"optimizer": "adam"}, ConfigError, "adam takes no weight_decay"),
        ("mlp", {"schedule": "slow"}, ConfigError, "schedule must be one of constant"),
        (
            "mlp",
            {"hidden_units": 0},
            ConfigError,
            "hidden_units must be one or more positive whole numbers",
        ),
        ("mlp", {"hidden_units": None}, ConfigError, "hidden_units must be one or more .* not None"),
        ("mlp", {"dropout": "some"}, ConfigError, "dropout is the share"),
        ("mlp", {"scale": 0}, ConfigError, "scale must be a positive number or None, not 0"),
        ("mlp", {"scale": "big"}, ConfigError, "scale must be a positive number or None, not 'big'"),
        ("mlp", {"random_state": -1}, ConfigError, "seed must be a whole number from 0"),
        ("mlp", {"random_state": "x"}, ValueError, "cannot be used to seed"),
        ("conv", {"channels": 4}, ConfigError, "channels must be one or more whole numbers from 1"),
        ("conv", {"channels": (4,) * 9}, ConfigError, "too small for the 9 convolutional"),
        ("conv", {"image_shape": (4, 16)}, ConfigError, "image_shape must be the height and width"),
        ("conv", {"image_shape": 64}, ConfigError, "image_shape must be one or more"),
        ("linear", {"learning_rate": 1e38, "steps": 20}, DivergedError, "smaller learning rate"),
    ],
)
def test_settings_that_cannot_be_used(
    name: str, settings: dict[str, Any], error: type[Exception], words: str
) -> None:
    X, y, estimator = wide(), np.arange(20) % 2, ALL[name](**settings)
    with pytest.raises(error, match=words):
        estimator.fit(X, y)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        estimator.predict(X)
    if error is not DivergedError:
        assert issubclass(error, ValueError)


def test_a_fit_that_fails_leaves_no_older_one() -> None:
    estimator = made("linear").fit(wide(), np.arange(20) % 2)
    with pytest.raises(ConfigError, match="steps must be 1 or more"):
        estimator.set_params(steps=0).fit(wide(), np.arange(20) % 2)
    with pytest.raises(NotFittedError, match="not fitted yet"):
        estimator.predict(wide())


def test_a_convolution_needs_pictures() -> None:
    y = np.arange(20) % 2
    with pytest.raises(
        ConfigError, match=r"60 features are no square picture: give X as \(n, h, w\), or name"
    ):
        made("conv").fit(np.ones((20, 60)), y)
    wide = np.random.default_rng(0).random((20, 9, 12))
    one, other = made("conv").fit(wide, y), made("conv", image_shape=(9, 12)).fit(wide.reshape(20, 108), y)
    assert one.image_shape_ == other.image_shape_ == (9, 12)
    assert_same_weights(one, other)
    assert made("mlp").fit(wide, y).image_shape_ == (9, 12)
    assert made("mlp").fit(wide.reshape(20, 108), y).image_shape_ == (1, 108)
    with pytest.raises(
        DataError, match=r"pictures of \(12, 9\) pixels, but ConvClassifier is expecting \(9, 12\)"
    ):
        one.predict(wide.reshape(20, 12, 9))


@pytest.mark.parametrize(
    ("words", "call"),
    [
        ("must name all labels there will be", lambda est, X, y: clone(est).partial_fit(X, y)),
        (r"those of the first fit, \[0, 1\]", lambda est, X, y: est.partial_fit(X, y, classes=[0, 1, 2])),
        ("previously unseen labels", lambda est, X, y: est.partial_fit(X, y + 1)),
        ("expecting 64 features", lambda est, X, y: est.predict(X[:, :4].reshape(20, 32))),
        ("Unknown label type", lambda est, X, y: est.fit(X, y + 0.5)),
        ("NaN", lambda est, X, y: est.predict(np.full((1, 64), np.nan))),
        (
            "values too far beyond those of training, 1e\\+60 where 250 is",
            lambda est, X, y: est.predict(X + 1e60),
        ),
    ],
)
def test_data_that_cannot_be_used(words: str, call: Callable[..., Any]) -> None:
    X, y = wide(), np.arange(20) % 2
    with pytest.raises(ValueError, match=words):
        call(made("mlp").fit(X, y), X, y)


def test_errors_of_ours_are_in_the_tree() -> None:
    with pytest.raises(DigitlabError, match="must name all labels"):
        made("mlp").partial_fit(wide(), np.arange(20) % 2)


def test_the_example_runs() -> None:
    assert doctest.testmod(digitlab.estimators.classifiers) == (0, 5)
