"""Settings that have a name: the exercise's own, and ours."""

import math
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from digitlab.errors import ConfigError
from digitlab.models import Model, is_number, is_whole, make_model, model_settings
from digitlab.training.augment import Augmentation
from digitlab.training.config import TrainingConfig

__all__ = ["PRESETS", "configure", "preset_models", "preset_settings"]

Settings = Mapping[str, Any]

ONE_CYCLE = {
    "schedule": "one-cycle",
    "optimizer": "adamw",
    "weight_decay": 0.05,
    "label_smoothing": 0.1,
}

# As far as digits still look as if somebody had written them.
NATURAL = Augmentation(shift=2, rotate=10, scale=0.1, shear=6, stroke=0.4, elastic=0.8)

# Further than those who wrote MNIST went: other pens, other schools, cameras held askew.
STRONG = Augmentation(shift=2, rotate=12, scale=0.15, shear=10, stroke=0.6, elastic=1)

PRESETS: Mapping[str, Mapping[str, Settings]] = {
    # The first settings of the exercise's task 1; it clips the linear model's gradients at 5.
    "exercise-short": {
        "linear": {"learning_rate": 0.02, "steps": 100, "batch_size": 10, "clip_norm": 5.0},
    },
    # Those of task 1 that "should attain roughly 0.9 accuracy", and those of task 2.
    "exercise": {
        "linear": {"learning_rate": 0.003, "steps": 1000, "batch_size": 30, "clip_norm": 5.0},
        "mlp": {"learning_rate": 0.003, "steps": 1000, "batch_size": 30, "hidden_units": (100, 100)},
    },
    # Found on validation: benchmarks/LOG.md says how, and what did not help.
    "quick": {
        # AdamW without decay is Adam; so a weight_decay can be asked of both models.
        "linear": {
            "learning_rate": 0.006,
            "steps": 6000,
            "batch_size": 128,
            "schedule": "cosine",
            "optimizer": "adamw",
        },
        "mlp": ONE_CYCLE
        | {
            "learning_rate": 0.015,
            "steps": 600,
            "periods": 4,
            "batch_size": 256,
            "hidden_units": (256,),
        },
        "conv": ONE_CYCLE
        | {
            "learning_rate": 0.015,
            "steps": 800,
            "periods": 5,
            "batch_size": 128,
            "channels": (32, 64),
        },
    },
    # As good as a few minutes of training can make them, on two cores.
    "best": {
        "linear": {
            "learning_rate": 0.006,
            "steps": 12000,
            "batch_size": 128,
            "schedule": "cosine",
            "optimizer": "adamw",
        },
        "mlp": ONE_CYCLE
        | {
            "learning_rate": 0.004,
            "epochs": 60,
            "batch_size": 256,
            "hidden_units": (1024, 512),
            "augmentation": NATURAL,
        },
        "conv": ONE_CYCLE
        | {
            "learning_rate": 0.01,
            "epochs": 120,
            "batch_size": 128,
            "channels": (64, 128),
            "hidden_units": (128,),
            "augmentation": NATURAL,
        },
    },
    # For pictures of one's own: chosen on scans by other people, not on MNIST.
    "own": {
        "conv": ONE_CYCLE
        | {
            "learning_rate": 0.01,
            "epochs": 24,
            "batch_size": 128,
            "channels": (64, 128),
            "augmentation": STRONG,
            "drawn": 6000,
        },
    },
}


def preset_models(name: str) -> list[str]:
    """Return the models that a preset has settings for, simplest first.

    Raises
    ------
    ConfigError
        If there is no such preset.
    """
    if name not in PRESETS:
        raise ConfigError(f"There is no preset {name!r}: the presets are {', '.join(PRESETS)}.")
    return list(PRESETS[name])


def preset_settings(name: str, model: str) -> dict[str, Any]:
    """Return a preset's settings for a model: of the model and of its training, and maybe `epochs`.

    Raises
    ------
    ConfigError
        If there is no such preset, or it has nothing to say of that model.
    """
    models = preset_models(name)
    if model not in models:
        raise ConfigError(f"The preset {name} has settings for {', '.join(models)} only, not for {model}.")
    return dict(PRESETS[name][model])


def configure(
    model: str, settings: Mapping[str, Any], *, training_images: int
) -> tuple[Model, TrainingConfig]:
    """Sort settings into those of a model and those of its training.

    Parameters
    ----------
    model
        Its name.
    settings
        Any of the model's and of the training's; `epochs` may stand for `steps`.
    training_images
        How many images an epoch has.

    Raises
    ------
    ConfigError
        If a setting belongs to neither, its value is out of range, or a batch is larger than the set.
    """
    of_model = {name: settings[name] for name in model_settings(model) & settings.keys()}
    of_training = {name: value for name, value in settings.items() if name not in of_model}
    epochs = of_training.pop("epochs", None)
    unknown = sorted(of_training.keys() - {field.name for field in fields(TrainingConfig)})
    if unknown:
        raise ConfigError(f"The model {model} and its training have no setting {', '.join(unknown)}.")
    if epochs is not None:
        if not is_number(epochs) or not 0 < epochs < math.inf:
            raise ConfigError(f"epochs must be a positive number, not {epochs}.")
        batch_size = of_training.get("batch_size", TrainingConfig.batch_size)
        of_training["steps"] = math.ceil(min(epochs * training_images / max(1, batch_size), 2**62))
    steps = of_training.get("steps", TrainingConfig.steps)
    if is_whole(steps):
        of_training.setdefault("periods", max(1, min(steps, TrainingConfig.periods)))
    config = TrainingConfig(**of_training)
    config.check_fits(training_images)
    return make_model(model, **of_model), config
