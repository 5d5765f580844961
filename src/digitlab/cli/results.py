"""`digitlab evaluate` and `digitlab weights`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand
from digitlab.errors import StorageError

if TYPE_CHECKING:
    from digitlab.evaluation import Calibration, Evaluation, Looks

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
    from digitlab.workflow import reload_data

    opened = open_run(run)
    opened.params()
    with console.fetch_progress() as on_progress:
        loaded = reload_data(
            opened, data.dataset, data_dir=data.data_dir, offline=data.offline, on_progress=on_progress
        )
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
            said = f"{console.with_interval(each)} of {each.n:,}"
            console.print_line(f"NIST's series {series}, {people}: {said}.")
        if by_people:
            console.print_line(
                f"On labels that people corrected ({len(CORRECTED)} changed, {len(IN_DOUBT)} in doubt left "
                f"out): {console.with_interval(by_people)} of {by_people.n:,}."
            )
        _print_calibration(calibration, evaluation, on_other_images=split is SplitName.TEST)
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
    unit: Annotated[int | None, typer.Option(help="Only this unit, large; the first is 0.")] = None,
    out: OutOption = None,
    as_json: JsonOption = False,
) -> None:
    """Draw the first layer's weights: each hidden unit's tile, or the linear model's templates."""
    from digitlab.models import first_layer
    from digitlab.pictures import draw_weights
    from digitlab.runs import open_run

    opened = open_run(run)
    files = draw_weights(opened, out or opened.figures, unit=unit)
    params = opened.params()
    layer = first_layer(params)
    if as_json:
        console.print_json(
            {
                "layer": layer,
                "units": params[layer]["kernel"].shape[-1],
                "files": [str(file) for file in files],
            }
        )
        return
    for file in files:
        console.print_line(str(file))


def _print_evaluation(evaluation: "Evaluation", title: str) -> None:
    console.print_line(f"{title}: {console.summary(evaluation)}")
    scores = evaluation.per_class
    columns = zip(scores.support, scores.precision, scores.recall, scores.f1, strict=True)
    rows = [
        (str(digit), f"{support:,}", *(f"{value:.4f}" for value in values))
        for digit, (support, *values) in enumerate(columns)
    ]
    console.print_table(("digit", "images", "precision", "recall", "F1"), rows)
    console.print_line(f"Confused most: {console.confusions(evaluation, 5)}.")


def _say_lost(evaluation: "Evaluation", looks: "Looks", *, as_json: bool) -> None:
    """Say how good a run is on the test digits that MNIST left out, and how often they were looked at."""
    if not as_json:
        said = f"{console.with_interval(evaluation)}. {console.over_writers(evaluation)}".strip()
        console.print_line(f"On QMNIST's other {evaluation.n:,} test digits: {said}")
    console.say_looks(looks, as_json=as_json)


def _print_calibration(
    calibration: "Calibration", evaluation: "Evaluation", *, on_other_images: bool
) -> None:
    """Say what the probabilities are worth, and from which on they can be relied on."""
    fitted = "fitted on validation" if on_other_images else "fitted on these very images"
    console.print_line(
        f"Its probabilities are off by {100 * calibration.reliability.error:.2f} points on average (ECE). "
        f"At the temperature {calibration.temperature:.3f}, {fitted}, they are off by "
        f"{100 * calibration.tempered.error:.2f} ({100 * calibration.by_chance:.2f} by chance alone), "
        f"and the log loss is {console.loss(calibration.tempered_log_loss)} instead of "
        f"{console.loss(evaluation.log_loss)}."
    )
    if not on_other_images:
        return
    sure = calibration.sure
    if sure is None:
        console.print_line("No answer here is as sure as those that were 99.9 % right on validation.")
        return
    low, high = sure.interval
    console.print_line(
        f"Answers with {console.percent(sure.confidence)} or more, of which 99.9 % or more were right on "
        f"validation, are {console.percent(sure.accuracy)} right here ({100 * low:.2f} to {100 * high:.2f}): "
        f"{console.percent(sure.coverage, 1)} of the images."
    )
