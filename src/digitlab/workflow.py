"""The flow from data to a finished run."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from digitlab.data import CATALOG, SPLITS, Dataset, Progress, Split, geometry_of, load_dataset
from digitlab.errors import ConfigError, DataError, DataNotFoundError, DivergedError, RunError
from digitlab.models import describe_model, shapes_of
from digitlab.runs import DataRecord, Run, RunConfig, create_run, is_run, open_run
from digitlab.training import HistoryRow, TrainingState, configure, preset_settings, train, train_together

__all__ = [
    "Data",
    "begin_run",
    "load_data",
    "plan_run",
    "reload_data",
    "settle",
    "train_run",
    "train_runs",
]

DEFAULT_PRESET = "quick"
# Its accuracy comes nearer to the test's than that of a split by writer: benchmarks/LOG.md.
DEFAULT_SPLIT = "stratified"
VALIDATION_FRACTION = 1 / 6
# A minute of drawing.
MOST_DRAWN = 60_000
SAME_DATA_OTHER_PLACE = {("data", "source"), ("data", "name"), ("data", "validation_digest")}


@dataclass(frozen=True)
class Data:
    """An official training set and its test set, and what they were loaded by."""

    source: str
    train: Dataset
    test: Dataset

    def record(
        self,
        *,
        seed: int = 0,
        validation_fraction: float = VALIDATION_FRACTION,
        split_by: str | None = None,
        drawn: int = 0,
    ) -> DataRecord:
        """Return what a run keeps of these data, divided by `seed`, stratified if nothing else is asked for.

        `drawn` digits drawn by code are learnt from besides; see `digitlab.data.pen`.

        Raises
        ------
        ConfigError
            If there is no such way to divide, or digits cannot be drawn as these data frame them.
        DataError
            If these data cannot be divided so.
        """
        split = _cut(self.train, split_by or DEFAULT_SPLIT, validation_fraction, seed)
        if drawn:
            _check_drawn(drawn, self.train)
        return DataRecord.of(self.source, self.train, self.test, split, drawn=drawn)

    def split_of(self, run: Run) -> Split:
        """Return the split of a run, so that its validation images are its own.

        Raises
        ------
        DataError
            If the run was trained on other data.
        """
        kept = run.config.data
        if (kept.train_fingerprint, kept.test_fingerprint) != (self.train.fingerprint, self.test.fingerprint):
            raise DataError(
                f"The run {run.folder} was trained on other data than those of {self.source}: "
                "their fingerprints differ. Name the right ones with --dataset, or train a run on these."
            )
        if kept.split == "writer" and self.train.writers is None:
            raise DataError(
                f"The run {run.folder} was split by writer, and who wrote which digit of {self.source} is "
                "not known here now. For mnist fetch it with `digitlab data fetch mnist`, or put QMNIST's "
                "label files back where they were."
            )
        split = _cut(self.train, kept.split, kept.validation_fraction, kept.split_seed)
        if kept.validation_digest not in ("", split.validation_digest):
            raise DataError(
                f"The validation images of the run {run.folder} are no longer those that it was begun with: "
                f"who wrote which digit of {self.source} is told differently now. Put the former label "
                "files back, or train a new run."
            )
        if not kept.drawn:
            return split
        from digitlab.data.pen import drawn_digits  # Pillow, which no other run should wait for

        geometry = geometry_of(kept.image_shape)
        return split.with_added(kept.drawn, partial(drawn_digits, kept.drawn, geometry))


def load_data(
    source: str,
    *,
    data_dir: Path | None = None,
    offline: bool = False,
    on_progress: Progress | None = None,
) -> Data:
    """Load a data set by its name or path; see `load_dataset`."""
    train_set, test = load_dataset(source, data_dir=data_dir, offline=offline, on_progress=on_progress)
    return Data(source if source in CATALOG else str(Path(source).resolve()), train_set, test)


def reload_data(run: Run, source: str | None = None, **options: Any) -> Data:
    """Load the data of a run again, from `source` or where they were; `options` are those of `load_data`.

    Raises
    ------
    DataError
        If they are not the data that the run was trained on, or are no longer there.
    """
    try:
        data = load_data(source or run.config.data.source, **options)
    except DataNotFoundError as error:
        if source:
            raise
        raise DataNotFoundError(
            f"{error} The run {run.folder} was trained on it; say where it is now with --dataset."
        ) from error
    data.split_of(run)
    return data


def settle(model: str, given: Mapping[str, Any], *, preset: str | None, kept: Run | None) -> dict[str, Any]:
    """Return all settings of a run: those given, over those of the preset, or of the run to go on with.

    Raises
    ------
    ConfigError
        If the preset is unknown or has nothing for the model.
    RunError
        If the run to go on with is of another model.
    """
    if kept and kept.config.model.name != model:
        raise RunError(
            f"{kept.folder} is a run of {kept.config.model.name}, not of {model}: name another --out."
        )
    use_kept = kept is not None and preset is None
    base = _settings(kept) if kept and use_kept else preset_settings(preset or DEFAULT_PRESET, model)
    replaced: set[str] = set()
    if {"steps", "epochs"} & given.keys():
        replaced |= {"steps", "epochs"} if use_kept else {"steps", "epochs", "periods"}
    if given.get("optimizer") not in (None, base.get("optimizer")):
        replaced |= {"momentum", "weight_decay"}
    return {name: value for name, value in base.items() if name not in replaced} | dict(given)


def plan_run(
    model: str,
    settings: Mapping[str, Any],
    data: Data,
    *,
    split_seed: int | None = None,
    split_by: str | None = None,
) -> RunConfig:
    """Return what a run of `model` with `settings` on `data` is; see `configure`.

    The split is drawn from `split_seed`, or else from the training's own seed, and is one of `SPLITS`.
    Of the settings, `drawn` is how many digits drawn by code are learnt from besides.

    Raises
    ------
    ConfigError
        As `configure`, or if the model cannot read such images.
    """
    seed = settings.get("seed", 0) if split_seed is None else split_seed
    record = data.record(seed=seed, split_by=split_by, drawn=settings.get("drawn", 0))
    others = {name: value for name, value in settings.items() if name != "drawn"}
    chosen, training = configure(model, others, training_images=record.training_images)
    shapes_of(chosen, record.image_shape)
    return RunConfig(chosen, training, record)


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
    if run.config.origin:
        raise RunError(
            f"The run {folder} was made of another one ({run.config.origin}): it has no training to resume. "
            "Resume that one, or train a new run with --out."
        )
    differences = _differences(run.config.as_dict(), config.as_dict())
    if differences:
        raise RunError(
            f"The run {folder} was started with other settings: {'; '.join(differences)}. "
            "Resume it with its own, or train a new run with --out."
        )
    return run


def train_run(run: Run, data: Data) -> Iterator[HistoryRow]:
    """Train a run from where it stands to its end, on its own split, and save it after each period.

    Yields
    ------
    HistoryRow
        Of each period that is trained now.

    Raises
    ------
    DataError
        If the run was begun on other data.
    DivergedError
        If a loss is no longer finite; the last good state stays in the run.
    RunError
        If another process is training it.
    """
    split = data.split_of(run)
    with run.training():
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


def train_runs(runs: Sequence[Run], data: Data) -> Iterator[list[HistoryRow]]:
    """Train runs that differ in their seed from the beginning, all at once, each as `train_run` would.

    Yields
    ------
    list of HistoryRow
        One for each run, at the end of each period.

    Raises
    ------
    ConfigError, DataError, DivergedError, RunError
        As `train_run` and `train_together`.
    """
    splits = [data.split_of(run) for run in runs]
    with ExitStack() as locks:
        for run in runs:
            locks.enter_context(run.training())
        configs = [run.config.training for run in runs]
        done: list[tuple[HistoryRow, TrainingState]] = []
        for done in train_together(runs[0].config.model, configs, splits):
            for run, (row, state) in zip(runs, done, strict=True):
                run.record(row, state)
            yield [row for row, _ in done]
        for run, (_, state) in zip(runs, done, strict=True):
            run.finish(state.params)


def _cut(train_set: Dataset, by: str, validation_fraction: float, seed: int) -> Split:
    if by not in SPLITS:
        raise ConfigError(f"There is no split by {by!r}: it is {' or '.join(SPLITS)}.")
    return SPLITS[by](train_set, validation_fraction=validation_fraction, seed=seed)


def _check_drawn(drawn: int, train_set: Dataset) -> None:
    if not 0 <= drawn <= MOST_DRAWN:
        raise ConfigError(f"drawn is how many digits to draw, from 0 to {MOST_DRAWN:,}, not {drawn:,}.")
    geometry_of(train_set.image_shape)


def _settings(run: Run) -> dict[str, Any]:
    """Return the settings that a run was started with, as `plan_run` takes them."""
    model = describe_model(run.config.model)
    del model["name"]
    return model | run.config.training.as_dict() | {"drawn": run.config.data.drawn}


def _differences(kept: Mapping[str, Any], asked: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {kept[part].get(name)}, not {asked[part].get(name)}"
        for part in ("model", "training", "data")
        for name in sorted(kept[part].keys() | asked[part].keys())
        if kept[part].get(name) != asked[part].get(name) and (part, name) not in SAME_DATA_OTHER_PLACE
    ]
