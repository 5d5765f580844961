"""The run folder: what a training leaves behind, and how it is read back."""

from digitlab.runs.folder import LOOKS, Run, check_folders, create_run, find_runs, is_run, open_run
from digitlab.runs.record import DataRecord, RunConfig

__all__ = [
    "LOOKS",
    "DataRecord",
    "Run",
    "RunConfig",
    "check_folders",
    "create_run",
    "find_runs",
    "is_run",
    "open_run",
]
