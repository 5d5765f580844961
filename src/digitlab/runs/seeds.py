"""A folder of runs that differ in nothing but the seed."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from digitlab.errors import ConfigError
from digitlab.runs.folder import Run, find_runs, open_run
from digitlab.runs.record import RunConfig

__all__ = ["check_alike", "open_seeds", "seed_folder"]


def seed_folder(folder: Path, seed: int) -> Path:
    """Return where the run of one seed is."""
    return folder / f"seed-{seed}"


def open_seeds(folder: Path) -> dict[int, Run]:
    """Return the runs of a folder of seeds, by their seeds; none if it is not one.

    Raises
    ------
    RunError
        If a run is damaged.
    """
    runs = [open_run(path) for path in find_runs(folder) if re.fullmatch(r"seed-\d+", path.name)]
    return {run.config.training.seed: run for run in sorted(runs, key=lambda run: run.config.training.seed)}


def check_alike(configs: Mapping[int, RunConfig], folder: Path) -> None:
    """Raise `ConfigError` unless runs that are to be averaged differ in nothing but the seed."""
    alike = [
        (config.model, replace(config.training, seed=0), config.data.split) for config in configs.values()
    ]
    if any(each != alike[0] for each in alike):
        raise ConfigError(
            f"The runs that are in {folder} have other settings than those asked for, or than each other, "
            "and a mean over them would say nothing. Give the settings that they were begun with, or name "
            "another folder."
        )
