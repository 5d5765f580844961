"""The digits that runs learned from, for comparing what is drawn with them."""

from collections.abc import Callable

from digitlab.data import Dataset
from digitlab.errors import DigitlabError
from digitlab.runs import DataRecord, Run
from digitlab.workflow import Data

__all__ = ["Load", "Training"]

Load = Callable[[Run], Data]
"""Load the data of a run, if they are on this machine."""


class Training:
    """Training digits, loaded when they are first asked for, and once for all runs that share them."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loaded: dict[DataRecord, Dataset] = {}

    def at_hand(self, run: Run) -> Dataset | None:
        """Return what a run learned from, where that is loaded."""
        return self._loaded.get(run.config.data)

    def load(self, run: Run) -> Dataset | None:
        """Load what a run learned from; return None where it is not here, or no longer what it was."""
        record = run.config.data
        if record not in self._loaded:
            try:
                self._loaded[record] = self._load(run).split_of(run).training
            except DigitlabError:
                return None
        return self._loaded[record]
