"""The search: a study that any number of processes share, and the trials that this one adds."""

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.exceptions import DuplicatedStudyError, TrialPruned, UpdateFinishedTrialError
from optuna.pruners import MedianPruner
from optuna.study import Study
from optuna.trial import FrozenTrial, Trial, TrialState

from digitlab.errors import ConfigError, DivergedError, RunError
from digitlab.training import HistoryRow, train
from digitlab.tuning.question import Question
from digitlab.tuning.sampler import NumberedSampler
from digitlab.tuning.space import suggest
from digitlab.tuning.storage import Storage, experimental, hidden, retry
from digitlab.tuning.trials import LOG_LOSS, SECONDS, Counts, SearchLimits, Tried

__all__ = ["Search"]

ASKED = "digitlab"
PROCESS = "process"
# The process that makes a study says right after what is asked.
PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.25

OnPeriod = Callable[[int, HistoryRow], None]
OnTrial = Callable[["Tried"], None]


@dataclass
class Search:
    """A study, joined. Use `Search.join`.

    study
        Optuna's.
    """

    question: Question
    study: Study
    own_number: int | None = field(default=None, init=False)
    failure: Exception | None = field(default=None, init=False)

    @classmethod
    def join(cls, question: Question, storage: Storage, name: str) -> "Search":
        """Make the study called `name`, or join it if it is there.

        Raises
        ------
        ConfigError
            If it asks something else.
        """
        sampler = NumberedSampler(question.seed, lambda study, trial: _beat(storage, study, trial))
        options: dict[str, Any] = {
            "study_name": name,
            "storage": storage,
            "sampler": sampler,
            "pruner": MedianPruner(),
        }
        # What goes on is for the caller to show.
        optuna.logging.set_verbosity(optuna.logging.CRITICAL)
        try:
            study = optuna.create_study(direction="maximize", **options)
            study.enqueue_trial(question.default_values)
            study.set_user_attr(ASKED, question.as_dict())
        except DuplicatedStudyError:
            study = optuna.load_study(**options)
            _check_asked(study, question, hidden(storage.url))
        return cls(question, study)

    def run(self, limits: SearchLimits, on_period: OnPeriod, on_trial: OnTrial) -> None:
        """Add trials until a limit is reached, each trained on the search's seed and split.

        Where all that is left to do runs in other processes, wait for them: one that is killed gives no more
        sign of life, and what it had begun is done here.

        Raises
        ------
        KeyboardInterrupt
            If it is stopped; the settings in flight are the next to be tried.
        """
        deadline = time.monotonic() + 60 * limits.minutes
        while time.monotonic() < deadline and (counts := self.counts()).finished < limits.trials:
            if counts.waiting or counts.finished + counts.running < limits.trials:
                self._try_one(on_period)
                self._tell_own(on_trial)
            else:
                self._give_up_dead()
                time.sleep(POLL_SECONDS)

    def counts(self) -> Counts:
        """Return how the whole study stands."""
        return Counts.of(self.study.get_trials(deepcopy=False))

    def ranking(self) -> list[Tried]:
        """Return the trials that came to their end, the best first; of equal ones, the earliest."""
        done = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        return [
            Tried.of(trial) for trial in sorted(done, key=lambda trial: (-(trial.value or 0), trial.number))
        ]

    def best(self) -> Tried:
        """Return the best trial; raise `RunError` if none came to its end."""
        ranking = self.ranking()
        if not ranking:
            raise RunError(
                f"No trial of the study {self.study.study_name} has come to its end, so there is no best "
                "one. Go on with more --minutes."
            )
        return ranking[0]

    def of_defaults(self) -> Tried | None:
        """Return the trial of the defaults, if it came to its end."""
        wanted = self.question.default_values
        return next((tried for tried in self.ranking() if dict(tried.values) == wanted), None)

    def _try_one(self, on_period: OnPeriod) -> None:
        """Do one trial, by `optimize`, which sends the heartbeats."""
        self.own_number, self.failure = None, None
        try:
            self.study.optimize(lambda trial: self._objective(trial, on_period), n_trials=1)
        except KeyboardInterrupt:
            self._hand_back()
            raise
        except ValueError:
            # Of a trial that others gave up while this process was held up, Optuna takes no result.
            if self.failure or not self._was_given_up():
                raise

    def _objective(self, trial: Trial, on_period: OnPeriod) -> float:
        self.own_number = trial.number
        try:
            return self._train(trial, on_period)
        except TrialPruned:
            raise
        except (DivergedError, UpdateFinishedTrialError) as error:
            raise TrialPruned from error
        except Exception as error:
            self.failure = error
            raise

    def _train(self, trial: Trial, on_period: OnPeriod) -> float:
        """Train with the settings of a trial, and return its validation accuracy in the end."""
        trial.set_user_attr(PROCESS, f"{platform.node()}:{os.getpid()}")
        config = self.question.config(suggest(trial, self.question.space), self.question.seed)
        for row, _ in train(config.model, config.training, self.question.split):
            trial.report(row.validation_accuracy, row.period)
            trial.set_user_attr(LOG_LOSS, row.validation_log_loss)
            trial.set_user_attr(SECONDS, row.seconds)
            on_period(trial.number, row)
            if row.period < config.training.periods and trial.should_prune():
                raise TrialPruned
        return row.validation_accuracy

    def _tell_own(self, on_trial: OnTrial) -> None:
        own = self._own()
        if own and own.state in (TrialState.COMPLETE, TrialState.PRUNED):
            on_trial(Tried.of(own))

    def _own(self) -> FrozenTrial | None:
        """Return the trial that this process did last."""
        return None if self.own_number is None else self.study.get_trials(deepcopy=False)[self.own_number]

    def _was_given_up(self) -> bool:
        own = self._own()
        return own is not None and own.state == TrialState.FAIL

    def _hand_back(self) -> None:
        """Have the trial that was stopped done by whoever goes on."""
        own = self._own()
        if own and self._was_given_up():
            retry(self.study, own)

    def _give_up_dead(self) -> None:
        with experimental():
            optuna.storages.fail_stale_trials(self.study)


def _beat(storage: Storage, study: Study, trial: FrozenTrial) -> None:
    """Give the first sign of life before settings are drawn: nobody misses a trial that never gave one."""
    study_id = storage.get_study_id_from_name(study.study_name)
    storage.record_heartbeat(storage.get_trial_id_from_study_id_trial_number(study_id, trial.number))


def _check_asked(study: Study, question: Question, shown: str) -> None:
    """Raise `ConfigError` unless a study that is there asks the same."""
    kept, asked = _wait_for_asked(study), question.as_dict()
    if kept is None:
        raise ConfigError(
            f"There is a study {study.study_name} in {shown} that is no search of digitlab's, or whose "
            "beginning was cut off. It was left alone; name another --study or --out."
        )
    differences = [
        f"{name} {kept.get(name, 'nothing')}, not {asked.get(name, 'nothing')}"
        for name in sorted(kept.keys() | asked.keys())
        if kept.get(name) != asked.get(name)
    ]
    if differences:
        raise ConfigError(
            f"The study {study.study_name} in {shown} searches something else: {'; '.join(differences)}. "
            "Its trials cannot be compared with these; ask the same, or name another --study or --out."
        )


def _wait_for_asked(study: Study) -> dict[str, Any] | None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while ASKED not in study.user_attrs and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    kept: dict[str, Any] | None = study.user_attrs.get(ASKED)
    return kept
