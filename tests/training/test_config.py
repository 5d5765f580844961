"""Settings: what is refused and what presets say."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, strategies as st

from digitlab.errors import ConfigError
from digitlab.models import MLP, MODELS, Linear
from digitlab.training import (
    PRESETS,
    Augmentation,
    TrainingConfig,
    configure,
    preset_models,
    preset_settings,
)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"steps": 0}, "steps must be 1 or more, not 0"),
        ({"steps": -3}, "steps must be 1 or more, not -3"),
        ({"periods": 0}, "periods must be 1 or more"),
        ({"batch_size": 0}, "batch_size must be 1 or more"),
        ({"steps": 5, "periods": 6}, "6 periods need at least 6 steps, not 5"),
        ({"learning_rate": -0.1}, "learning_rate must be a positive number, not -0.1"),
        ({"learning_rate": 0.0}, "learning_rate must be a positive number"),
        ({"learning_rate": float("nan")}, "learning_rate must be a positive number, not nan"),
        ({"learning_rate": float("inf")}, r"learning_rate must be 3.4e\+38 or less"),
        ({"learning_rate": "fast"}, "learning_rate must be a number, not 'fast'"),
        ({"learning_rate": None}, "learning_rate must be a number, not None"),
        ({"clip_norm": True}, "clip_norm must be a number, not True"),
        ({"steps": 2**31}, "steps must be 2,147,483,647 or less, not 2,147,483,648"),
        ({"steps": 100.0}, "steps must be a whole number, not 100.0"),
        ({"batch_size": True}, "batch_size must be a whole number, not True"),
        ({"clip_norm": 0.0}, "clip_norm must be a positive number"),
        ({"optimizer": "lbfgs"}, "optimizer must be one of adam, adamw, sgd, not 'lbfgs'"),
        ({"schedule": "step"}, "schedule must be one of constant, cosine, one-cycle, not 'step'"),
        ({"momentum": 1.0}, r"momentum must be in \[0, 1\)"),
        ({"label_smoothing": 1.0}, r"label_smoothing must be in \[0, 1\), not 1.0"),
        ({"label_smoothing": -0.1}, r"label_smoothing must be in \[0, 1\), not -0.1"),
        ({"ema_decay": 1.0}, r"ema_decay must be in \[0, 1\), not 1.0"),
        ({"ema_decay": float("nan")}, r"ema_decay must be in \[0, 1\), not nan"),
        ({"augmentation": None}, "augmentation must be a mapping of its settings, not None"),
        ({"augmentation": {"shift": 99}}, "shift must be a number from 0 to 14, not 99"),
        (
            {"augmentation": {"shft": 2, "rotate": 3}},
            "augmentation has no setting shft: its settings are shift, rotate, scale, shear, stroke, elastic",
        ),
        ({"weight_decay": -1.0}, "weight_decay must be 0 or more"),
        ({"weight_decay": 0.1}, "choose the optimizer adamw"),
        ({"patience": 0}, "patience must be 1 or more"),
        ({"seed": -1}, "seed must be a whole number from 0"),
        ({"seed": 2**32}, "seed must be a whole number from 0"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainingConfig(**settings)


def test_the_last_steps_of_the_periods() -> None:
    config = TrainingConfig(steps=1000, periods=10)
    assert [config.last_step(period) for period in range(11)] == list(range(0, 1001, 100))


@given(steps=st.integers(1, 10**6), periods=st.integers(1, 200))
def test_the_longest_period_is_the_longest_there_is(steps: int, periods: int) -> None:
    config = TrainingConfig(steps=max(steps, periods), periods=periods)
    last_steps = [config.last_step(period) for period in range(periods + 1)]
    assert max(np.diff(last_steps)) == config.longest_period


def test_settings_survive_json() -> None:
    config = TrainingConfig(
        schedule="one-cycle",
        label_smoothing=0.1,
        ema_decay=0.99,
        augmentation=Augmentation(shift=2, rotate=10, elastic=1.5),
        patience=3,
    )
    assert TrainingConfig(**json.loads(json.dumps(config.as_dict()))) == config
    assert hash(TrainingConfig(**config.as_dict())) == hash(config)


def test_settings_that_were_saved_before_there_were_more_are_read_as_off() -> None:
    old = TrainingConfig().as_dict()
    for setting in ("label_smoothing", "ema_decay", "augmentation"):
        del old[setting]
    assert TrainingConfig(**old) == TrainingConfig()
    assert TrainingConfig().augmentation.is_off


def test_the_exercise_has_the_exercises_settings() -> None:
    short = configure("linear", preset_settings("exercise-short", "linear"), training_images=50_000)
    linear = configure("linear", preset_settings("exercise", "linear"), training_images=50_000)
    network = configure("mlp", preset_settings("exercise", "mlp"), training_images=50_000)
    assert short == (Linear(), TrainingConfig(100, 10, 10, 0.02, clip_norm=5.0))
    assert linear == (Linear(), TrainingConfig(1000, 10, 30, 0.003, clip_norm=5.0))
    assert network == (MLP((100, 100)), TrainingConfig(1000, 10, 30, 0.003))


def test_the_default_preset_has_all_models_simplest_first() -> None:
    assert preset_models("quick") == list(MODELS) == ["linear", "mlp", "conv"]


def test_every_preset_makes_the_models_it_names() -> None:
    for preset in PRESETS:
        for model in preset_models(preset):
            settings = preset_settings(preset, model)
            settings.pop("drawn", None)  # of the data
            assert configure(model, settings, training_images=1000)[0].name == model


def test_epochs_are_passes_over_the_images() -> None:
    assert configure("linear", {"epochs": 3, "batch_size": 30}, training_images=100)[1].steps == 10
    assert configure("linear", {"epochs": 0.5, "batch_size": 10}, training_images=100)[1].steps == 5


def test_few_steps_have_few_periods() -> None:
    assert configure("linear", {"steps": 4}, training_images=100)[1].periods == 4


@pytest.mark.parametrize("epochs", [0, -1, float("nan"), float("inf")])
def test_epochs_out_of_range(epochs: float) -> None:
    with pytest.raises(ConfigError, match="epochs must be a positive number"):
        configure("linear", {"epochs": epochs}, training_images=100)


def test_unknown_names() -> None:
    with pytest.raises(
        ConfigError, match="no preset 'slow': the presets are exercise-short, exercise, quick"
    ):
        preset_settings("slow", "linear")
    with pytest.raises(ConfigError, match="preset exercise-short has settings for linear only, not for mlp"):
        preset_settings("exercise-short", "mlp")
    with pytest.raises(ConfigError, match="mlp and its training have no setting channels"):
        configure("mlp", {"channels": (3,)}, training_images=100)
    with pytest.raises(ConfigError, match="linear and its training have no setting hidden_units, width"):
        configure("linear", {"width": 3, "hidden_units": (3,)}, training_images=100)
