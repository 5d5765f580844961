"""A run that went on learning from another run's weights."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from digitlab.files import write_bytes
from digitlab.models import Params
from digitlab.runs.folder import HISTORY, Run, create_run
from digitlab.runs.record import RunConfig
from digitlab.training.trainer import HistoryRow

__all__ = ["write_learned"]


def write_learned(folder: Path, config: RunConfig, params: Params, history: Sequence[HistoryRow]) -> Run:
    """Write a run folder for what a finished run has become by learning on.

    Its history is that of the learning. It has no checkpoint, for it is made in one go.

    Parameters
    ----------
    folder
        Where; see `create_run`.
    config
        What it is, with `learned_from`.
    params, history
        What the learning led to.

    Raises
    ------
    RunExistsError, StorageError
        As `create_run`.
    """
    run = create_run(folder, config)
    lines = (json.dumps(asdict(row)) + "\n" for row in history)
    write_bytes(run.folder / HISTORY, "".join(lines).encode())
    run.finish(params)
    return run
