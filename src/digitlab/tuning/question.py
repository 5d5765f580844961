"""What a search asks: the same for every process that takes part in it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from optuna.distributions import distribution_to_json

from digitlab.data import SPLITS, Split
from digitlab.errors import ConfigError
from digitlab.runs import RunConfig
from digitlab.tuning.space import Space, defaults_in, settings_of, space_of
from digitlab.workflow import Data, plan_run, settle

__all__ = ["Question"]

# What a trial reports, for pruning to judge by; each takes the time of reading the validation images.
PERIODS = 5
# The same images may be called otherwise on another machine.
SAME_ELSEWHERE = ("source", "name")


@dataclass(frozen=True)
class Question:
    """A model, data, and what is fixed; all trials share a seed and a split, so that settings alone differ.

    Parameters
    ----------
    model
        Its name.
    data
        Of whose training images one part is learned from and the other, validation, read; never the test set.
    given
        Settings that are fixed, as `plan_run` takes them.
    seed
        Of each trial's training and split, and of what is drawn.

    Raises
    ------
    ConfigError
        If a given setting cannot be used, or nothing is left to search.
    """

    model: str
    data: Data
    given: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.space:
            raise ConfigError(
                f"Every setting of {self.model} that could be searched is given: leave one out, or train it "
                f"with: digitlab train {self.model}"
            )

    @cached_property
    def defaults(self) -> RunConfig:
        """The preset quick's settings under those given: where the search begins, and what it has to beat."""
        return self.config({}, self.seed)

    @cached_property
    def space(self) -> Space:
        """What is searched."""
        return space_of(self.model, self.given, self.defaults.data.training_images)

    @cached_property
    def default_values(self) -> dict[str, Any]:
        """The values of the space that are the defaults."""
        return defaults_in(self.space, self.defaults)

    @cached_property
    def split(self) -> Split:
        """The split of every trial."""
        kept = self.defaults.data
        cut = SPLITS[kept.split]
        return cut(self.data.train, validation_fraction=kept.validation_fraction, seed=kept.split_seed)

    def config(self, values: Mapping[str, Any], seed: int) -> RunConfig:
        """Return the run that has these values of the space, with a seed and its own split."""
        settings = settle(
            self.model, {**self.given, **settings_of(values), "seed": seed}, preset=None, kept=None
        )
        if values:
            steps = settings.get("steps", PERIODS)
            settings["periods"] = max(1, min(PERIODS, steps))
        return plan_run(self.model, settings, self.data)

    def as_dict(self) -> dict[str, Any]:
        """Return what all processes must agree on, as JSON holds it: by dotted names, to tell differences."""
        config = self.defaults.as_dict()
        fixed = {
            f"{part}.{name}": value
            for part, values in config.items()
            for name, value in values.items()
            if name not in SAME_ELSEWHERE or part != "data"
        }
        fixed["model"] = self.model
        searched = {f"space.{name}": distribution_to_json(choice) for name, choice in self.space.items()}
        kept: dict[str, Any] = json.loads(json.dumps(fixed | searched))
        return kept
