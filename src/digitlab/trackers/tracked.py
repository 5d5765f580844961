"""A training as it goes, told to trackers beside what the run itself keeps."""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import MissingExtraError, TrackerError
from digitlab.figures import weight_image
from digitlab.files import write_json
from digitlab.models.registry import first_kernel
from digitlab.runs import TOLD, Run
from digitlab.training import HistoryRow

__all__ = ["TRACKERS", "Ending", "Log", "check_trackers", "measured", "tracked"]

Rows = TypeVar("Rows", HistoryRow, list[HistoryRow])

TRACKERS = {"tensorboard": "tensorboardX", "mlflow": "mlflow"}
"""The trackers there are, and the package that each needs."""


class Ending(Enum):
    """How a training ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    FAILED = "failed"


class Log(Protocol):
    """One run at a tracker: a new one, or that of a training which is resumed."""

    def add(self, row: HistoryRow, weights: NDArray[np.uint8] | None) -> None:
        """Tell of one period, and show the first layer's weights after it, uint8 (h, w, 3), if known."""
        ...

    def close(self, ending: Ending) -> None:
        """Tell how the training ended."""
        ...


Logs = dict[str, Log]
"""By the names of the trackers."""


def measured(row: HistoryRow) -> dict[str, float]:
    """Return what trackers are told of a period, by the names that they show."""
    told = {
        f"{what}/{split}": getattr(row, f"{split}_{what}")
        for what in ("log_loss", "accuracy")
        for split in ("train", "validation")
    }
    return told | {"seconds": row.seconds}


def check_trackers(names: Sequence[str]) -> None:
    """Raise `MissingExtraError` unless what some trackers need is installed."""
    for name in names:
        if find_spec(TRACKERS[name]) is None:
            raise MissingExtraError(
                f"Logging to {name} needs the package {TRACKERS[name]}, which is not installed; nothing was "
                f"trained. Install it with: pip install 'digitlab[{name}]'"
            )


def tracked(
    rows: Iterator[Rows], runs: Sequence[Run], names: Sequence[str], tell: Callable[[str], None]
) -> Generator[Rows, None, None]:
    """Pass on what a training of one run, or of several at once, yields, and tell trackers of it.

    Parameters
    ----------
    rows
        From `train_run`, or from `train_runs`.
    runs
        The runs that are trained.
    names
        Keys of `TRACKERS`.
    tell
        Is told, in a sentence, of a tracker that fails on the way; the training goes on without it.

    Raises
    ------
    MissingExtraError
        As `check_trackers`.
    TrackerError
        If a tracker cannot be reached in the beginning. Then nothing is trained.
    """
    check_trackers(names)
    logs: list[tuple[Run, Logs]] = [(run, {}) for run in runs]
    ending = Ending.FAILED
    try:
        for run, own in logs:
            for name in names:
                own[name] = _opened(name, run)
            _tell_news(run, own, tell)
        for each in rows:
            for run, own in logs:
                _tell_news(run, own, tell)
            yield each
        ending = Ending.FINISHED
    except (KeyboardInterrupt, GeneratorExit):
        ending = Ending.STOPPED
        raise
    finally:
        for run, own in logs:
            for name in list(own):
                _call(run, own, name, tell, "close", ending)


def _opened(name: str, run: Run) -> Log:
    """Return a tracker's log of a run; what it needs is imported only now."""
    log: Log = import_module(f"digitlab.trackers.{name}").open_log(run)
    return log


def _tell_news(run: Run, logs: Logs, tell: Callable[[str], None]) -> None:
    """Tell each log of the periods that it was not told of: the last one, and those that a kill left untold.

    What was told is kept in the run folder, after it was told: so a period may be told twice, but never not.
    """
    history = run.history()
    if not logs or not history:
        return
    path, weights = run.folder / TOLD, _weights(run)
    told: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
    for name in list(logs):
        for row in history:
            if name not in logs or row.period <= told.get(name, 0):
                continue
            if _call(run, logs, name, tell, "add", row, weights if row is history[-1] else None):
                told[name] = row.period
    write_json(path, told)


def _call(run: Run, logs: Logs, name: str, tell: Callable[[str], None], method: str, *what: Any) -> bool:
    """Call a method of a log, and return whether that went well; where not, it is forgotten."""
    try:
        getattr(logs[name], method)(*what)
    except TrackerError as error:
        del logs[name]
        tell(f"{error} The training goes on without it; all is kept in {run.folder}.")
        return False
    return True


def _weights(run: Run) -> NDArray[np.uint8]:
    """Return the first layer's weights after the last period that is kept, as a picture."""
    state = run.restore()
    assert state is not None  # a period is kept
    return weight_image(*first_kernel(state.params, run.config.data.image_shape))
