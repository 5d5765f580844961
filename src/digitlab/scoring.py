"""How good a finished run is: its logits on some images, and what they are worth."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset, corrected, lost_digits
from digitlab.evaluation import (
    Calibration,
    Evaluation,
    Look,
    Looks,
    calibration_of,
    evaluate,
    fit_temperature,
    least_confidence,
    probabilities,
    record_looks,
)
from digitlab.models import predict_logits
from digitlab.runs import LOOKS, Run
from digitlab.workflow import Data

__all__ = [
    "calibrate_run",
    "evaluate_run",
    "look_at_lost_digits",
    "look_at_test",
    "read_run",
    "score_by_series",
    "score_corrected",
    "score_run",
]


def read_run(run: Run, dataset: Dataset) -> NDArray[np.float64]:
    """Return the logits of a finished run, float64 (n, classes)."""
    return predict_logits(run.config.model, run.params(), dataset.pixels).astype(np.float64)


def score_run(run: Run, dataset: Dataset, logits: NDArray[np.float64]) -> Evaluation:
    """Score a finished run by its logits on a labelled set."""
    baseline = run.config.data.baseline_digit
    return evaluate(logits, dataset.labels, baseline_class=baseline, writers=dataset.writers)


def evaluate_run(run: Run, dataset: Dataset) -> Evaluation:
    """Score a finished run on a labelled set."""
    return score_run(run, dataset, read_run(run, dataset))


def score_by_series(run: Run, dataset: Dataset, logits: NDArray[np.float64]) -> dict[int, Evaluation]:
    """Score a finished run on each of NIST's collections alone; nothing where they are not known or one."""
    if dataset.series is None or len(np.unique(dataset.series)) < 2:
        return {}
    rows = {int(each): np.flatnonzero(dataset.series == each) for each in np.unique(dataset.series)}
    return {each: score_run(run, dataset.take(chosen), logits[chosen]) for each, chosen in rows.items()}


def score_corrected(run: Run, test: Dataset, logits: NDArray[np.float64]) -> Evaluation | None:
    """Score a finished run on the labels of MNIST's test set that people corrected; None for another set."""
    found = corrected(test)
    return found and score_run(run, found[0], logits[found[1]])


def look_at_test(runs: Sequence[Run], data: Data) -> tuple[list[NDArray[np.float64]], Looks]:
    """Read the test set with finished runs, and write these looks into the ledger.

    Returns
    -------
    list of float64 (n, classes), Looks
        The logits of each run, and how often that test set has been looked at.

    Raises
    ------
    DataError
        If a run was trained on other data.
    RunError
        If a run is unfinished or damaged. Then none has looked.
    """
    for run in runs:
        data.split_of(run)
        run.params()
        run.history()
    logits = [read_run(run, data.test) for run in runs]
    return logits, _record(runs, data.test, logits)


def look_at_lost_digits(
    run: Run, data: Data, *, data_dir: Path | None = None
) -> tuple[Evaluation, Looks] | None:
    """Score a finished run on the test digits that MNIST left out, and write this look into the ledger.

    It is a test set of its own, so its looks are counted apart.

    Returns
    -------
    Evaluation, Looks
        None if the run is not of MNIST, or these digits are not here; see `lost_digits`.
    """
    lost = lost_digits(data.test, data_dir=data_dir)
    if lost is None:
        return None
    logits = read_run(run, lost)
    return score_run(run, lost, logits), _record([run], lost, [logits])


def calibrate_run(run: Run, data: Data, images: Dataset, logits: NDArray[np.float64]) -> Calibration:
    """Return what a finished run's probabilities are worth on `images`, and at its best temperature.

    The temperature, and from which confidence on answers are sure, are fitted on the run's own
    validation images.
    """
    validation = data.split_of(run).validation
    fitted_on = read_run(run, validation)
    temperature = fit_temperature(fitted_on, validation.labels)
    sure_from = least_confidence(probabilities(fitted_on / temperature), validation.labels)
    return calibration_of(
        logits, images.labels, temperature=temperature, sure_from=sure_from, writers=images.writers
    )


def _record(runs: Sequence[Run], test: Dataset, logits: Sequence[NDArray[np.float64]]) -> Looks:
    """Write a look of each run at one test set into the ledger and into the runs."""
    looks = [
        Look(
            test.fingerprint,
            run.model_digest(),
            float((each.argmax(axis=1) == test.labels).mean()),
            str(run.folder.resolve()),
        )
        for run, each in zip(runs, logits, strict=True)
    ]
    return record_looks(looks, [run.folder / LOOKS for run in runs])
