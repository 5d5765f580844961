"""Event files in the run folder, which TensorBoard opens: `tensorboard --logdir runs`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from tensorboardX import SummaryWriter

from digitlab.errors import TrackerError
from digitlab.runs import Run
from digitlab.trackers.tracked import Ending
from digitlab.training import HistoryRow

__all__ = ["TensorBoardLog", "open_log"]


class TensorBoardLog:
    """One event file; a training that is resumed adds another one, whose steps follow."""

    def __init__(self, run: Run) -> None:
        self._run = run
        with self._errors():
            done = self._run.periods_done()
            # Names have seconds alone, so one of the same second would be overwritten.
            self._writer = SummaryWriter(logdir=str(self._run.folder), filename_suffix=f".{done}")
            config = json.dumps(self._run.config.as_dict(), indent=2)
            self._writer.add_text("config", f"```json\n{config}\n```", done)
            self._writer.flush()

    def add(self, row: HistoryRow, weights: NDArray[np.uint8]) -> None:
        """Write one period: log loss and accuracy by step, and the weights."""
        with self._errors():
            for split in ("train", "validation"):
                for what in ("log_loss", "accuracy"):
                    self._writer.add_scalar(f"{what}/{split}", getattr(row, f"{split}_{what}"), row.step)
            self._writer.add_scalar("seconds", row.seconds, row.step)
            self._writer.add_image("weights/first_layer", weights, row.step, dataformats="HWC")
            self._writer.flush()

    def close(self, ending: Ending) -> None:
        """Close the file; how the training ended TensorBoard does not show."""
        with self._errors():
            self._writer.close()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TrackerError(
                f"TensorBoard's event file in {self._run.folder} cannot be written: {error}. Free some "
                "space, ask for the permission, or leave out --log-to tensorboard."
            ) from error


open_log = TensorBoardLog
