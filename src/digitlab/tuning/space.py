"""What is searched: for each model the settings that matter, and how far each may go."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import Trial

from digitlab.models import describe_model
from digitlab.runs import RunConfig
from digitlab.training import Augmentation, preset_settings

__all__ = ["SEARCHED", "Space", "defaults_in", "rounded", "settings_of", "space_of", "suggest"]

Space = Mapping[str, BaseDistribution]

# Around the preset quick, and as dear as lets five minutes on two cores hold dozens of trials.
SPACES: Mapping[str, Space] = {
    # Images changed at random take six points off a model that has a single template for each digit.
    "linear": {
        "learning_rate": FloatDistribution(0.0005, 0.05, log=True),
        "batch_size": CategoricalDistribution((32, 64, 128, 256, 512)),
        "steps": IntDistribution(1500, 12000, log=True),
        "weight_decay": FloatDistribution(0.0, 0.05),
        "label_smoothing": FloatDistribution(0.0, 0.05),
    },
    "mlp": {
        "learning_rate": FloatDistribution(0.001, 0.05, log=True),
        "batch_size": CategoricalDistribution((64, 128, 256, 512)),
        "steps": IntDistribution(300, 3000, log=True),
        "hidden_units": CategoricalDistribution(("128", "256", "512", "128,128", "256,256", "512,512")),
        "dropout": FloatDistribution(0.0, 0.5),
        "weight_decay": FloatDistribution(0.003, 0.3, log=True),
        "label_smoothing": FloatDistribution(0.0, 0.2),
        "augmentation": CategoricalDistribution(("none", "natural")),
    },
    "conv": {
        "learning_rate": FloatDistribution(0.003, 0.05, log=True),
        "batch_size": CategoricalDistribution((64, 128, 256)),
        "steps": IntDistribution(400, 2400, log=True),
        "channels": CategoricalDistribution(("16,32", "32,64", "48,96")),
        "dropout": FloatDistribution(0.0, 0.5),
        "weight_decay": FloatDistribution(0.003, 0.3, log=True),
        "label_smoothing": FloatDistribution(0.0, 0.2),
        "augmentation": CategoricalDistribution(("none", "natural")),
    },
}
SEARCHED = sorted(set().union(*SPACES.values()))
SIZES = ("hidden_units", "channels")
AUGMENTATIONS = {"none": Augmentation(), "natural": preset_settings("best", "mlp")["augmentation"]}
# Settings are typed in again by people.
DIGITS = 3


def space_of(model: str, given: Mapping[str, Any], images: int) -> Space:
    """Return what is searched for a model: all but what is given, and no batch larger than the `images`."""
    space = {name: choice for name, choice in SPACES[model].items() if name not in given}
    if "batch_size" in space:
        space["batch_size"] = _no_larger(space["batch_size"], images)
    return space


def suggest(trial: Trial, space: Space) -> dict[str, Any]:
    """Return a value for each setting of the space, by its name."""
    return {name: _suggest(trial, name, choice) for name, choice in space.items()}


def rounded(value: Any) -> Any:
    """Return a value of a space as it is trained with: a float with three digits."""
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def settings_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values of a space as `plan_run` takes settings."""
    return {name: _setting(name, value) for name, value in values.items()}


def defaults_in(space: Space, config: RunConfig) -> dict[str, Any]:
    """Return the values of a space that are the settings of a run."""
    settings = describe_model(config.model) | asdict(config.training)
    return {name: _value(name, settings[name]) for name in space}


def _suggest(trial: Trial, name: str, choice: BaseDistribution) -> Any:
    match choice:
        case FloatDistribution():
            return trial.suggest_float(name, choice.low, choice.high, log=choice.log)
        case IntDistribution():
            return trial.suggest_int(name, choice.low, choice.high, log=choice.log)
        case CategoricalDistribution():
            return trial.suggest_categorical(name, choice.choices)
    raise TypeError(f"{name} is drawn from {choice}, which is not known here.")


def _setting(name: str, value: Any) -> Any:
    if name in SIZES:
        return tuple(map(int, value.split(",")))
    if name == "augmentation":
        return AUGMENTATIONS[value]
    return rounded(value)


def _value(name: str, setting: Any) -> Any:
    if name in SIZES:
        return ",".join(map(str, setting))
    if name == "augmentation":
        return next(known for known, changes in AUGMENTATIONS.items() if asdict(changes) == setting)
    return setting


def _no_larger(choice: BaseDistribution, images: int) -> BaseDistribution:
    assert isinstance(choice, CategoricalDistribution)
    return CategoricalDistribution([size for size in choice.choices if int(size or 0) <= images])
