"""Which pictures a data set, a run and a comparison leave behind."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from digitlab import figures
from digitlab.data import Dataset
from digitlab.errors import ConfigError
from digitlab.evaluation import SURE, Calibration, Evaluation, Suspect
from digitlab.files import make_folder
from digitlab.models import first_kernel, first_layer
from digitlab.runs import Run
from digitlab.study import SeedStudy, Study
from digitlab.training import curves, mean_row
from digitlab.workflow import Data

__all__ = [
    "draw_calibration",
    "draw_confusion",
    "draw_dataset",
    "draw_digit",
    "draw_history",
    "draw_run",
    "draw_seed_study",
    "draw_study",
    "draw_suspects",
    "draw_weights",
]

SHOWN_DIGITS = 100


def draw_dataset(dataset: Dataset, folder: Path, *, count: int = SHOWN_DIGITS) -> list[Path]:
    """Draw a grid of the first `count` digits with labels, and how many there are of each."""
    make_folder(folder)
    shown = np.arange(min(count, len(dataset)))
    grid = figures.digit_grid(
        dataset.pixels[shown],
        dataset.labels[shown],
        indices=shown,
        title=f"{dataset.name}: the first {len(shown)} of {len(dataset):,} images",
    )
    counts = figures.class_counts(dataset.class_counts, title=f"{dataset.name}: {len(dataset):,} images")
    return figures.save(grid, folder / "digits") + figures.save(counts, folder / "class-counts")


def draw_digit(dataset: Dataset, index: int, folder: Path) -> list[Path]:
    """Draw one digit large.

    Raises
    ------
    ConfigError
        If the set has no image of that index.
    """
    if not 0 <= index < len(dataset):
        raise ConfigError(
            f"{dataset.name} has {len(dataset)} images, from 0 to {len(dataset) - 1}: there is no {index}."
        )
    make_folder(folder)
    label = int(dataset.labels[index])
    picture = figures.one_digit(
        dataset.pixels[index], label, title=f"{dataset.name}, image {index}: a {label}"
    )
    return figures.save(picture, folder / f"digit-{index}")


def draw_suspects(dataset: Dataset, suspects: Sequence[Suspect], folder: Path, *, title: str) -> list[Path]:
    """Draw the digits whose labels are in doubt, in their order, each with what it may be rather."""
    make_folder(folder)
    indices = [each.index for each in suspects]
    worst = suspects[0]
    if worst.is_misread:
        title += f" ({worst.label}→{worst.suggested}: labelled {worst.label}, read as {worst.suggested})"
    grid = figures.digit_grid(
        dataset.pixels[indices],
        dataset.labels[indices],
        predictions=[each.suggested if each.is_misread else each.label for each in suspects],
        rivals=[each.suggested for each in suspects],
        indices=indices,
        title=title,
    )
    return figures.save(grid, folder / "suspects")


def draw_run(run: Run, evaluation: Evaluation, split: str) -> list[Path]:
    """Draw how a run learned, what it confuses, and what its first layer looks like."""
    return [
        *draw_history(run, run.figures),
        *draw_confusion(run, evaluation, split, run.figures),
        *draw_weights(run, run.figures),
    ]


def draw_history(run: Run, folder: Path) -> list[Path]:
    """Draw log loss against periods."""
    make_folder(folder)
    return figures.save(
        figures.loss_curves(*curves(run.history()), name=run.config.model.name), folder / "log-loss"
    )


def draw_confusion(run: Run, evaluation: Evaluation, split: str, folder: Path) -> list[Path]:
    """Draw the confusion matrix of a run on one split."""
    make_folder(folder)
    title = f"{run.config.model.name} on the {split} images of {run.config.data.name}"
    picture = figures.confusion_matrix(evaluation.confusion, title=title)
    return figures.save(picture, folder / f"confusion-{split}")


def draw_calibration(run: Run, calibration: Calibration, split: str, folder: Path) -> list[Path]:
    """Draw accuracy on one split against confidence, and against how much is read, at its temperature."""
    make_folder(folder)
    bins = {
        "as the model says": calibration.reliability,
        f"at temperature {calibration.temperature:.2f}": calibration.tempered,
    }
    arrays = {name: (each.confidence, each.accuracy, each.low, each.high) for name, each in bins.items()}
    title = f"{run.config.model.name} on the {split} images of {run.config.data.name}"
    diagram = figures.reliability_diagram(arrays, title=title)
    curve = {run.config.model.name: (calibration.curve[:, 0], calibration.curve[:, 1])}
    coverage = figures.coverage_curves(curve, target=SURE, title=title)
    return [
        *figures.save(diagram, folder / f"reliability-{split}"),
        *figures.save(coverage, folder / f"coverage-{split}"),
    ]


def draw_weights(run: Run, folder: Path, *, unit: int | None = None) -> list[Path]:
    """Draw the weights of the layer that sees the pixels: all units, or one.

    The linear model's units are its ten templates; those of conv, the filters of its windows.

    Raises
    ------
    ConfigError
        If there is no such unit.
    """
    make_folder(folder)
    params = run.params()
    layer, (kernel, shape) = first_layer(params), first_kernel(params, run.config.data.image_shape)
    of = f"{run.config.model.name} trained on {run.config.data.name}"
    if unit is not None:
        return figures.save(figures.unit_closeup(kernel, shape, unit), folder / f"unit-{unit}")
    if layer == "output":
        title = f"What speaks for and against each digit: {of}"
        return figures.save(figures.templates(kernel, shape, title=title), folder / "weights")
    what = "filters of the first convolutional" if layer == "conv_1" else "units of the first hidden"
    title = f"The {kernel.shape[1]} {what} layer: {of}"
    return figures.save(figures.weight_tiles(kernel, shape, title=title), folder / "weights")


def draw_study(study: Study, data: Data, folder: Path) -> list[Path]:
    """Draw the data, the learning of all runs in one picture, and their accuracies with intervals."""
    make_folder(folder)
    lines = {each.name: curves(each.run.history()) for each in study.standings}
    accuracies = {each.name: (each.test.accuracy, *each.test.interval) for each in study.standings}
    learning = figures.compare_loss_curves(lines, title=f"Learning {study.dataset}")
    accuracy = figures.accuracy_intervals(
        accuracies,
        baseline=study.standings[0].test.baseline_accuracy,
        title=f"Accuracy on the {len(data.test):,} test images of {study.dataset}, with 95 % intervals",
    )
    return [
        *draw_dataset(data.train, folder),
        *figures.save(learning, folder / "log-loss"),
        *figures.save(accuracy, folder / "accuracy"),
    ]


def draw_seed_study(study: SeedStudy, data: Data, folder: Path) -> list[Path]:
    """Draw the learning of several ways of training, means over seeds, and their accuracies seed by seed."""
    make_folder(folder)
    lines = {}
    for each in study.standings:
        # Where trainings stop early, as far as all of them went.
        periods = zip(*(run.history() for run in each.runs.values()), strict=False)
        lines[each.name] = curves([mean_row(rows) for rows in periods])
    learning = figures.compare_loss_curves(
        lines, title=f"Learning {study.dataset}, means of {len(study.seeds)} seeds"
    )
    accuracy = figures.accuracy_intervals(
        {each.name: (each.test.accuracy, *each.test.interval) for each in study.standings},
        points={each.name: each.test_accuracies for each in study.standings},
        baseline=study.baseline_accuracy,
        title=f"Accuracy on the {len(data.test):,} test images of {study.dataset}, {len(study.seeds)} seeds",
    )
    return [*figures.save(learning, folder / "log-loss"), *figures.save(accuracy, folder / "accuracy")]
