"""Evidence of how a run's numbers came about, for the checks to look at."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitlab.checks import Evidence
from digitlab.data import Split
from digitlab.evaluation import ledger_path, looks_at, probabilities
from digitlab.runs import LOOKS, Run
from digitlab.scoring import read_run
from digitlab.training.engine import batch_order
from digitlab.workflow import Data

__all__ = ["evidence_of"]

# Enough for an order that is repeated to show.
EPOCHS = 3
DRAWN_AGAIN = (
    "Which images were in which set and batch is drawn again from the run's seed, by the code of today; its "
    "predictions are made again from its weights."
)

LEARNED = (
    "This run went on from another one's weights and learned from own digits too, so its batches are not "
    "drawn again, and whether its own digits are among other images is not looked at."
)
PRUNED = "Units were taken out of this run after training, so its history tells of the whole run."


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
    writers, remarks = _writers(data, split)
    before, of_ledger = models_before(run)
    return Evidence(
        labels=split.validation.labels,
        predictions=first,
        predictions_again=again,
        accuracy=None if run.config.pruned_from else history[kept - 1].validation_accuracy,
        pixels={
            "training": split.training.pixels,
            "validation": split.validation.pixels,
            "test": data.test.pixels,
        },
        rows={"training": split.training_rows, "validation": split.validation_rows},
        writers=writers,
        training_labels=split.training.labels,
        batches=None
        if run.config.learned_from
        else batch_order(training.seed, images, training.batch_size, 0, steps),
        history_training=np.array([row.train_log_loss for row in history]),
        history_validation=np.array([row.validation_log_loss for row in history]),
        models_before=before,
        remarks=(*remarks, *of_ledger, *_made_of(run), DRAWN_AGAIN),
    )


def models_before(run: Run) -> tuple[int | None, list[str]]:
    """Return how many other models the ledger has on the test set from before this run was begun.

    Returns
    -------
    int or None, list of str
        0 where this run is not the best of them there, or was not looked at there itself; None where the
        ledger lacks looks that this run remembers, and then a remark that says so.
    """
    if not (run.folder / LOOKS).exists():
        return 0, []
    looks, model, created = (
        looks_at(run.config.data.test_fingerprint),
        run.model_digest(),
        run.circumstances()["created"],
    )
    own = [look.accuracy for look in looks if look.model == model]
    if not own:
        return None, [
            f"{ledger_path()} lacks the looks that this run remembers: it was deleted, cut or is another "
            "user's, so nobody can say what was scored on the test set before."
        ]
    before = {look.model: look.accuracy for look in looks if look.model != model and look.time < created}
    return len(before) if before and max(own) >= max(before.values()) else 0, []


def _made_of(run: Run) -> list[str]:
    origins = ((PRUNED, run.config.pruned_from), (LEARNED, run.config.learned_from))
    return [remark for remark, origin in origins if origin]


def _writers(data: Data, split: Split) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Return the writers of the sets that are to be by other people, and a remark where validation is not."""
    training, test = data.train.writers, data.test.writers
    if training is None or test is None:
        return {}, []
    learnt = split.training_rows[split.training_rows < len(training)]
    of_parts = {"training": training[learnt], "validation": training[split.validation_rows]}
    if split.kind == "writer":
        return of_parts | {"test": test}, []
    known = np.isin(of_parts["validation"], of_parts["training"]).mean()
    return {"training": of_parts["training"], "test": test}, [
        f"{100 * known:.0f} % of the validation images are by people who wrote training images too, as a "
        "stratified split has it: its accuracy says how well digits of known people are read. --split-by "
        "writer keeps people apart."
    ]
