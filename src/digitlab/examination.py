"""Evidence of how a run's numbers came about, for the checks to look at."""

import numpy as np

from digitlab.checks import Evidence
from digitlab.evaluation import looks_at, probabilities
from digitlab.runs import LOOKS, Run
from digitlab.scoring import read_run
from digitlab.training.engine import batch_order
from digitlab.workflow import Data

__all__ = ["evidence_of"]

# Enough for an order that is repeated to show.
EPOCHS = 3


def evidence_of(run: Run, data: Data) -> Evidence:
    """Return all that is known of a finished run: images, batches, what it reads, looks at the test set.

    Predictions are those on the validation images, read twice; the test set is not read. Who wrote the digits
    is told apart where the run says it is: between training and test, and between training and
    validation of a run that was split by writer.

    Parameters
    ----------
    run
        A finished run.
    data
        Those that it was trained on.

    Raises
    ------
    DataError
        If they are other data.
    RunError
        If the run is unfinished or damaged.
    """
    split, training = data.split_of(run), run.config.training
    images = len(split.training_rows)
    steps = min(training.steps, -(-EPOCHS * images // training.batch_size))
    history, kept = run.history(), run.kept_period
    first, again = (probabilities(read_run(run, split.validation)) for _ in range(2))
    writers = {}
    if data.train.writers is not None and data.test.writers is not None:
        writers = {"training": data.train.writers, "test": data.test.writers}
        if split.kind == "writer":
            writers["training"] = data.train.writers[split.training_rows]
            writers["validation"] = data.train.writers[split.validation_rows]
    return Evidence(
        labels=split.validation.labels,
        predictions=first,
        predictions_again=again,
        accuracy=history[kept - 1].validation_accuracy,
        pixels={
            "training": split.training.pixels,
            "validation": split.validation.pixels,
            "test": data.test.pixels,
        },
        rows={"training": split.training_rows, "validation": split.validation_rows},
        writers=writers,
        training_labels=split.training.labels,
        batches=batch_order(training.seed, images, training.batch_size, 0, steps),
        history_training=np.array([row.train_log_loss for row in history]),
        history_validation=np.array([row.validation_log_loss for row in history]),
        chosen_on="validation",
        models_before=models_before(run),
    )


def models_before(run: Run) -> int:
    """Return how many other models the ledger has on the test set from before this run was begun.

    0 where this run is not the best of them there, or was not looked at there itself.
    """
    if not (run.folder / LOOKS).exists():
        return 0
    looks, model, created = looks_at(run.config.data.test_fingerprint), run.model_digest(), run.created()
    own = [look.accuracy for look in looks if look.model == model]
    before = {look.model: look.accuracy for look in looks if look.model != model and look.time < created}
    return len(before) if own and before and max(own) >= max(before.values()) else 0
