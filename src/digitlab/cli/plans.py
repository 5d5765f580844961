"""What a command line asks to be trained: the run folder, the data, the settings."""

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitlab.cli import console
from digitlab.cli.options import DataOptions, TrainingOptions
from digitlab.errors import ConfigError, RunError, RunNotFoundError, TrackerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from digitlab.recognition import Recognizer
    from digitlab.runs import Run, RunConfig
    from digitlab.workflow import Data

__all__ = [
    "STDIN",
    "check_trackers",
    "default_folder",
    "kept_run",
    "label",
    "load",
    "newest_run",
    "plan",
    "recognizer_of",
    "resumed",
    "run_and_paths",
    "settings_of_each",
    "told_to",
    "train_one",
]

RUNS = Path("runs")
STDIN = Path("-")
DATASET = "mnist"
DEFAULT_RUN_COMMAND = "digitlab train conv --preset own"
# Of runs that were made at once, by compare, the one that reads best as a rule.
PREFERRED = ("conv", "mlp", "linear")


def default_folder(stem: str, *, resume: bool = False) -> Path:
    """Return a folder in `runs/` that is not there yet; to resume, the last one that is."""
    number = 1
    while (RUNS / f"{stem}-{number}").exists():
        number += 1
    if resume:
        number = max(1, number - 1)
    return RUNS / f"{stem}-{number}"


def label(data: DataOptions) -> str:
    """Return what a folder is called after: the data set, or its file."""
    return Path(data.dataset or DATASET).stem or "data"


def settings_of_each(models: list[str], training: TrainingOptions) -> dict[str, dict[str, Any]]:
    """Return the settings given for each of several models, without those that only others of them have.

    Raises
    ------
    ConfigError
        If settings are given and there is no model to train with them.
    """
    from digitlab.models import model_settings

    given = training.given()
    if not models and (given or training.preset):
        raise ConfigError(
            f"Only runs are compared, so there is nothing to train with {', '.join(given) or 'a preset'}."
        )
    for_some = set().union(*(model_settings(name) for name in models)) & given.keys()
    return {
        name: {
            setting: value
            for setting, value in given.items()
            if setting not in for_some - model_settings(name)
        }
        for name in models
    }


def plan(
    model: str,
    given: dict[str, Any],
    data: "Data",
    training: TrainingOptions,
    *,
    kept: "Run | None",
    like: "Run | None",
) -> "RunConfig":
    """Return what a run is: to go on with `kept`, or new and, where no seed is given, split as `like` is."""
    from digitlab.workflow import plan_run, settle

    settings = settle(model, given, preset=training.preset, kept=kept)
    like_seed = like.config.data.split_seed if like else None
    if like_seed is not None and "seed" not in given:
        settings = {"seed": like_seed} | settings
    split_seed = like_seed if kept or "seed" not in given else None
    split_by = training.split_by or (like.config.data.split if like else None)
    return plan_run(model, settings, data, split_seed=split_seed, split_by=split_by)


def kept_run(folder: Path, training: TrainingOptions) -> "Run | None":
    """Return the run to resume, if one is asked for and there."""
    from digitlab.runs import is_run, open_run

    if training.resume and not is_run(folder):
        console.note(f"There is no run at {folder} to resume: a new one is begun.")
    return open_run(folder) if training.resume and is_run(folder) else None


def load(data: DataOptions, like: "Run | None") -> "Data":
    """Load the data that are asked for; where a run is there, its own."""
    from digitlab.workflow import load_data, reload_data

    with console.fetch_progress() as on_progress:
        options: dict[str, Any] = {
            "data_dir": data.data_dir,
            "offline": data.offline,
            "on_progress": on_progress,
        }
        if like:
            return reload_data(like, data.dataset, **options)
        return load_data(data.dataset or DATASET, **options)


def train_one(run: "Run", data: "Data", resume_command: str, log_to: "Sequence[str]" = ()) -> None:
    """Train a run to its end, showing how it goes, and telling the trackers that are named."""
    from digitlab.workflow import train_run

    name, periods = run.config.model.name, run.config.training.periods
    rows = told_to(log_to, train_run(run, data), [run])
    if run.is_finished:
        console.note(f"{name}: the run {run.folder} is trained already.")
        list(rows)  # trackers that were not told of it are
        return
    try:
        console.follow(rows, name=name, periods=periods, done=run.periods_done())
    except KeyboardInterrupt:
        raise console.InterruptionError(
            f"interrupted; {run.periods_done()} of {periods} periods are kept. Go on with: "
            f"{resumed(resume_command, log_to)}"
        ) from None
    except TrackerError as error:
        raise TrackerError(f"{error} Then go on with: {resumed(resume_command, log_to)}") from error
    if run.config.training.patience is not None:
        console.note(f"{name}: the weights of period {run.kept_period} are kept, the best on validation.")


def check_trackers(log_to: "Sequence[str]") -> None:
    """Raise `MissingExtraError` unless what the trackers that are named need is installed."""
    if log_to:
        from digitlab import trackers

        trackers.check_trackers(log_to)


def told_to(log_to: "Sequence[str]", rows: "Iterator[Any]", runs: "Sequence[Run]") -> "Iterator[Any]":
    """Return what a training yields, told to trackers on its way."""
    if not log_to:
        return rows
    from digitlab.trackers import tracked

    return tracked(rows, runs, log_to, console.note)


def resumed(command: str, log_to: "Sequence[str]") -> str:
    """Return a command that goes on with a training, told to the same trackers."""
    return " ".join([command, *(f"--log-to {name}" for name in log_to)])


def newest_run(folder: Path = RUNS) -> "Run":
    """Return the finished run in `folder` that was begun last, to be used where none is named.

    It is looked for in `folder` and one level below, where `compare` puts its runs. Those of one folder
    below count as made at once, with the last of them; of these, conv goes before mlp, and mlp before linear.

    Raises
    ------
    RunNotFoundError
        If there is none.
    """
    from digitlab.runs import find_runs

    alone = [[path] for path in find_runs(folder)]
    below = sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    together = [_finished(paths) for paths in [*alone, *map(find_runs, below)]]
    groups = [runs for runs in together if runs]
    if not groups:
        raise RunNotFoundError(
            f"No run was named, and there is no finished one in {folder}. "
            f"Make one with: {DEFAULT_RUN_COMMAND}"
        )
    newest = max(groups, key=lambda runs: max(begun for begun, _ in runs))
    return max(newest, key=lambda each: (_preference(each[1]), each[0]))[1]


def run_and_paths(arguments: list[Path]) -> "tuple[Run, list[Path]]":
    """Return the run that is named first, or else the newest one, and the other arguments.

    Raises
    ------
    ConfigError
        If there are no other arguments.
    RunError
        If what is named first is a folder of runs.
    RunNotFoundError
        If none is named and there is none, or what is named first of several is not there.
    """
    from digitlab.runs import find_runs, is_run, open_run

    first, *others = arguments
    if others and first != STDIN and not os.path.lexists(first):
        raise RunNotFoundError(
            f"There is nothing at {first}. Expected a run first or, where the newest is to be taken, what is "
            "to be read. Nothing was read; name one of these."
        )
    if is_run(first) or find_runs(first):
        run, paths = open_run(first), others
    else:
        run, paths = newest_run(), arguments
        console.note(f"digitlab: reading with the newest run, {run.folder} ({run.config.model.name}).")
    if not paths:
        raise ConfigError(
            f"There is nothing to read with the run {first}: name pictures, or a folder of them."
        )
    return run, paths


def recognizer_of(run: "Run", data: DataOptions) -> "Recognizer":
    """Return a finished run made ready to read pictures."""
    from digitlab.data import geometry_of
    from digitlab.recognition import Recognizer, norms_of

    run.params()
    geometry_of(run.config.data.image_shape)

    def load_once() -> "Data":
        console.note(
            f"digitlab: learning what the digits of {run.folder} look like; it is kept with the run."
        )
        return load(data, run)

    return Recognizer.of(run, norms_of(run, load_once))


def _finished(folders: list[Path]) -> "list[tuple[str, Run]]":
    """Return the finished runs of some, each with when it was begun; damaged ones are left out."""
    from digitlab.runs import open_run

    found = []
    for folder in folders:
        with suppress(RunError):
            run = open_run(folder)
            if run.is_finished:
                found.append((str(run.circumstances()["created"]), run))
    return found


def _preference(run: "Run") -> int:
    name = run.config.model.name
    return -PREFERRED.index(name) if name in PREFERRED else -len(PREFERRED)
