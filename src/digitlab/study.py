"""A comparison: several runs on the same data, each pair on the same test images."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digitlab.errors import ConfigError, RunExistsError
from digitlab.evaluation import Comparison, Evaluation, Looks, compare_all
from digitlab.models import MODELS, count_parameters
from digitlab.runs import Run, RunConfig, check_folders, is_run, open_run
from digitlab.scoring import evaluate_run, look_at_test, score_run
from digitlab.workflow import Data, begin_run

__all__ = ["Standing", "Study", "begin_runs", "check_out", "compare_runs", "read_entries"]


@dataclass(frozen=True)
class Standing:
    """One run in a comparison.

    validation
        On the run's own validation images; the same for all runs of one split seed.
    """

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
    """What a comparison found."""

    dataset: str
    standings: list[Standing]
    comparisons: list[Comparison]
    looks: Looks

    @property
    def shares_validation(self) -> bool:
        """Whether all runs have the same validation images."""
        kept = [standing.run.config.data for standing in self.standings]
        return len({(each.split, each.split_seed) for each in kept}) == 1

    def as_dict(self) -> dict[str, Any]:
        """Return the keys of the shell's JSON."""
        return {
            "dataset": self.dataset,
            "models": {standing.name: standing.as_dict() for standing in self.standings},
            "comparisons": [comparison.as_dict() for comparison in self.comparisons],
            "looks": self.looks.number,
        }


def read_entries(entries: Sequence[str], out: Path) -> dict[str, Run | None]:
    """Read what to compare: models to train into `out`, and runs that are there.

    Returns
    -------
    dict
        By the name to show, in the order given: the run, or None for a model to train. A run is
        called by its folder's name, or by its path where something else has that name.

    Raises
    ------
    ConfigError
        If an entry is neither, or is named twice, or is a run that another entry would replace.
    RunError
        If a run is damaged.
    """
    for entry in entries:
        if entry not in MODELS and not is_run(Path(entry)):
            raise ConfigError(
                f"{entry!r} is neither a model ({', '.join(MODELS)}) nor a run folder; "
                "a run folder is what train leaves, with a config.json in it."
            )
    places = [(out / entry if entry in MODELS else Path(entry)).resolve() for entry in entries]
    for entry, place in zip(entries, places, strict=True):
        if places.count(place) > 1:
            raise ConfigError(
                f"{entry} is named twice, or lies where another would be trained: name each once."
            )
    shown = [entry if entry in MODELS else place.name for entry, place in zip(entries, places, strict=True)]
    times = Counter(shown)
    names = [
        name if times[name] == 1 or entry in MODELS else entry
        for entry, name in zip(entries, shown, strict=True)
    ]
    return {
        name: None if entry in MODELS else open_run(Path(entry))
        for name, entry in zip(names, entries, strict=True)
    }


def check_out(out: Path, *, resume: bool, force: bool) -> None:
    """Raise `RunExistsError` unless `out` is free, or an earlier comparison that may be gone on with."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not any(is_run(out / model) for model in MODELS):
        raise RunExistsError(
            f"{out} is there already and is no comparison. It was left alone; name another --out."
        )
    if not (resume or force):
        raise RunExistsError(
            f"{out} is there already. It was left alone: go on with it by --resume, replace its runs "
            "by --force, or name another --out."
        )


def begin_runs(
    entries: Mapping[str, Run | None],
    configs: Mapping[str, RunConfig],
    out: Path,
    *,
    resume: bool = False,
    force: bool = False,
) -> dict[str, Run]:
    """Begin every run that is to be trained, before any is, so that a resume finds all their settings.

    Parameters
    ----------
    entries
        As `read_entries` returns them.
    configs
        What each model to train is, by its name.
    out
        The folder that gets a run folder for each of them.
    """
    new = [out / name for name, run in entries.items() if run is None]
    check_folders(new, resume=resume, force=force)
    return {
        name: run or begin_run(out / name, configs[name], resume=resume, force=force)
        for name, run in entries.items()
    }


def compare_runs(runs: Mapping[str, Run], data: Data) -> Study:
    """Score finished runs on their own validation images and the test set, and compare each pair there.

    Each run's result on the test set is a look at it, which the ledger keeps.

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
    RunError
        If a run is unfinished or damaged.
    """
    standings, right = [], {}
    read, looks = look_at_test(list(runs.values()), data)
    for (name, run), logits in zip(runs.items(), read, strict=True):
        right[name] = logits.argmax(axis=1) == data.test.labels
        standings.append(
            Standing(
                name=name,
                run=run,
                validation=evaluate_run(run, data.split_of(run).validation),
                test=score_run(run, data.test, logits),
                parameters=count_parameters(run.params()),
                train_seconds=run.history()[-1].seconds,
            )
        )
    pairs = compare_all(right, writers=data.test.writers)
    return Study(data.train.name, standings, pairs, looks)
