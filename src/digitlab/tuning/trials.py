"""What is known of the trials of a search, and how many there are to be."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from digitlab.errors import ConfigError
from digitlab.tuning.space import rounded

__all__ = ["Counts", "SearchLimits", "Tried"]

LOG_LOSS, SECONDS = "validation_log_loss", "train_seconds"


@dataclass(frozen=True)
class SearchLimits:
    """When to stop: whichever comes first.

    minutes
        Of this process. A trial that has begun is brought to its end; 0 for no trial.
    trials
        That are finished in the whole study. Several processes at once may do one more each.

    Raises
    ------
    ConfigError
        If a limit is out of range.
    """

    minutes: float = math.inf
    trials: float = math.inf

    def __post_init__(self) -> None:
        if not self.minutes >= 0:
            raise ConfigError(f"minutes must be 0 or more, not {self.minutes:g}.")
        if not self.trials >= 1:
            raise ConfigError(f"trials must be 1 or more, not {self.trials:g}.")


@dataclass(frozen=True)
class Tried:
    """A finished trial, and the values of the space that it was trained with.

    validation_accuracy, validation_log_loss
        After its last period; None where the loss stopped being a number before the first ended.
    is_pruned
        Whether it was stopped before its end, because it read worse than half of the others had.
    """

    number: int
    values: Mapping[str, Any]
    validation_accuracy: float | None
    validation_log_loss: float | None
    train_seconds: float | None
    periods: int
    is_pruned: bool

    @classmethod
    def of(cls, trial: FrozenTrial) -> "Tried":
        """Read what the study keeps."""
        return cls(
            trial.number,
            {name: rounded(value) for name, value in trial.params.items()},
            trial.value,
            trial.user_attrs.get(LOG_LOSS),
            trial.user_attrs.get(SECONDS),
            len(trial.intermediate_values),
            trial.state == TrialState.PRUNED,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "trial": self.number,
            "settings": dict(self.values),
            "validation_accuracy": self.validation_accuracy,
            "validation_log_loss": self.validation_log_loss,
            "train_seconds": self.train_seconds,
        }


@dataclass(frozen=True)
class Counts:
    """How many trials of a study there are.

    finished, pruned
        Those that need no more work, and of these the ones that were stopped early.
    running, waiting
        In flight in any process, and yet to be begun.
    cut_off
        Ended with their process; each is done again under another number, unless its own error was the end.
    """

    finished: int
    pruned: int
    running: int
    waiting: int
    cut_off: int

    @classmethod
    def of(cls, trials: Sequence[FrozenTrial]) -> "Counts":
        """Count what the study keeps."""
        states = [trial.state for trial in trials]
        return cls(
            finished=states.count(TrialState.COMPLETE) + states.count(TrialState.PRUNED),
            pruned=states.count(TrialState.PRUNED),
            running=states.count(TrialState.RUNNING),
            waiting=states.count(TrialState.WAITING),
            cut_off=states.count(TrialState.FAIL),
        )
