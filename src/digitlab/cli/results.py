"""`digitlab evaluate` and `digitlab weights`."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digitlab.cli import console
from digitlab.cli.options import DataOptions, JsonOption, RunArgument, expand
from digitlab.errors import StorageError

if TYPE_CHECKING:
    from digitlab.evaluation import Evaluation

__all__ = ["evaluate", "weights"]

OutOption = Annotated[
    Path | None, typer.Option(help="The folder for the pictures.", show_default="the run's figures/")
]


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
    from digitlab.pictures import draw_confusion
    from digitlab.runs import open_run
    from digitlab.workflow import evaluate_run, reload_data

    opened = open_run(run)
    opened.params()
    with console.fetch_progress() as on_progress:
        loaded = reload_data(
            opened, data.dataset, data_dir=data.data_dir, offline=data.offline, on_progress=on_progress
        )
    images = loaded.test if split is SplitName.TEST else loaded.split_of(opened).validation
    evaluation = evaluate_run(opened, images)
    if as_json:
        console.print_json(evaluation.as_dict())
    else:
        name, dataset = opened.config.model.name, loaded.train.name
        _print_evaluation(evaluation, f"{name} on {len(images):,} {split} images of {dataset}")
    try:
        pictures = draw_confusion(opened, evaluation, split, out or opened.figures)
    except StorageError as error:
        console.note(f"digitlab: no picture was drawn. {error} (--out names another folder.)")
        return
    if not as_json:
        console.print_line(f"The confusion matrix is in {pictures[0]}.")


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
