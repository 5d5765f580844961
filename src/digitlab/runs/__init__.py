"""The run folder: what a training leaves behind, and how it is read back."""

from digitlab.runs.folder import (
    LOOKS,
    NORMS,
    TOLD,
    Run,
    check_folders,
    create_run,
    find_runs,
    is_run,
    open_run,
)
from digitlab.runs.learned import write_learned
from digitlab.runs.pruned import write_pruned
from digitlab.runs.record import DataRecord, LearnRecord, PruneRecord, RunConfig
from digitlab.runs.seeds import check_alike, open_seeds, seed_folder

__all__ = [
    "LOOKS",
    "NORMS",
    "TOLD",
    "DataRecord",
    "LearnRecord",
    "PruneRecord",
    "Run",
    "RunConfig",
    "check_alike",
    "check_folders",
    "create_run",
    "find_runs",
    "is_run",
    "open_run",
    "open_seeds",
    "seed_folder",
    "write_learned",
    "write_pruned",
]
