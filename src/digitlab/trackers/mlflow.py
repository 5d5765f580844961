"""Runs at MLflow: wherever `MLFLOW_TRACKING_URI` says."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import mlflow
import numpy as np
from mlflow.entities import Metric, Param
from numpy.typing import NDArray

from digitlab.errors import TrackerError
from digitlab.runs import Run
from digitlab.trackers.tracked import Ending, measured
from digitlab.training import HistoryRow

__all__ = ["MLflowLog", "open_log"]

EXPERIMENT = "digitlab"
# What a run is found by again when it is resumed: its folder, and when it was begun.
TAG = "digitlab.run"
STATUS = {Ending.FINISHED: "FINISHED", Ending.STOPPED: "KILLED", Ending.FAILED: "FAILED"}


class MLflowLog:
    """One run of the experiment `digitlab`, or of the one that `MLFLOW_EXPERIMENT_NAME` names."""

    def __init__(self, run: Run) -> None:
        self._run = run
        # MLflow's own seven let a training wait four minutes, in silence, for a server that is not there.
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "3")
        with self._errors():
            self._client = mlflow.MlflowClient()
            self._id = self._begun()
            settings = _flat(self._run.config.as_dict())
            self._client.log_batch(self._id, params=[Param(name, str(value)) for name, value in settings])
            self._client.log_artifact(self._id, str(self._run.folder / "config.json"))

    def add(self, row: HistoryRow, weights: NDArray[np.uint8] | None) -> None:
        """Send one period: log loss and accuracy by step, and the weights."""
        now = int(1000 * time.time())
        with self._errors():
            metrics = [Metric(name, value, now, row.step) for name, value in measured(row).items()]
            self._client.log_batch(self._id, metrics)
            if weights is not None:
                self._client.log_image(self._id, weights, artifact_file=f"weights/{row.step:06d}.png")

    def close(self, ending: Ending) -> None:
        """Tell MLflow how the training ended."""
        with self._errors():
            self._client.set_terminated(self._id, STATUS[ending])

    def _begun(self) -> str:
        """Return the id of this run, taken up again or new."""
        experiment = self._experiment()
        tag = f"{self._run.folder.resolve()} {self._run.circumstances()['created']}"
        quoted = tag.replace("'", "")
        found = self._client.search_runs([experiment], f"tags.`{TAG}` = '{quoted}'", max_results=1)
        if found:
            self._client.update_run(found[0].info.run_id, status="RUNNING")
            return str(found[0].info.run_id)
        begun = self._client.create_run(experiment, run_name=self._run.name, tags={TAG: quoted})
        return str(begun.info.run_id)

    def _experiment(self) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME", EXPERIMENT)
        found = self._client.get_experiment_by_name(name)
        return str(found.experiment_id if found else self._client.create_experiment(name))

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # stores raise what they like
            place = mlflow.get_tracking_uri()
            said = str(error).strip() or type(error).__name__
            raise TrackerError(
                f"MLflow at {place} does not take it: {said.splitlines()[0]} Set MLFLOW_TRACKING_URI to "
                "the address of your server, as http://127.0.0.1:5000."
            ) from error


def _flat(settings: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """Yield settings within settings, by names with dots."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


open_log = MLflowLog
