"""What a comparison is to find out, fixed before anything is trained or looked at, and where it goes."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from digitlab.errors import ConfigError, RunExistsError
from digitlab.evaluation import ALPHA
from digitlab.files import is_free, make_folder, write_json
from digitlab.models import MODELS
from digitlab.runs import Run, RunConfig, check_folders, is_run, open_run, open_seeds
from digitlab.tensors import damage_errors
from digitlab.workflow import begin_run

__all__ = [
    "Plan",
    "begin_runs",
    "check_out",
    "in_seeds",
    "read_entries",
    "read_plan",
    "read_runs",
    "read_seed_entries",
    "write_plan",
]

PLAN = "plan.json"
# For less, the tails of 10,000 resamples over writers hold too few.
LEAST_ALPHA, MOST_ALPHA = 0.001, 0.5


@dataclass(frozen=True)
class Plan:
    """What is compared, and by what rule a difference is claimed.

    Parameters
    ----------
    entries
        Models to train, and folders that are there.
    alpha
        The level: how often a difference may be claimed where there is none.
    seeds
        Those of each model, where ways of training are compared; empty where fitted models are.

    Raises
    ------
    ConfigError
        If alpha is not from 0.001 to 0.5, or there is just one seed.
    """

    entries: tuple[str, ...]
    alpha: float = ALPHA
    seeds: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not LEAST_ALPHA <= self.alpha <= MOST_ALPHA:
            raise ConfigError(
                f"alpha is the share of false claims to be borne, from {LEAST_ALPHA:g} to {MOST_ALPHA:g}, "
                f"not {self.alpha:g}."
            )
        if len(self.seeds) == 1:
            raise ConfigError(
                "Whether one way of training is better than another, two seeds or more can tell."
            )

    def check_follows(self, kept: "Plan", out: Path) -> None:
        """Raise `ConfigError` unless this is still `kept`, the plan that is gone on with."""
        if kept == self:
            return
        seeds = f"the {len(kept.seeds)} seeds from {kept.seeds[0]}" if kept.seeds else "one seed"
        raise ConfigError(
            f"The comparison {out} was begun with {', '.join(kept.entries)}, the level {kept.alpha:g} and "
            f"{seeds}, fixed before anything was looked at; changed afterwards, a claim would be worth less "
            "than it says. Go on with these, or name another --out."
        )


def read_plan(out: Path) -> Plan | None:
    """Return the plan of the comparison at `out`, if one is there.

    Raises
    ------
    RunError
        If it is damaged.
    """
    path = out / PLAN
    if not path.is_file():
        return None
    with damage_errors(path):
        kept = json.loads(path.read_text(encoding="utf-8"))
        return Plan(tuple(map(str, kept["entries"])), float(kept["alpha"]), tuple(map(int, kept["seeds"])))


def write_plan(out: Path, plan: Plan) -> None:
    """Write the plan of a comparison into its folder, which is made."""
    write_json(make_folder(out) / PLAN, asdict(plan))


def in_seeds(entries: Sequence[str]) -> bool:
    """Return whether a folder of runs with several seeds is among the entries."""
    return any(entry not in MODELS and open_seeds(Path(entry)) for entry in entries)


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
    what = "a run folder; a run folder is what train leaves, with a config.json in it"
    names = _named(entries, out, is_run, what)
    return {name: None if entry in MODELS else open_run(Path(entry)) for name, entry in names.items()}


def read_runs(folders: Sequence[str]) -> dict[str, Run]:
    """Read runs by the names to show, as `read_entries` does; a folder may be called like a model.

    Raises
    ------
    ConfigError
        If one is named twice.
    RunError
        If one is no run, or is damaged.
    """
    runs = {folder: open_run(Path(folder)) for folder in folders}
    names = Counter(run.folder.resolve().name for run in runs.values())
    if len({run.folder.resolve() for run in runs.values()}) < len(folders):
        raise ConfigError(f"A run is named twice in {' '.join(folders)}: name each once.")
    return {
        run.folder.resolve().name if names[run.folder.resolve().name] == 1 else folder: run
        for folder, run in runs.items()
    }


def read_seed_entries(entries: Sequence[str], out: Path) -> dict[str, dict[int, Run] | None]:
    """Read what to compare over seeds: models to train into `out`, and folders of runs that are there.

    Returns
    -------
    dict
        By the name to show, as for `read_entries`: the runs by their seeds, or None for a model to train.

    Raises
    ------
    ConfigError, RunError
        As `read_entries`.
    """
    what = (
        "a folder of runs with several seeds, which is what train --seeds leaves; a run alone is one seed, "
        "and cannot tell one way of training from another"
    )
    names = _named(entries, out, lambda folder: bool(open_seeds(folder)), what)
    return {name: None if entry in MODELS else open_seeds(Path(entry)) for name, entry in names.items()}


def _named(entries: Sequence[str], out: Path, is_there: Callable[[Path], bool], what: str) -> dict[str, str]:
    """Return the entries by the names to show."""
    for entry in entries:
        if entry not in MODELS and not is_there(Path(entry)):
            raise ConfigError(f"{entry!r} is neither a model ({', '.join(MODELS)}) nor {what}.")
    places = [(out / entry if entry in MODELS else Path(entry)).resolve() for entry in entries]
    for entry, place in zip(entries, places, strict=True):
        if places.count(place) > 1:
            raise ConfigError(
                f"{entry} is named twice, or lies where another would be trained: name each once."
            )
    shown = [entry if entry in MODELS else place.name for entry, place in zip(entries, places, strict=True)]
    times = Counter(shown)
    return {
        name if times[name] == 1 or entry in MODELS else entry: entry
        for entry, name in zip(entries, shown, strict=True)
    }


def check_out(out: Path, *, resume: bool, force: bool) -> None:
    """Raise `RunExistsError` unless `out` is free, or an earlier comparison that may be gone on with."""
    if is_free(out):
        return
    known = any(is_run(out / model) or open_seeds(out / model) for model in MODELS)
    if not (out / PLAN).is_file() and not known:
        raise RunExistsError(
            f"{out} is there already and is no comparison. It was left alone; name another --out."
        )
    if not (resume or force):
        raise RunExistsError(
            f"{out} is there already. It was left alone: go on with it by --resume, replace its runs "
            "by --force, or name another --out."
        )


def begin_runs(
    configs: Mapping[Path, RunConfig], *, resume: bool = False, force: bool = False
) -> dict[Path, Run]:
    """Begin every run that is to be trained, before any is, so that a resume finds all their settings.

    Parameters
    ----------
    configs
        What each run is, by its folder.
    resume, force
        As for `begin_run`.
    """
    check_folders(list(configs), resume=resume, force=force)
    return {
        folder: begin_run(folder, config, resume=resume, force=force) for folder, config in configs.items()
    }
