"""A run without some of another run's units."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from digitlab.files import storage_errors
from digitlab.models import Model, Params
from digitlab.runs.folder import HISTORY, Run, create_run
from digitlab.runs.record import PruneRecord

__all__ = ["write_pruned"]


def write_pruned(
    folder: Path,
    whole: Run,
    model: Model,
    params: Params,
    removed: Mapping[str, Sequence[int]],
    *,
    force: bool = False,
) -> Run:
    """Write a run folder for what is left of a finished run when units are taken out.

    Its history is that of the whole run, which was trained; it has no checkpoint, for nothing of the
    optimizer's memory fits it.

    Parameters
    ----------
    folder
        Where; see `create_run`.
    whole
        The run that units were taken out of.
    model, params
        What is left.
    removed
        The numbers, in the whole run, of the units that are gone from each layer.
    force
        Replace the run that is there.

    Raises
    ------
    RunExistsError, RunError, StorageError
        As `create_run`.
    """
    record = PruneRecord(
        str(whole.folder), whole.model_digest(), {layer: list(units) for layer, units in removed.items()}
    )
    run = create_run(folder, replace(whole.config, model=model, pruned_from=record), force=force)
    with storage_errors(f"Cannot write {run.folder / HISTORY}"):
        shutil.copyfile(whole.folder / HISTORY, run.folder / HISTORY)
    run.finish(params)
    return run
