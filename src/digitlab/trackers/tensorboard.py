"""Event files in the run folder, which TensorBoard opens: `tensorboard --logdir runs`."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tensorboardX import summary
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import RecordWriter

from digitlab.errors import TrackerError
from digitlab.runs import Run
from digitlab.trackers.tracked import Ending, measured
from digitlab.training import HistoryRow

__all__ = ["TensorBoardLog", "open_log"]


class TensorBoardLog:
    """One event file; a training that is resumed adds another one, whose steps follow."""

    def __init__(self, run: Run) -> None:
        self._run = run
        done = run.periods_done()
        config = json.dumps(run.config.as_dict(), indent=2)
        with self._errors():
            # TensorBoard reads the files of a folder in the order of their names.
            name = f"events.out.tfevents.{time.time():.0f}.{socket.gethostname()}.{done:06d}"
            self._file = RecordWriter(str(run.folder / name))
            self._write(file_version="brain.Event:2")
            self._write(step=done, summary=summary.text("config", f"```json\n{config}\n```"))
            self._file.flush()

    def add(self, row: HistoryRow, weights: NDArray[np.uint8] | None) -> None:
        """Write one period: log loss and accuracy by step, and the weights."""
        with self._errors():
            for name, value in measured(row).items():
                self._write(step=row.step, summary=summary.scalar(name, value))
            if weights is not None:
                image = summary.image("weights/first_layer", weights, dataformats="HWC")
                self._write(step=row.step, summary=image)
            self._file.flush()

    def close(self, ending: Ending) -> None:
        """Close the file; how the training ended TensorBoard does not show."""
        with self._errors():
            self._file.close()

    def _write(self, **told: Any) -> None:
        # Here, and not in a thread as `SummaryWriter` does: so what the disk says is heard.
        self._file.write(Event(wall_time=time.time(), **told).SerializeToString())

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            with suppress(OSError, AttributeError):
                self._file.close()
            raise TrackerError(
                f"TensorBoard's event file in {self._run.folder} cannot be written: {error}. Free some "
                "space, ask for the permission, or leave out --log-to tensorboard."
            ) from error


open_log = TensorBoardLog
