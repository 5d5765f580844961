"""The flow from data to a finished run, and from runs to a comparison."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset, Progress, Split, load_dataset, stratified_split
from digitlab.errors import DataError, DivergedError, RunError
from digitlab.evaluation import Comparison, Evaluation, compare_paired, evaluate
from digitlab.models import count_parameters, describe_model, predict_logits
from digitlab.runs import DataRecord, Run, RunConfig, create_run, is_run, open_run
from digitlab.training import HistoryRow, configure, train

__all__ = [
    "Data",
    "Standing",
    "Study",
    "begin_run",
    "compare_runs",
    "evaluate_run",
    "load_data",
    "plan_run",
    "reload_data",
    "train_run",
]

SAME_DATA_OTHER_PLACE = {("data", "source"), ("data", "name")}


@dataclass(frozen=True)
class Data:
    """A data set in its three parts.

    source
        The name or path it was loaded by.
    train
        The official training set, whole.
    split
        Training and validation, both from `train`.
    test
        The official test set, whole.
    record
        What a run keeps of all this.
    """

    source: str
    train: Dataset
    split: Split
    test: Dataset
    record: DataRecord

    def split_of(self, run: Run) -> Split:
        """Return the split that a run was trained with, so that its validation images are its own."""
        kept = run.config.data
        if (kept.split_seed, kept.validation_fraction) == (self.split.seed, self.split.validation_fraction):
            return self.split
        return stratified_split(
            self.train, validation_fraction=kept.validation_fraction, seed=kept.split_seed
        )


def load_data(
    source: str,
    *,
    validation_fraction: float = 1 / 6,
    seed: int = 0,
    data_dir: Path | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
) -> Data:
    """Load a data set and take its validation set from the training set; see `load_dataset`."""
    train_set, test = load_dataset(source, data_dir=data_dir, offline=offline, on_progress=on_progress)
    split = stratified_split(train_set, validation_fraction=validation_fraction, seed=seed)
    return Data(source, train_set, split, test, DataRecord.of(source, train_set, test, split))


def reload_data(run: Run, source: str | None = None, **options: Any) -> Data:
    """Load the data of a run again, divided as they were; `options` are those of `load_data`.

    Raises
    ------
    DataError
        If they are not the data that the run was trained on.
    """
    kept = run.config.data
    data = load_data(
        source or kept.source,
        validation_fraction=kept.validation_fraction,
        seed=kept.split_seed,
        **options,
    )
    if replace(data.record, source=kept.source, name=kept.name) != kept:
        raise DataError(
            f"The data at {data.source} are not those that {run.folder} was trained on (their fingerprints "
            "differ). Name the right ones with --dataset, or train a run on these."
        )
    return data


def plan_run(model: str, settings: Mapping[str, Any], data: Data) -> RunConfig:
    """Return what a run of `model` with `settings` on `data` is; see `configure`."""
    chosen, training = configure(model, settings, training_images=len(data.split.training))
    return RunConfig(chosen, training, data.record)


def kept_settings(run: Run) -> dict[str, Any]:
    """Return the settings that a run was started with, as `plan_run` takes them."""
    model = describe_model(run.config.model)
    del model["name"]
    return model | run.config.training.as_dict()


def begin_run(folder: Path, config: RunConfig, *, resume: bool = False, force: bool = False) -> Run:
    """Make the run folder, or with `resume` take the one that is there.

    Raises
    ------
    RunError
        If the run that is there is another one, or is there and may not be touched.
    """
    if not (resume and is_run(folder)):
        return create_run(folder, config, force=force)
    run = open_run(folder)
    differences = _differences(run.config.as_dict(), config.as_dict())
    if differences:
        raise RunError(
            f"The run {folder} was started with other settings: {'; '.join(differences)}. "
            "Resume it with its own, or train a new run with --out."
        )
    return run


def train_run(run: Run, split: Split) -> Iterator[HistoryRow]:
    """Train a run from where it stands to its end, and save it after each period.

    Yields
    ------
    HistoryRow
        Of each period that is trained now.

    Raises
    ------
    DivergedError
        If a loss is no longer finite; the last good state stays in the run.
    """
    if run.is_finished:
        return
    state = run.restore()
    try:
        for row, new_state in train(run.config.model, run.config.training, split, state=state):
            state = new_state
            run.record(row, state)
            yield row
    except DivergedError as error:
        kept = f"The state after period {state.period} is kept in {run.folder}." if state else ""
        raise DivergedError(f"{error} {kept}".strip()) from error
    assert state is not None  # a config has at least one period
    run.finish(state.params)


def evaluate_run(run: Run, dataset: Dataset) -> Evaluation:
    """Score a finished run on a labelled set."""
    return _evaluate(run, dataset)[0]


@dataclass(frozen=True)
class Standing:
    """One run in a comparison."""

    name: str
    run: Run
    validation: Evaluation
    test: Evaluation
    parameters: int
    train_seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "run": str(self.run.folder),
            "validation": self.validation.score(),
            "test": self.test.score(),
            "parameters": self.parameters,
            "train_seconds": self.train_seconds,
        }


@dataclass(frozen=True)
class Study:
    """Several runs on the same data, and each pair of them compared on the same test images."""

    dataset: str
    standings: list[Standing]
    comparisons: list[Comparison]

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "dataset": self.dataset,
            "models": {standing.name: standing.as_dict() for standing in self.standings},
            "comparisons": [comparison.as_dict() for comparison in self.comparisons],
        }


def compare_runs(runs: Mapping[str, Run], data: Data) -> Study:
    """Score finished runs on their validation images and the test set, and compare each pair on the latter.

    Parameters
    ----------
    runs
        Finished runs by the name to show, in the order to show them.
    data
        The data that all of them were trained on.

    Raises
    ------
    DataError
        If a run was trained on other data.
    """
    standings, right = [], {}
    for name, run in runs.items():
        kept = run.config.data
        if (kept.train_fingerprint, kept.test_fingerprint) != (data.train.fingerprint, data.test.fingerprint):
            raise DataError(
                f"The run {run.folder} was trained on other data than {data.source}: "
                "compare runs on the same data."
            )
        test, right[name] = _evaluate(run, data.test)
        standings.append(
            Standing(
                name=name,
                run=run,
                validation=evaluate_run(run, data.split_of(run).validation),
                test=test,
                parameters=count_parameters(run.params()),
                train_seconds=run.history()[-1].seconds,
            )
        )
    pairs = [compare_paired(a, right[a], b, right[b]) for a, b in combinations(runs, 2)]
    return Study(data.record.name, standings, pairs)


def _evaluate(run: Run, dataset: Dataset) -> tuple[Evaluation, NDArray[np.bool_]]:
    logits = predict_logits(run.config.model, run.params(), dataset.pixels)
    evaluation = evaluate(logits, dataset.labels, baseline_class=run.config.data.baseline_digit)
    return evaluation, logits.argmax(axis=1) == dataset.labels


def _differences(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {kept[part].get(name)}, not {asked[part].get(name)}"
        for part in ("model", "training", "data")
        for name in sorted(kept[part].keys() | asked[part].keys())
        if kept[part].get(name) != asked[part].get(name) and (part, name) not in SAME_DATA_OTHER_PLACE
    ]
