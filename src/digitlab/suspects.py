"""Likely label errors: each label judged by models that never saw its image.

For the training set that is cross-validation: the images are dealt out to folds, and each fold is read by
a model that learned from the others. The test set is read by all of these models, for none saw it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np
from numpy.typing import NDArray

from digitlab.data import Dataset, Split, stratified_folds
from digitlab.evaluation import Look, Looks, Suspects, find_suspects, probabilities, record_looks
from digitlab.files import make_folder
from digitlab.models import Model, Params, model_settings, predict_logits, shapes_of
from digitlab.runs import LOOKS
from digitlab.training import HistoryRow, TrainingConfig, TrainingState, configure, preset_settings, train

__all__ = ["CrossValidation", "judge_test", "judge_training", "plan_folds"]

PRESET = "quick"
# With smoothed labels no image ever reaches the thresholds of confident learning: benchmarks/LOG.md.
LABEL_SMOOTHING = 0.0


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What is trained to judge the labels of a data set: the same model once for each fold."""

    model: Model
    config: TrainingConfig
    splits: Sequence[Split]

    def train(self, fold: int) -> Iterator[tuple[HistoryRow, TrainingState]]:
        """Train on all images but those of one fold, as `train` does; the folds count from 0."""
        return train(self.model, self.config, self.splits[fold])

    def read(self, params: Params, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the probabilities that one of the models gives, float64 (n, classes)."""
        return probabilities(predict_logits(self.model, params, pixels))


def plan_folds(model: str, train_set: Dataset, *, folds: int = 5, seed: int = 0) -> CrossValidation:
    """Say what is to be trained to judge the labels of a data set.

    Parameters
    ----------
    model
        Its name; the settings are those of `quick`, but for labels that are not smoothed, and for batches
        that are no larger than there are images to learn from.
    train_set
        The official training set.
    folds, seed
        As for `stratified_folds`; the seed also decides everything random in the trainings.

    Raises
    ------
    ConfigError
        If there is no such model, or it cannot read such images, or the folds or the seed cannot be.
    """
    model_settings(model)
    splits = stratified_folds(train_set, folds=folds, seed=seed)
    images = min(len(split.training_rows) for split in splits)
    settings = preset_settings(PRESET, model) | {"label_smoothing": LABEL_SMOOTHING, "seed": seed}
    settings["batch_size"] = min(settings["batch_size"], images)
    chosen, config = configure(model, settings, training_images=images)
    shapes_of(chosen, train_set.image_shape)
    return CrossValidation(chosen, config, splits)


def judge_training(plan: CrossValidation, params: Sequence[Params]) -> Suspects:
    """Judge the labels of the training set, each fold by the model that did not learn from it.

    Parameters
    ----------
    plan
        What was trained.
    params
        The weights of each fold's model.
    """
    whole = plan.splits[0].whole
    shares = np.zeros((len(whole), plan.model.classes))
    for split, each in zip(plan.splits, params, strict=True):
        shares[split.validation_rows] = plan.read(each, split.validation.pixels)
    return find_suspects(shares, whole.labels)


def judge_test(
    plan: CrossValidation, params: Sequence[Params], test: Dataset, folder: Path
) -> tuple[Suspects, Looks]:
    """Judge the labels of the test set by the mean of all models' probabilities, and write down the look.

    Parameters
    ----------
    plan, params
        As for `judge_training`.
    test
        The test set.
    folder
        Where what is found will be kept, and with it that it was looked at.
    """
    shares = np.mean([plan.read(each, test.pixels) for each in params], axis=0)
    suspects = find_suspects(shares, test.labels)
    look = Look(
        test.fingerprint,
        digest(params),
        float(np.mean(shares.argmax(axis=1) == test.labels)),
        str(folder.resolve()),
    )
    return suspects, record_looks([look], [make_folder(folder) / LOOKS])


def digest(params: Sequence[Params]) -> str:
    """Return SHA-256, as hexadecimal digits, of the weights of several models."""
    found = hashlib.sha256()
    for leaf in jax.tree.leaves(params):
        found.update(np.asarray(leaf).tobytes())
    return found.hexdigest()
