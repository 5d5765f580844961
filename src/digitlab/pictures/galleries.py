"""Which pictures show what a run looks for, and what it reads wrong."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitlab import figures
from digitlab.data import Dataset
from digitlab.files import make_folder
from digitlab.insight import METHODS, ExcitingDigits, Explanation, Mistake, Templates
from digitlab.models import first_kernel
from digitlab.runs import Run

__all__ = [
    "draw_exciting_digits",
    "draw_explanation",
    "draw_mistakes",
    "draw_only_right",
    "draw_templates",
]

SHOWN_DIGITS = 60


def draw_mistakes(
    run: Run, mistakes: Sequence[Mistake], images: Dataset, training: Dataset, split: str, folder: Path
) -> list[Path]:
    """Draw the surest mistakes, each with the training digits that are most like it; nothing without any."""
    if not mistakes:
        return []
    make_folder(folder)
    near = [[each.index for each in mistake.neighbours] for mistake in mistakes]
    gallery = figures.mistake_gallery(
        images.pixels[[each.index for each in mistakes]],
        [each.true for each in mistakes],
        [each.read_as for each in mistakes],
        read_probabilities=[each.read_probability for each in mistakes],
        true_probabilities=[each.true_probability for each in mistakes],
        neighbours=training.pixels[near],
        neighbour_labels=training.labels[near],
        indices=[each.index for each in mistakes],
        title=f"The {len(mistakes)} surest mistakes of {run.config.model.name} on {split}, and the "
        "training digits most like each",
    )
    return figures.save(gallery, folder / f"mistakes-{split}")


def draw_only_right(
    right: str,
    wrong: str,
    rows: NDArray[np.intp],
    read_as: NDArray[np.intp],
    images: Dataset,
    split: str,
    folder: Path,
) -> list[Path]:
    """Draw digits that only the run named `right` reads right, with what the one named `wrong` reads in each.

    Parameters
    ----------
    right, wrong
        The names of the two.
    rows
        The images that only the first reads right; up to 60 are drawn, evenly chosen. Nothing without any.
    read_as : intp (n,)
        What the second reads in each of all images.
    images, split, folder
        The images, what they are called, and where the picture goes.
    """
    if not len(rows):
        return []
    make_folder(folder)
    shown = rows[np.unique(np.linspace(0, len(rows) - 1, min(SHOWN_DIGITS, len(rows))).round().astype(int))]
    which = f"{len(rows)}" if len(shown) == len(rows) else f"{len(shown)} of {len(rows):,}"
    grid = figures.digit_grid(
        images.pixels[shown],
        images.labels[shown],
        predictions=read_as[shown],
        indices=shown,
        title=f"{which} digits of {split} that only {right} reads right (true→what {wrong} reads)",
    )
    return figures.save(grid, folder / f"only-{right}-{split}")


def draw_explanation(explanation: Explanation, folder: Path, *, name: str, title: str) -> list[Path]:
    """Draw all maps of one digit beside it, as `name`."""
    make_folder(folder)
    picture = figures.saliency_maps(
        explanation.pixels,
        np.stack([each.pictures for each in explanation.maps]),
        row_names=[each.name for each in explanation.maps],
        column_names=METHODS,
        title=title,
    )
    return figures.save(picture, folder / name)


def draw_templates(run: Run, templates: Templates, folder: Path) -> list[Path]:
    """Draw the picture that a run likes best for each digit; for the linear model also its weights."""
    make_folder(folder)
    of = f"{run.config.model.name} trained on {run.config.data.name}"
    classes = np.arange(len(templates.pixels))
    grid = figures.digit_grid(
        templates.pixels,
        classes,
        columns=5,
        names=[f"{digit}: {100 * share:.1f} %" for digit, share in zip(classes, templates.own, strict=True)],
        title=f"What each digit should look like to {of}",
    )
    files = figures.save(grid, folder / "templates")
    if templates.weights is None:
        return files
    kernel, shape = first_kernel(run.params(), run.config.data.image_shape)
    title = f"What speaks for and against each digit: {of}"
    return files + figures.save(figures.templates(kernel, shape, title=title), folder / "templates-exact")


def draw_exciting_digits(found: ExcitingDigits, training: Dataset, folder: Path) -> list[Path]:
    """Draw the training digits that a unit of the first layer answers to most."""
    make_folder(folder)
    grid = figures.digit_grid(
        training.pixels[found.indices],
        training.labels[found.indices],
        names=[f"{label}: {answer:.2f}" for label, answer in zip(found.labels, found.answers, strict=True)],
        indices=found.indices,
        title=f"The {len(found.indices)} training digits that unit {found.unit} answers to most "
        "(label: answer)",
    )
    return figures.save(grid, folder / f"unit-{found.unit}-digits")
