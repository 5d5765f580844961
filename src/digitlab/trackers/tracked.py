"""A training as it goes, told to trackers beside what the run itself keeps."""

from collections.abc import Callable, Generator, Iterator, Sequence
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from digitlab.errors import MissingExtraError, TrackerError
from digitlab.figures import weight_image
from digitlab.models.registry import first_kernel
from digitlab.runs import Run
from digitlab.training import HistoryRow

__all__ = ["TRACKERS", "Ending", "Log", "check_trackers", "tracked"]

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

    def add(self, row: HistoryRow, weights: NDArray[np.uint8]) -> None:
        """Tell of one period, and show the first layer's weights after it, uint8 (h, w, 3)."""
        ...

    def close(self, ending: Ending) -> None:
        """Tell how the training ended."""
        ...


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
    logs: list[tuple[Run, list[Log]]] = [(run, []) for run in runs]
    ending = Ending.FAILED
    try:
        for run, own in logs:
            for name in names:
                own.append(_opened(name, run))
        for each in rows:
            for (run, own), row in zip(logs, each if isinstance(each, list) else [each], strict=True):
                _tell(run, own, tell, "add", row, _weights(run))
            yield each
        ending = Ending.FINISHED
    except (KeyboardInterrupt, GeneratorExit):
        ending = Ending.STOPPED
        raise
    finally:
        for run, own in logs:
            _tell(run, own, tell, "close", ending)


def _opened(name: str, run: Run) -> Log:
    """Return a tracker's log of a run; what it needs is imported only now."""
    log: Log = import_module(f"digitlab.trackers.{name}").open_log(run)
    return log


def _tell(run: Run, logs: list[Log], tell: Callable[[str], None], method: str, *what: Any) -> None:
    """Call a method of each log, and forget those that fail."""
    for log in list(logs):
        try:
            getattr(log, method)(*what)
        except TrackerError as error:
            logs.remove(log)
            tell(f"{error} The training goes on without it; all is kept in {run.folder}.")


def _weights(run: Run) -> NDArray[np.uint8]:
    """Return the first layer's weights after the last period that is kept, as a picture."""
    state = run.restore()
    assert state is not None  # a row was just kept
    return weight_image(*first_kernel(state.params, run.config.data.image_shape))
