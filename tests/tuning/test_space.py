from typing import Any

import numpy as np
import pytest
from optuna import create_study
from optuna.distributions import CategoricalDistribution
from optuna.trial import FixedTrial

from digitlab.cli.options import TrainingOptions
from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.models import MODELS
from digitlab.training import preset_settings
from digitlab.tuning import SEARCHED, Question, settings_of
from digitlab.tuning.sampler import NumberedSampler
from digitlab.tuning.space import suggest
from digitlab.workflow import Data, settle


@pytest.mark.parametrize("model", MODELS)
def test_the_defaults_lie_in_the_space_and_are_the_preset(model: str, bundled: Data) -> None:
    question = Question(model, bundled)
    assert suggest(FixedTrial(question.default_values), question.space) == question.default_values  # type: ignore[arg-type]
    assert {name: getattr(question.defaults.training, name) for name in ("steps", "learning_rate")} == {
        name: preset_settings("quick", model)[name] for name in ("steps", "learning_rate")
    }
    again = question.config(question.default_values, 0)
    assert again.model == question.defaults.model
    assert again.training.as_dict() | {"periods": 0} == question.defaults.training.as_dict() | {"periods": 0}


@pytest.mark.parametrize("model", MODELS)
def test_every_corner_of_the_space_is_a_run_that_can_be_planned(model: str, bundled: Data) -> None:
    question = Question(model, bundled)
    low, high = (
        {
            name: choice.choices[end]
            if isinstance(choice, CategoricalDistribution)
            else (choice.low, choice.high)[end]  # type: ignore[attr-defined]
            for name, choice in question.space.items()
        }
        for end in (0, -1)
    )
    assert question.config(low, 3).training.periods == question.config(high, 3).training.periods == 5
    assert question.config(high, 3).data.split_seed == 3


def test_what_is_searched_is_an_option_of_train() -> None:
    assert set(SEARCHED) <= set(TrainingOptions.__dataclass_fields__)


def test_values_become_settings_that_people_can_type() -> None:
    values: dict[str, Any] = {
        "learning_rate": 0.0123456,
        "hidden_units": "512,64",
        "batch_size": 64,
        "augmentation": "none",
    }
    settings = settings_of(values)
    assert settings["augmentation"].is_off
    assert {name: settings[name] for name in ("learning_rate", "hidden_units", "batch_size")} == {
        "learning_rate": 0.0123,
        "hidden_units": (512, 64),
        "batch_size": 64,
    }


def test_what_is_given_is_fixed(bundled: Data) -> None:
    question = Question("mlp", bundled, {"hidden_units": (20,), "steps": 30})
    assert not {"hidden_units", "steps"} & question.space.keys()
    config = question.config({"learning_rate": 0.01}, 0)
    assert (config.model.hidden_units, config.training.steps) == ((20,), 30)  # type: ignore[attr-defined]


def test_no_batch_is_larger_than_the_training_set(make_dataset: Any) -> None:
    small: Dataset = make_dataset(n=120)
    space = Question("linear", Data("small", small, small), {"batch_size": 8} | {"batch_size": 50}).space
    assert "batch_size" not in space
    larger: Dataset = make_dataset(n=240)
    assert Question("linear", Data("s", larger, larger)).space["batch_size"].choices == (32, 64, 128)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({name: preset_settings("quick", "linear").get(name, 0.0) for name in ("learning_rate", "batch_size", "steps", "weight_decay", "label_smoothing")} | {"augmentation": {}}, "Every setting of linear that could be searched is given"),
        ({"hidden_units": (5,)}, "no setting hidden_units"),
        ({"learning_rate": -1.0}, "learning_rate must be a positive number"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_asked_is_refused(
    given: dict[str, Any], message: str, bundled: Data
) -> None:
    with pytest.raises(ConfigError, match=message):
        Question("linear", bundled, given)


def test_the_names_of_the_same_data_elsewhere_are_no_other_question(bundled: Data) -> None:
    elsewhere = Data("/mnt/digits", bundled.train, bundled.test)
    assert Question("linear", bundled).as_dict() == Question("linear", elsewhere).as_dict()
    assert Question("linear", bundled, seed=1).as_dict() != Question("linear", bundled).as_dict()
    assert Question("linear", bundled, {"steps": 9}).as_dict() != Question("linear", bundled).as_dict()


def test_draws_follow_from_the_seed_and_the_number(bundled: Data) -> None:
    space = Question("mlp", bundled).space

    def draw(seed: int, begin: int) -> list[dict[str, Any]]:
        study = create_study(sampler=NumberedSampler(seed, lambda study, trial: None))
        for _ in range(begin):
            study.add_trial(study.get_trials()[0] if study.get_trials() else _finished())
        return [suggest(study.ask(), space) for _ in range(3)]

    assert draw(0, 0) == draw(0, 0)
    drawn = [*draw(0, 0), *draw(1, 0), *draw(0, 3)]
    rates = [values["learning_rate"] for values in drawn]
    assert len(np.unique(rates)) == len(rates)


def _finished() -> Any:
    from optuna import create_trial

    return create_trial(value=0.5)


def test_settle_is_what_train_does_with_the_same_options(bundled: Data) -> None:
    question = Question("mlp", bundled, {"dropout": 0.25})
    assert settle("mlp", {"dropout": 0.25, "seed": 0}, preset=None, kept=None)["dropout"] == 0.25
    assert question.defaults.model.dropout == 0.25  # type: ignore[attr-defined]
