"""The run folder: what a training leaves behind, and how it is read back."""

from digitlab.runs.folder import LOOKS, Run, check_folders, create_run, find_runs, is_run, open_run
from digitlab.runs.record import DataRecord, RunConfig
from digitlab.runs.seeds import check_alike, open_seeds, seed_folder

__all__ = [
    "LOOKS",
    "DataRecord",
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
]
