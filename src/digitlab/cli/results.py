"""`digitlab evaluate` and `digitlab weights`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab import words
from digitlab.cli import console
from digitlab.cli.options import DataDirOption, DataOptions, JsonOption, RunArgument, expand
from digitlab.cli.plans import load
from digitlab.errors import DataError, StorageError

if TYPE_CHECKING:
    from digitlab.evaluation import Evaluation, Looks
    from digitlab.insight import ExcitingDigits
    from digitlab.runs import Run

__all__ = ["evaluate", "weights"]

OutOption = Annotated[
    Path | None, typer.Option(help="The folder for the pictures.", show_default="the run's figures/")
]


# C. Yadav and L. Bottou, "Cold case: the lost MNIST digits" (2019).
SERIES = {0: "Census staff", 1: "Census staff", 4: "high-school students"}


class SplitName(StrEnum):
    """The sets that a run can be scored on."""

    VALIDATION = "validation"
    TEST = "test"


@expand
def evaluate(
    run: RunArgument,
    data: DataOptions,
    split: Annotated[
        SplitName, typer.Option(help="Choose on validation; look at test once, at the end.")
    ] = SplitName.VALIDATION,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score a run: accuracy with its interval, log loss, each digit, and what is confused with what."""
    from digitlab.data import CORRECTED, IN_DOUBT
    from digitlab.pictures import draw_calibration, draw_confusion
    from digitlab.runs import open_run
    from digitlab.scoring import (
        calibrate_run,
        look_at_lost_digits,
        look_at_test,
        read_run,
        score_by_series,
        score_corrected,
        score_run,
    )

    opened = open_run(run)
    opened.params()
    loaded = load(data, opened)
    images = loaded.test if split is SplitName.TEST else loaded.split_of(opened).validation
    if split is SplitName.TEST:
        [logits], looks = look_at_test([opened], loaded)
        lost = look_at_lost_digits(opened, loaded, data_dir=data.data_dir)
    else:
        logits, looks, lost = read_run(opened, images), None, None
    evaluation = score_run(opened, images, logits)
    by_series = score_by_series(opened, images, logits)
    by_people = score_corrected(opened, images, logits)
    calibration = calibrate_run(opened, loaded, images, logits)
    if as_json:
        found = {
            "looks": looks and looks.number,
            "series": {str(series): each.score() for series, each in by_series.items()},
            "corrected": by_people and by_people.score(),
            "other_50000": lost and lost[0].score(),
            "calibration": calibration.as_dict(),
        }
        console.print_json(evaluation.as_dict() | found)
    else:
        name, dataset = opened.config.model.name, loaded.train.name
        _print_evaluation(evaluation, f"{name} on {evaluation.n:,} {split} images of {dataset}")
        for series, each in by_series.items():
            people = SERIES.get(series, "other people")
            said = f"{words.with_interval(each)} of {each.n:,}"
            console.print_line(f"NIST's series {series}, {people}: {said}.")
        if by_people:
            console.print_line(
                f"On labels that people corrected ({len(CORRECTED)} changed, {len(IN_DOUBT)} in doubt left "
                f"out): {words.with_interval(by_people)} of {by_people.n:,}."
            )
        on_test = split is SplitName.TEST
        console.print_line(words.calibration(calibration, evaluation, on_other_images=on_test))
        if on_test:
            console.print_line(words.sure_answers(calibration))
    if looks:
        console.say_looks(looks, as_json=as_json)
    if lost:
        _say_lost(*lost, as_json=as_json)
    try:
        folder = out or opened.figures
        pictures = draw_confusion(opened, evaluation, split, folder)
        pictures += draw_calibration(opened, calibration, split, folder)
    except StorageError as error:
        console.note(f"digitlab: no picture was drawn. {error} (--out names another folder.)")
        return
    if not as_json:
        console.print_line(
            f"The confusion matrix is in {pictures[0]}, accuracy against confidence in {pictures[2]}, and "
            f"against the share of images that are read in {pictures[4]}."
        )


def weights(
    run: RunArgument,
    unit: Annotated[
        int | None,
        typer.Option(
            help="Only this unit (the first is 0), large, and the training digits it answers to most."
        ),
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Where the run's data are now.", show_default="where they were")
    ] = None,
    data_dir: DataDirOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the first layer's weights: each hidden unit's tile, or the linear model's templates."""
    from digitlab.models import first_layer
    from digitlab.pictures import draw_weights
    from digitlab.runs import open_run

    opened = open_run(run)
    folder = out or opened.figures
    files = draw_weights(opened, folder, unit=unit)
    exciting = None if unit is None else _exciting_digits(opened, unit, folder, dataset, data_dir)
    params = opened.params()
    layer = first_layer(params)
    if exciting:
        files += exciting[1]
    if as_json:
        found = exciting and exciting[0].as_dict()
        console.print_json(
            {
                "layer": layer,
                "units": params[layer]["kernel"].shape[-1],
                "exciting": found,
                "files": [str(file) for file in files],
            }
        )
        return
    for file in files:
        console.print_line(str(file))
    if exciting:
        console.print_line(exciting[0].sentence)


def _exciting_digits(
    run: "Run", unit: int, folder: Path, dataset: str | None, data_dir: Path | None
) -> "tuple[ExcitingDigits, list[Path]] | None":
    """Find and draw the training digits that a unit answers to most, if the run's data are here."""
    from digitlab.insight import exciting_digits
    from digitlab.pictures import draw_exciting_digits

    try:
        loaded = load(DataOptions(dataset, data_dir, offline=True), run)
    except DataError as error:
        console.note(f"digitlab: the training digits of unit {unit} were not drawn. {error}")
        return None
    training = loaded.split_of(run).training
    found = exciting_digits(run.config.model, run.params(), training.pixels, training.labels, unit)
    return found, draw_exciting_digits(found, training, folder)


def _print_evaluation(evaluation: "Evaluation", title: str) -> None:
    console.print_line(f"{title}: {words.summary(evaluation)}")
    scores = evaluation.per_class
    columns = zip(scores.support, scores.precision, scores.recall, scores.f1, strict=True)
    rows = [
        (str(digit), f"{support:,}", *(f"{value:.4f}" for value in values))
        for digit, (support, *values) in enumerate(columns)
    ]
    console.print_table(("digit", "images", "precision", "recall", "F1"), rows)
    console.print_line(f"Confused most: {words.confusions(evaluation, 5)}.")


def _say_lost(evaluation: "Evaluation", looks: "Looks", *, as_json: bool) -> None:
    """Say how good a run is on the test digits that MNIST left out, and how often they were looked at."""
    if not as_json:
        said = f"{words.with_interval(evaluation)}. {words.over_writers(evaluation)}".strip()
        console.print_line(f"On QMNIST's other {evaluation.n:,} test digits: {said}")
    console.say_looks(looks, as_json=as_json)
