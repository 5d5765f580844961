"""Searches in this process, in a database of SQLite's."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState
from tests.tuning.conftest import ONE_SETTING

from digitlab.errors import ConfigError, RunError, StorageError
from digitlab.models import MODELS
from digitlab.training import HistoryRow, train
from digitlab.tuning import (
    Counts,
    Question,
    Search,
    SearchLimits,
    Tried,
    importance_of,
    open_storage,
    sqlite_url,
)
from digitlab.tuning.storage import hidden
from digitlab.workflow import Data


def nothing(*_: Any) -> None:
    pass


@contextmanager
def join(question: Question, folder: Path) -> Iterator[Search]:
    """Join the one study of a folder."""
    with open_storage(sqlite_url(folder / "study {x}.db"), grace_seconds=3) as storage:
        yield Search.join(question, storage, "s")


def test_a_trial_is_a_training_with_its_settings(question: Question, tmp_path: Path) -> None:
    rows: list[tuple[int, HistoryRow]] = []
    with join(question, tmp_path) as search:
        search.run(SearchLimits(trials=2), lambda number, row: rows.append((number, row)), nothing)
        ranking, first = search.ranking(), search.of_defaults()
    for tried in ranking:
        config = question.config(tried.values, 0)
        *_, (last, _) = train(config.model, config.training, question.split)
        assert tried.validation_accuracy == last.validation_accuracy
        assert tried.validation_log_loss == pytest.approx(last.validation_log_loss)
    assert [(number, row.period) for number, row in rows] == [(n, p) for n in (0, 1) for p in range(1, 6)]
    assert first is not None
    assert (first.number, dict(first.values)) == (0, {"learning_rate": 0.006})
    assert ranking == sorted(ranking, key=lambda each: -(each.validation_accuracy or 0))


def test_a_search_goes_on_where_it_stopped(question: Question, tmp_path: Path) -> None:
    seen: list[Tried] = []
    with join(question, tmp_path) as search:
        search.run(SearchLimits(trials=2), nothing, nothing)
    with join(question, tmp_path) as search:
        search.run(SearchLimits(minutes=0), nothing, seen.append)
        search.run(SearchLimits(trials=3), nothing, seen.append)
        assert search.counts().finished == 3
        rates = [trial.params["learning_rate"] for trial in search.study.trials]
    assert [tried.number for tried in seen] == [2]
    assert len(set(rates)) == len(rates) == 3


def test_what_is_interrupted_is_tried_next_with_the_same_settings(question: Question, tmp_path: Path) -> None:
    def interrupt(number: int, row: HistoryRow) -> None:
        if number == 1 and row.period == 2:
            raise KeyboardInterrupt

    seen: list[Tried] = []
    with join(question, tmp_path) as search:
        with pytest.raises(KeyboardInterrupt):
            search.run(SearchLimits(trials=9), interrupt, nothing)
        assert search.counts() == Counts(finished=1, pruned=0, running=0, waiting=1, cut_off=1)
    with join(question, tmp_path) as search:
        search.run(SearchLimits(trials=2), nothing, seen.append)
        trials = search.study.trials
    assert [tried.number for tried in seen] == [2]
    assert trials[1].params == trials[2].params
    assert trials[1].state == TrialState.FAIL


def test_what_goes_wrong_in_a_trial_is_told(question: Question, tmp_path: Path) -> None:
    def fail(*_: object) -> None:
        raise ValueError("what went wrong")

    with join(question, tmp_path) as search, pytest.raises(ValueError, match="what went wrong"):
        search.run(SearchLimits(trials=2), fail, nothing)


def test_a_diverging_trial_is_the_worst_and_no_end(bundled: Data, tmp_path: Path) -> None:
    fixed = {name: value for name, value in ONE_SETTING.items() if name != "weight_decay"}
    question, seen = Question("linear", bundled, fixed | {"learning_rate": 1e38}), list[Tried]()
    with join(question, tmp_path) as search:
        search.run(SearchLimits(trials=1), nothing, seen.append)
        with pytest.raises(RunError, match="No trial of the study s has come to its end"):
            search.best()
    assert [(tried.is_pruned, tried.validation_accuracy, tried.periods) for tried in seen] == [
        (True, None, 0)
    ]


def test_a_trial_that_reads_worse_than_half_is_pruned(question: Question, tmp_path: Path) -> None:
    seen: list[Tried] = []
    better = optuna.create_trial(value=0.99, intermediate_values=dict.fromkeys(range(1, 6), 0.99))
    with join(question, tmp_path) as search:
        search.study.add_trials([better] * 5)
        search.run(SearchLimits(trials=6), nothing, seen.append)
    assert [(tried.values["learning_rate"], tried.is_pruned, tried.periods) for tried in seen] == [
        (0.006, True, 1)
    ]


@pytest.mark.parametrize("model", MODELS)
def test_who_asks_the_same_may_join(model: str, bundled: Data, tmp_path: Path) -> None:
    for _ in range(2):
        with join(Question(model, bundled), tmp_path) as search:
            assert search.counts() == Counts(finished=0, pruned=0, running=0, waiting=1, cut_off=0)


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"seed": 1}, "searches something else: data.split_seed 0, not 1; .*training.seed 0, not 1"),
        ({"given": ONE_SETTING | {"steps": 11}}, "training.steps 10, not 11"),
        ({"given": {k: v for k, v in ONE_SETTING.items() if k != "weight_decay"}}, "space.weight_decay nothing, not"),
        ({"model": "mlp"}, "model linear, not mlp"),
    ],
)  # fmt: skip
def test_a_search_for_something_else_is_not_joined(
    other: dict[str, Any], message: str, question: Question, tmp_path: Path
) -> None:
    asked: dict[str, Any] = {"model": "linear", "data": question.data, "given": ONE_SETTING} | other
    with join(question, tmp_path):
        pass
    with pytest.raises(ConfigError, match=message), join(Question(**asked), tmp_path):
        pass


def test_other_data_are_not_joined(question: Question, make_dataset: Any, tmp_path: Path) -> None:
    other = Data("digits", make_dataset(n=240, shape=(8, 8)), question.data.test)
    with join(question, tmp_path):
        pass
    message = r"data\.train_fingerprint .* name another --study or --out"
    with pytest.raises(ConfigError, match=message), join(Question("linear", other, ONE_SETTING), tmp_path):
        pass


def test_a_study_that_is_not_ours_is_left_alone(
    question: Question, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digitlab.tuning.search.PATIENCE_SECONDS", 0.0)
    with open_storage(sqlite_url(tmp_path / "study.db"), grace_seconds=3) as storage:
        optuna.create_study(study_name="theirs", storage=storage)
        with pytest.raises(
            ConfigError, match=r"a study theirs in .*study\.db that is no search of digitlab's"
        ):
            Search.join(question, storage, "theirs")


@pytest.mark.parametrize(
    ("limits", "message"),
    [({"minutes": -1.0}, "minutes must be 0 or more"), ({"minutes": math.nan}, "not nan"), ({"trials": 0}, "1 or more, not 0")],
)  # fmt: skip
def test_limits_out_of_range_are_refused(limits: dict[str, float], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SearchLimits(**limits)


@pytest.mark.parametrize("url", ["no address", "nosuch://host/db", "://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="The storage is the address of a database"):
        open_storage(url, grace_seconds=3).__enter__()


def test_a_server_that_is_not_there_is_told_without_the_password() -> None:
    url = "postgresql://anna:s3cret@127.0.0.1:1/db"
    with pytest.raises(
        StorageError, match=r"The database postgresql://anna:\*\*\*@127.0.0.1:1/db could"
    ) as told:
        open_storage(url, grace_seconds=3).__enter__()
    assert "s3cret" not in str(told.value)
    assert "s3cret" not in hidden(url)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "study.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    with pytest.raises(StorageError, match=r"study\.db could not be used: file is not a database"):
        open_storage(sqlite_url(tmp_path / "study.db"), grace_seconds=3).__enter__()


def test_importance_finds_the_setting_that_decides() -> None:
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))

    def value(trial: optuna.Trial) -> float:
        decides, hardly = trial.suggest_float("decides", 0, 1), trial.suggest_float("hardly", 0, 1)
        return 0.9 + 0.05 * decides + 0.002 * hardly

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study.optimize(value, n_trials=9)
    assert importance_of(study) == {}
    study.optimize(value, n_trials=31)
    found = importance_of(study)
    assert list(found) == ["decides", "hardly"]
    assert found["decides"] > 0.9
    assert math.isclose(sum(found.values()), 1)
    assert importance_of(study) == found


def test_importance_of_trials_that_all_read_alike_is_none() -> None:
    study = optuna.create_study()
    study.optimize(lambda trial: 0.0 * trial.suggest_float("x", 0, 1), n_trials=12)
    assert importance_of(study) == {}
    assert np.ptp([trial.value for trial in study.trials]) == 0
